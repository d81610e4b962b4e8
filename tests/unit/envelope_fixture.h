#pragma once

#include <string_view>

#include "parsers/envelope/envelope.h"

namespace kautopsy::test {

// A line without its prefixes, as if it stood alone. Lives as long as `raw`.
inline LogLine Parsed(std::string_view raw) {
  LogLine line;
  line.raw = line.text = raw;
  LatestHead latest;
  ParsePrefixes(line, latest);
  return line;
}

}  // namespace kautopsy::test
