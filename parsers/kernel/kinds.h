#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "parsers/input/line_scanner.h"
#include "parsers/stream/block.h"

namespace kautopsy {

// All kinds of records, in the order in which their openers are asked.
std::span<const RecordKind> AllKinds();

// Every kind that an event may have, sorted: of the kinds above, and those that their text decides.
std::vector<std::string_view> EventKindNames();

// The words of all openers, for the scanner.
std::vector<OpenerWord> OpenerWordsOf(std::span<const RecordKind> kinds);

// One function per file of this folder that defines a kind.
RecordKind AllocFailureKind();
RecordKind AtaErrorKind();
RecordKind BootKind();
RecordKind BuddyinfoKind();
RecordKind CmaFailureKind();
RecordKind CommandKind();
RecordKind CrashKind();
RecordKind DmaFailureKind();
RecordKind FaultKillKind();
RecordKind FaultRetryKind();
RecordKind FreeKind();
RecordKind FsErrorKind();
RecordKind GhesKind();
RecordKind IoErrorKind();
RecordKind KdumpKind();
RecordKind LowmemorykillerKind();
RecordKind MachineCheckKind();
RecordKind MemInfoKind();
RecordKind MeminfoKind();
RecordKind MemoryErrorKind();
RecordKind OneLineFailureKind();
RecordKind OomKind();
RecordKind OomRowsKind();  // a report of which only rows of the process table and the kill are left
RecordKind PagetypeinfoKind();
RecordKind PercpuFailureKind();
RecordKind PsKind();
RecordKind ScsiErrorKind();
RecordKind SegfaultKind();
RecordKind ShutdownKind();  // gives no event: its lines tell how a boot ended
RecordKind SlabFailureKind();
RecordKind SlabinfoKind();
RecordKind SwapsKind();
RecordKind SysctlKind();
RecordKind LostLinesKind();
RecordKind UserspaceKillKind();
RecordKind VmstatKind();
RecordKind ZoneinfoKind();

}  // namespace kautopsy
