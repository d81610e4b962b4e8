#include <ostream>
#include <string_view>

#include "base/text.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

// First characters at which a spreadsheet takes text for a formula: OWASP, "CSV Injection".
constexpr std::string_view kFormulaStarts = "=+-@\t\r";

// RFC 4180, but with plain newlines. NULL is an empty field and empty text is "", so that they
// differ. Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay
// numbers.
class CsvPrinter final : public RowPrinter {
 public:
  explicit CsvPrinter(std::ostream& out) : out_(out) {}

  void Begin(const std::vector<std::string>& columns) override {
    Row(std::vector<Cell>(columns.begin(), columns.end()));
  }

  void Row(std::vector<Cell> cells) override {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out_ << ',';
      if (IsNumber(cells[i])) out_ << NumberText(cells[i]);
      if (const auto* text = std::get_if<std::string>(&cells[i])) PrintText(ToUtf8(*text));
    }
    out_ << '\n';
  }

  void End() override {}

 private:
  void PrintText(std::string text) {
    if (!text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos) {
      text.insert(0, 1, '\'');
    }
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) {
      out_ << text;
      return;
    }
    out_ << '"';
    for (const char c : text) {
      if (c == '"') out_ << '"';
      out_ << c;
    }
    out_ << '"';
  }

  std::ostream& out_;
};

}  // namespace

std::unique_ptr<RowPrinter> NewCsvPrinter(std::ostream& out) {
  return std::make_unique<CsvPrinter>(out);
}

}  // namespace kautopsy
