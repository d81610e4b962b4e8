#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "store/query.h"

namespace kautopsy {

// A cell of a result: NULL, number, or text, which is whatever the database holds.
using Cell = std::variant<std::monostate, int64_t, double, std::string>;

// Prints the rows of one result in one format: Begin, Row for each, End. Rows go out as they come;
// only a table holds back the first ones, to know how wide they are.
class RowPrinter {
 public:
  virtual ~RowPrinter() = default;
  virtual void Begin(const std::vector<std::string>& columns) = 0;
  virtual void Row(std::vector<Cell> cells) = 0;
  virtual void End() = 0;
};

// `out` must outlive the printer.
std::unique_ptr<RowPrinter> NewTablePrinter(std::ostream& out);
std::unique_ptr<RowPrinter> NewCsvPrinter(std::ostream& out);
std::unique_ptr<RowPrinter> NewJsonPrinter(std::ostream& out);    // one array of objects
std::unique_ptr<RowPrinter> NewNdjsonPrinter(std::ostream& out);  // one object per line
std::unique_ptr<RowPrinter> NewMarkdownPrinter(std::ostream& out);

// A cell for people: NULL is NULL, a text that says so stands in quotes, control characters are
// escaped.
std::string DisplayText(const Cell& cell);

bool IsNumber(const Cell& cell);

// REQUIRES: IsNumber(cell). The shortest digits that read back as the same number; a REAL keeps a
// sign that it is one: "2.0".
std::string NumberText(const Cell& cell);

}  // namespace kautopsy
