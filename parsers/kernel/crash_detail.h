#pragma once

#include <string_view>

namespace kautopsy {

// True for a line that only stands in the report of a crash, and of which nothing is kept but its
// text: page tables, the words of memory that KASAN prints, held locks, marks of the end.
bool IsCrashDetail(std::string_view text);

// True for a line of a report of lockdep's (kernel/locking/lockdep.c): its rulers, chains and
// scenarios. Some of them could stand elsewhere: ask only within such a report.
bool IsLockdepDetail(std::string_view text);

}  // namespace kautopsy
