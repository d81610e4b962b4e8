#include "parsers/kernel/kinds.h"

namespace kautopsy {

std::span<const RecordKind> AllKinds() {
  static const std::vector<RecordKind> kKinds = {
      OomKind(),      AllocFailureKind(), SlabFailureKind(),  MemInfoKind(),  MeminfoKind(),
      FreeKind(),     BuddyinfoKind(),    PagetypeinfoKind(), ZoneinfoKind(), VmstatKind(),
      SlabinfoKind(), SwapsKind(),        LostLinesKind(),    CommandKind(),  BootKind(),
  };
  return kKinds;
}

std::vector<std::string_view> OpenerWordsOf(std::span<const RecordKind> kinds) {
  std::vector<std::string_view> words;
  for (const RecordKind& kind : kinds) {
    for (const Opener& opener : kind.openers) words.push_back(opener.word);
  }
  return words;
}

}  // namespace kautopsy
