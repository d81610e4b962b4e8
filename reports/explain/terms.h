#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/diagnosis/kernel_version.h"
#include "reports/explain/explanation.h"

namespace kautopsy {

// Releases from `first` on and below `end`; unknown: no bound.
struct ReleaseRange {
  KernelVersion first;
  KernelVersion end;
};

// Where a release lies by its base version; an unknown one is in every range.
enum class RangePlace { kBefore, kIn, kBehind };
RangePlace PlaceOf(const KernelVersion& kernel, const ReleaseRange& range);

// A word of the kernel's memory reports. From terms/*.txt, which are compiled into
// the program; the group is the file's name. A word that means another thing on other kernels is
// several terms of one name, the newest kernels' first.
struct Term {
  std::string name;
  std::vector<std::string> also;  // other spellings
  std::string group;              // "zones", "reports", "causes"
  std::string unit;               // empty if it has none
  std::string text;
  std::string source;    // file and function of the kernel
  ReleaseRange holds;    // the kernels that `text` is about
  ReleaseRange printed;  // those that print the word; no bound: not settled
};

// In the order of the file.
const std::vector<Term>& Terms();

// By name or other spelling, whatever the case ("DMA" before "dma"); null if there is none. Of
// several meanings that of `kernel`, or of the newest ones if that is not known.
const Term* FindTerm(std::string_view word, const KernelVersion& kernel = {});

// The first sentence of a term's text without its full stop; empty for unknown words.
std::string ShortMeaning(std::string_view word);

// The names nearest to a misspelt word, nearest first; at most three, none if all are far.
std::vector<std::string> NearestTerms(std::string_view word);

// With what else the word means on other kernels; of a known `kernel`, whether it has the word.
Explanation ExplainTerm(const Term& term, const KernelVersion& kernel = {});
// Every term of a group with its first sentence.
Explanation ExplainGroup(std::string_view group);

}  // namespace kautopsy
