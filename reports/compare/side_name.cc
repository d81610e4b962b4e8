#include "reports/compare/side_name.h"

#include <re2/re2.h>

#include "base/text.h"

namespace kautopsy {

SideName FileSideName(std::string_view path) {
  SideName name;
  name.text = path;
  name.file = path;
  return name;
}

SideName ParseSideName(std::string_view text) {
  static const RE2 kPlace(R"((.+?):(\d+)(?::(\d+))?)");
  const re2::StringPiece piece(text.data(), text.size());
  SideName name;
  name.text = text;
  name.incident = ParseInteger(text);
  if (name.incident) return name;
  std::string line;
  std::string column;
  if (RE2::FullMatch(piece, kPlace, &name.file, &line, &column)) {
    name.line = ParseInteger(line);
    name.column = ParseInteger(column);
    if (name.line && name.column.has_value() != column.empty()) return name;
  }
  return FileSideName(text);
}

}  // namespace kautopsy
