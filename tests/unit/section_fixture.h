#pragma once

#include <string_view>

#include "parsers/envelope/log_line.h"

namespace kautopsy::test {

// A kernel's line as a section sees it, whole and without prefix.
inline LogLine Line(std::string_view text) {
  LogLine line;
  line.place = {7, 1};
  line.raw = line.text = text;
  return line;
}

}  // namespace kautopsy::test
