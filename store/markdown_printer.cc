#include <cctype>
#include <ostream>
#include <string>
#include <string_view>

#include "base/text.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

bool IsWordCharacter(std::string_view text, std::size_t at) {
  return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

// What would be a mark of GitHub's Markdown is escaped: the specification of CommonMark, "Backslash
// escapes". HTML becomes entities. An underscore inside a word is none: names stay readable.
std::string Escape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '_') {
      const bool inside = i > 0 && IsWordCharacter(text, i - 1) && IsWordCharacter(text, i + 1);
      result += inside ? "_" : "\\_";
    } else {
      if (std::string_view("\\`*[]|~").find(c) != std::string_view::npos) result += '\\';
      result += c;
    }
  }
  return result;
}

// A table of GitHub's Markdown. The first row tells which columns hold numbers.
class MarkdownPrinter final : public RowPrinter {
 public:
  explicit MarkdownPrinter(std::ostream& out) : out_(out) {}

  void Begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) {
      out_ << "| " << Escape(EscapeForTerminal(column)) << ' ';
    }
    out_ << "|\n";
    columns_ = columns.size();
  }

  void Row(std::vector<Cell> cells) override {
    if (!started_) Start(cells);
    for (const Cell& cell : cells) out_ << "| " << Escape(DisplayText(cell)) << ' ';
    out_ << "|\n";
  }

  void End() override {
    if (!started_) Start(std::vector<Cell>(columns_));
  }

 private:
  void Start(const std::vector<Cell>& cells) {
    started_ = true;
    for (const Cell& cell : cells) out_ << (IsNumber(cell) ? "|---:" : "|---");
    out_ << "|\n";
  }

  std::ostream& out_;
  std::size_t columns_ = 0;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<RowPrinter> NewMarkdownPrinter(std::ostream& out) {
  return std::make_unique<MarkdownPrinter>(out);
}

}  // namespace kautopsy
