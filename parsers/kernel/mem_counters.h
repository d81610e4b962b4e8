#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// The counters and totals of a Mem-Info block. Relation `mem_info`. Pages unless the name says
// otherwise.
struct MemInfo {
  Integer active_anon, inactive_anon, isolated_anon, active_file, inactive_file, isolated_file;
  Integer unevictable, dirty, writeback, unstable, slab_reclaimable, slab_unreclaimable, slab;
  Integer active, inactive, mapped, mapped_file, mapped_anon, shmem, pagetables, sec_pagetables;
  Integer bounce, kernel_misc_reclaimable, free, free_pcp, free_cma, pagecache, swap_cache;
  Integer swap_cache_add, swap_cache_delete, swap_cache_find_ok, swap_cache_find_all;
  Integer free_swap_kb, total_swap_kb;
  Integer ram, highmem, reserved, shared, non_shared, cma_reserved, hwpoisoned;

  static constexpr std::string_view kRelation = "mem_info";
  static std::span<const Field<MemInfo>> Fields();

  // True if a value stands in both.
  bool Overlaps(const MemInfo& other) const;
  // True if a value stands in both and differs.
  bool Contradicts(const MemInfo& other) const;
  // Takes the values of `other` that are not known yet.
  void Merge(const MemInfo& other);
};

// A counter that no column is for: a kernel newer than this program, or a distribution's own.
// Relation `mem_info_extra`.
struct MemInfoExtra {
  Integer node;  // none for the whole machine
  Text zone;     // none for a whole node
  Text name;
  Integer value;
  Text unit;  // kB; none for pages and counts
  Integer log_line;

  static constexpr std::string_view kRelation = "mem_info_extra";
  static std::span<const Field<MemInfoExtra>> Fields();
};

// What one line says.
struct MemCounters {
  MemInfo known;
  std::vector<MemInfoExtra> extra;
};

// Reads "active_anon:79945387 inactive_anon:3660742 isolated_anon:0" in any version's words. None
// if the line does not begin with a counter of Mem-Info.
std::optional<MemCounters> ParseMemCounters(std::string_view text);

struct MemTotal {
  MemInfo known;
  bool repeats = false;  // may say again what another line of the same block said
};

// Reads "49429 total pagecache pages", "Free swap  = 123kB" and the others that end the block.
std::optional<MemTotal> ParseMemTotal(std::string_view text);

}  // namespace kautopsy
