#include "parsers/kernel/kinds.h"

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

std::vector<OpenerWord> OpenerWordsOf(std::span<const RecordKind> kinds) {
  std::vector<OpenerWord> words;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    for (const Opener& opener : kinds[i].openers)
      words.push_back({opener.word, static_cast<unsigned>(i)});
  }
  return words;
}

}  // namespace kautopsy
