#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/mem_counters.h"

namespace kautopsy {

// One field of a zone's or a node's line: "min:688kB", "shmem_thp: 0kB", "pages_scanned:9",
// "all_unreclaimable? yes".
struct SizeField {
  std::string_view key;
  Integer value;
  bool has_unit = false;  // kB, or KB as reserved_highatomic has it
  bool yes_no = false;    // all_unreclaimable
};

namespace internal {

inline bool ConsumeYesNo(std::string_view& text, SizeField& field) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "all_unreclaimable?")) return false;
  rest = TrimBlanks(rest);
  const bool yes = ConsumePrefix(rest, "yes");
  if (!yes && !ConsumePrefix(rest, "no")) return false;
  field = {.key = "all_unreclaimable", .value = yes ? 1 : 0, .has_unit = false, .yes_no = true};
  text = rest;
  return true;
}

// " 688kB ...", behind "unevictable:22": a blank stands within the figure.
inline bool IsRestOfSize(std::string_view text) {
  return ConsumePrefix(text, " ") && ConsumeInteger(text) && ConsumePrefix(text, "kB") &&
         (text.empty() || text[0] == ' ');
}

// " 23 ...", behind "pages_scanned:1", the only number that has no unit and ends no line.
inline bool IsRestOfCount(std::string_view text) {
  return ConsumePrefix(text, " ") && !text.empty() && IsDigit(text[0]);
}

// "pages_scanned:1" and "23", or "pages_sc" and "anned:123".
inline bool IsTornCount(std::string_view head, std::string_view rest) {
  constexpr std::string_view kCount = "pages_scanned:";
  const std::size_t in_head = std::min(head.size(), kCount.size());
  const std::string_view missing = kCount.substr(in_head);
  return head.substr(0, in_head) == kCount.substr(0, in_head) && ConsumePrefix(rest, missing) &&
         ConsumeInteger(rest) && rest.empty();
}

}  // namespace internal

// Takes one field off the head of `text`; false, and `text` unchanged, if none whole stands there.
// A size without its unit was cut, unless more follows it.
inline bool ConsumeSizeField(std::string_view& text, SizeField& field) {
  std::string_view rest = TrimBlanks(text);
  if (internal::ConsumeYesNo(rest, field)) {
    text = rest;
    return true;
  }
  const std::size_t colon = rest.find(':');
  const std::string_view key = rest.substr(0, colon);
  if (colon == std::string_view::npos || key.find(' ') != std::string_view::npos) return false;
  rest.remove_prefix(colon + 1);
  ConsumePrefix(rest, " ");  // behind shmem_thp: and its like until 6.5
  field = {.key = key, .value = ConsumeInteger(rest)};
  field.has_unit =
      ConsumePrefix(rest, "kB") || ConsumePrefix(rest, "KB") || ConsumePrefix(rest, " kB");
  if (!field.value || (!rest.empty() && rest[0] != ' ')) return false;
  if (!field.has_unit && internal::IsRestOfSize(rest)) return false;
  if (!field.has_unit && key == "pages_scanned" && internal::IsRestOfCount(rest)) return false;
  if (!field.has_unit && rest.empty() && key != "pages_scanned") return false;
  text = rest;
  return true;
}

// Takes the field behind one with a blank within its name or figure ("isolate d(file):0kB", as mail
// programs and web pages make them), whose figure may be wrong and so is lost: `torn` becomes true.
// False, and `text` unchanged, if no such field stands there.
inline bool ConsumeBehindTorn(std::string_view& text, SizeField& field, bool& torn) {
  std::string_view rest = TrimBlanks(text);
  std::string_view word = rest.substr(0, rest.find(' '));
  if (word.empty() || word.ends_with("kB")) return false;
  const std::string_view head = word;
  rest = TrimBlanks(rest.substr(word.size()));
  word = rest.substr(0, rest.find(' '));
  if (!word.ends_with("kB") && !internal::IsTornCount(head, word)) return false;
  rest.remove_prefix(word.size());
  SizeField next;
  if (!ConsumeSizeField(rest, next)) return false;
  if (!next.has_unit && !next.yes_no && next.key != "pages_scanned") return false;
  text = rest;
  field = next;
  torn = true;
  return true;
}

// True if what is left of a line, which no field could be taken off, holds its last one: a field
// before it is torn.
inline bool EndsBehindTorn(std::string_view text) {
  return text.find("all_unreclaimable?") != std::string_view::npos;
}

// A field that no column is for.
inline MemInfoExtra ExtraOf(const SizeField& field, const Integer& node, const Text& zone) {
  MemInfoExtra extra;
  extra.node = node;
  extra.zone = zone;
  extra.name = std::string(field.key);
  extra.value = field.value;
  if (field.has_unit) extra.unit = "kB";
  return extra;
}

}  // namespace kautopsy
