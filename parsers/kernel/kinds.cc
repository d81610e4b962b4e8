#include "parsers/kernel/kinds.h"

#include <algorithm>

#include "parsers/kernel/crash_forms.h"

namespace kautopsy {

std::span<const RecordKind> AllKinds() {
  static const std::vector<RecordKind> kKinds = {
      OomKind(),
      AllocFailureKind(),
      SlabFailureKind(),
      CmaFailureKind(),
      PercpuFailureKind(),
      DmaFailureKind(),
      FaultKillKind(),
      FaultRetryKind(),
      OneLineFailureKind(),
      MemInfoKind(),
      MeminfoKind(),
      FreeKind(),
      BuddyinfoKind(),
      PagetypeinfoKind(),
      ZoneinfoKind(),
      VmstatKind(),
      SlabinfoKind(),
      SwapsKind(),
      SysctlKind(),
      PsKind(),
      LostLinesKind(),
      CommandKind(),
      BootKind(),
      ShutdownKind(),
      // What breaks besides memory.
      SegfaultKind(),
      FsErrorKind(),
      IoErrorKind(),
      ScsiErrorKind(),
      AtaErrorKind(),
      MachineCheckKind(),
      GhesKind(),
      MemoryErrorKind(),
      KdumpKind(),
      UserspaceKillKind(),
      LowmemorykillerKind(),
      CrashKind(),
      OomRowsKind(),
  };
  return kKinds;
}

std::vector<std::string_view> EventKindNames() {
  // Which kind a crash is of is decided in crash_forms.cc and crash_head.cc; alloc_failure.cc tells
  // stalls from failures.
  std::vector<std::string_view> names = {"alloc_stall", "bug", "gpf", "oops", "panic"};
  for (const std::string_view name : CrashFormKinds()) names.push_back(name);
  for (const RecordKind& kind : AllKinds()) {
    if (kind.name != ShutdownKind().name) names.push_back(kind.name);  // which gives no event
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<OpenerWord> OpenerWordsOf(std::span<const RecordKind> kinds) {
  std::vector<OpenerWord> words;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    for (const Opener& opener : kinds[i].openers)
      words.push_back({opener.word, static_cast<unsigned>(i)});
  }
  return words;
}

}  // namespace kautopsy
