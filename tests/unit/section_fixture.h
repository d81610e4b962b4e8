#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/log_line.h"
#include "parsers/envelope/unescape.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy::test {

// A kernel's line as a section sees it, whole and without prefix.
inline LogLine Line(std::string_view text) {
  LogLine line;
  line.place = {7, 1};
  line.raw = line.text = text;
  return line;
}

// What sections get to see of lines that mail or a terminal broke.
inline std::vector<std::string> PutTogether(const std::vector<std::string_view>& broken) {
  std::vector<std::string> lines;
  std::string_view above;
  for (const std::string_view line : broken) {
    const std::optional<std::string_view> glue =
        above.empty() ? std::nullopt : GlueOfBroken(above, false, line);
    if (glue)
      lines.back().append(*glue).append(line);
    else
      lines.emplace_back(line);
    above = line;
  }
  return lines;
}

// What sections get to see of a record whose line ends a transport escaped.
inline std::vector<std::string> Unescaped(std::string_view record) {
  std::string storage;
  std::vector<std::string> lines(1);
  for (const char c : Unescape(record, false, storage)) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  return lines;
}

}  // namespace kautopsy::test
