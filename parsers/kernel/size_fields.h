#pragma once

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
  field.has_unit = ConsumePrefix(rest, "kB") || ConsumePrefix(rest, "KB");
  if (!field.value || (!rest.empty() && rest[0] != ' ')) return false;
  if (!field.has_unit && rest.empty() && key != "pages_scanned") return false;
  text = rest;
  return true;
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
