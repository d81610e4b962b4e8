#include <ostream>
#include <string>

#include "base/markdown.h"
#include "base/text.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

// A table of GitHub's Markdown. The first row tells which columns hold numbers.
class MarkdownPrinter final : public RowPrinter {
 public:
  explicit MarkdownPrinter(std::ostream& out) : out_(out) {}

  void Begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) {
      out_ << "| " << EscapeForMarkdown(EscapeForTerminal(column)) << ' ';
    }
    out_ << "|\n";
    columns_ = columns.size();
  }

  void Row(std::vector<Cell> cells) override {
    if (!started_) Start(cells);
    for (const Cell& cell : cells)
      out_ << "| " << (IsNumber(cell) ? NumberText(cell) : EscapeForMarkdown(DisplayText(cell)))
           << ' ';
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
