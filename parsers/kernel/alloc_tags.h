#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// A place in the kernel's source that holds memory. Relation `alloc_tag`.
struct AllocTag {
  Integer bytes;
  Integer calls;
  Text file;
  Integer line;
  Text module;
  Text function;
  Integer log_line;

  static constexpr std::string_view kRelation = "alloc_tag";
  static std::span<const Field<AllocTag>> Fields();
};

// "Memory allocations:" and the ten biggest of them, since 6.10 with CONFIG_MEM_ALLOC_PROFILING
// (mm/show_mem.c, __show_mem(); lib/alloc_tag.c, alloc_tag_to_text()):
//    119 MiB    30463 mm/memory.c:1082 func:folio_prealloc
class AllocTagSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return !seen_ && tags_.empty(); }
  void NoteMissing(Damage& damage) const;
  void AddTo(EventRecord& event);

 private:
  bool seen_ = false;
  std::vector<AllocTag> tags_;
};

// "127664128" as 6.10 prints it, or "119 MiB", "4.50 KiB" since 6.12 (lib/string_helpers.c,
// string_get_size(): powers of 1024, three digits).
Integer ParseHumanSize(std::string_view text);

}  // namespace kautopsy
