#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// What a line says that begins the report of a crash, or stands in its head. A report has at most
// one line of each part, in this order.
struct CrashHead {
  enum class Part {
    kLead,   // tells of damage that another line of the head judges: "list_add corruption. ..."
    kCause,  // tells what happened: "BUG: unable to handle kernel paging request at 30303a70"
    kDie,    // tells that the kernel dies of it: "Oops: 0002 [#1] SMP"
  };
  Part part = Part::kCause;
  std::string_view kind;         // `event.kind` of the SQL contract
  std::string title;             // as people name such crashes, without numbers and addresses
  bool names_function = true;    // the title ends in " in <function>"
  bool has_stack = true;         // a process line and a call trace stand below
  bool known = true;             // false: a BUG: or die() line of words that nobody taught us
  bool pointer_follows = false;  // the next line is the instruction pointer's
  Text symbol;
  Text module;
  Text comm;
  Integer pid;
  Integer cpu;
  Integer seconds;
  Integer jiffies;
  Text fault_address;
  Text taint;
  Text file;
  Integer line;
  Integer oops_count;
  Text message;  // what it says besides
};

// None if the line is no such line.
std::optional<CrashHead> ParseCrashHead(std::string_view text);

}  // namespace kautopsy
