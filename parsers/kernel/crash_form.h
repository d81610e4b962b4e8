#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/crash_head.h"
#include "parsers/match.h"

namespace kautopsy {

// What a group of a pattern is.
enum class FormRole {
  kAddress,
  kComm,
  kCpu,
  kFile,
  kJiffies,
  kLine,
  kMessage,
  kModule,
  kPid,
  kSeconds,
  kSymbol,
  kTaint,
  kTitle,  // stands for "%" in the title
};

// One wording of the first line of a crash.
struct CrashForm {
  std::string_view kind;
  std::string_view head;  // the line begins with it
  std::string_view title;
  std::unique_ptr<const LogPattern> pattern;  // of all that stands behind the head
  std::vector<FormRole> roles;
  CrashHead::Part part = CrashHead::Part::kCause;
  bool names_function = true;
  bool has_stack = true;
  bool known = true;  // as CrashHead's
};

// Makes forms. In their patterns SYMBOL stands for a function, two groups (symbol, module), and
// FILE for a place in the source, two groups (file, line).
namespace crash_form {

// A crash of which people name the function.
CrashForm Cause(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles = {});
// One that they name without.
CrashForm Plain(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles = {});
// One that may be told in this line alone.
CrashForm Alone(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles = {});
// Tells of damage that another line judges.
CrashForm Lead(std::string_view kind, std::string_view head, std::string_view title,
               std::string pattern, std::vector<FormRole> roles = {});
// One that prose looks like.
CrashForm Vague(CrashForm form);

}  // namespace crash_form

// None if `text` is not of this form.
std::optional<CrashHead> ParseForm(std::string_view text, const CrashForm& form);

// Notes the address that an access failed at, unless the kernel hides it: "(null)", "(ptrval)".
void SetFaultAddress(std::string_view printed, CrashHead& head);

}  // namespace kautopsy
