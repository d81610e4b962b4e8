#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/explain/explanation.h"

namespace kautopsy {

// A word of the kernel's memory reports. From terms/*.txt, which are compiled into
// the program; the group is the file's name.
struct Term {
  std::string name;
  std::vector<std::string> also;  // other spellings
  std::string group;              // "zones", "reports", "causes"
  std::string unit;               // empty if it has none
  std::string text;
  std::string source;  // file and function of the kernel
};

// In the order of the file.
const std::vector<Term>& Terms();

// By name or other spelling, whatever the case ("DMA" before "dma"); null if there is none.
const Term* FindTerm(std::string_view word);

// The first sentence of a term's text without its full stop; empty for unknown words.
std::string ShortMeaning(std::string_view word);

// The names nearest to a misspelt word, nearest first; at most three, none if all are far.
std::vector<std::string> NearestTerms(std::string_view word);

Explanation ExplainTerm(const Term& term);
// Every term of a group with its first sentence.
Explanation ExplainGroup(std::string_view group);

}  // namespace kautopsy
