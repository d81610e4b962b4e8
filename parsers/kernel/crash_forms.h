#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "parsers/kernel/crash_head.h"

namespace kautopsy {

// The wordings that the kernel's checks and watchdogs have for a crash, one table per family: a new
// one is a line there. None if `text` is none of them. What die() and the page fault handlers of
// each architecture print is no table's, see crash_head.cc.
std::optional<CrashHead> ParseCrashForm(std::string_view text);

// The kinds of crashes that they name, some more than once.
std::vector<std::string_view> CrashFormKinds();

}  // namespace kautopsy
