#pragma once

#include <string_view>

#include "parsers/envelope/entry.h"

namespace kautopsy {

// Records as dmesg --json prints them (util-linux, sys-utils/dmesg.c, print_record()): the array
// "dmesg", and a line for each of "fac", "pri", "time", "caller" and "msg" that a record has. jq
// prints the same with other indents and order.
class DmesgJson final : public EntryReader {
 public:
  static bool Begins(std::string_view line);

  Taken Take(const SourceLine& line) override;

 private:
  Taken TakeMember(const SourceLine& line, std::string_view text);
  void KeepMessage(const SourceLine& line, std::string_view value);

  bool in_array_ = false;
};

// The [us] of an uptime in seconds, as JSON gives it; none if no machine runs that long.
std::optional<int64_t> UptimeOfSeconds(double seconds);

}  // namespace kautopsy
