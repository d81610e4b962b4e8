#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

// The widths come from so many rows; longer cells of later rows stick out. Keeps memory bounded.
constexpr std::size_t kRowsForWidths = 1000;
constexpr std::string_view kGap = "  ";

// Code points, which is columns for all but combining and East Asian characters.
std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class TablePrinter final : public RowPrinter {
 public:
  explicit TablePrinter(std::ostream& out) : out_(out) {}

  void Begin(const std::vector<std::string>& columns) override {
    for (const std::string& column : columns) {
      headings_.push_back(EscapeForTerminal(column));
      widths_.push_back(DisplayWidth(headings_.back()));
      has_text_.push_back(false);
      has_number_.push_back(false);
    }
  }

  void Row(std::vector<Cell> cells) override {
    if (!started_) {
      Measure(cells);
      held_.push_back(std::move(cells));
      if (held_.size() == kRowsForWidths) Start();
      return;
    }
    PrintCells(cells);
  }

  void End() override {
    if (!started_) Start();
  }

 private:
  void Measure(const std::vector<Cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths_[i] = std::max(widths_[i], DisplayWidth(DisplayText(cells[i])));
      if (IsNumber(cells[i])) has_number_[i] = true;
      if (std::holds_alternative<std::string>(cells[i])) has_text_[i] = true;
    }
  }

  // Prints the heading and the rows held back.
  void Start() {
    started_ = true;
    PrintLine(headings_);
    std::vector<std::string> rules;
    for (const std::size_t width : widths_) rules.emplace_back(width, '-');
    PrintLine(rules);
    for (const std::vector<Cell>& cells : held_) PrintCells(cells);
    held_.clear();
  }

  void PrintCells(const std::vector<Cell>& cells) {
    std::vector<std::string> texts;
    texts.reserve(cells.size());
    for (const Cell& cell : cells) texts.push_back(DisplayText(cell));
    PrintLine(texts);
  }

  // Columns of numbers are set to the right. No blanks at the end of the line.
  void PrintLine(const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t width = DisplayWidth(texts[i]);
      const std::string blanks(widths_[i] > width ? widths_[i] - width : 0, ' ');
      const bool right = has_number_[i] && !has_text_[i];
      if (i > 0) out_ << kGap;
      if (right) out_ << blanks;
      out_ << texts[i];
      if (!right && i + 1 < texts.size()) out_ << blanks;
    }
    out_ << '\n';
  }

  std::ostream& out_;
  std::vector<std::string> headings_;
  std::vector<std::size_t> widths_;
  std::vector<bool> has_text_;
  std::vector<bool> has_number_;
  std::vector<std::vector<Cell>> held_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<RowPrinter> NewTablePrinter(std::ostream& out) {
  return std::make_unique<TablePrinter>(out);
}

}  // namespace kautopsy
