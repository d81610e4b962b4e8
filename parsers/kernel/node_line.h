#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/mem_counters.h"

namespace kautopsy {

// A node's line of a Mem-Info block (since 4.8; until then its counters stand in the zone lines).
// Relation `node`. Sizes in KiB unless the name says otherwise.
struct NodeLine {
  Integer node;
  Integer active_anon_kb, inactive_anon_kb, active_file_kb, inactive_file_kb, unevictable_kb;
  Integer isolated_anon_kb, isolated_file_kb, mapped_kb, dirty_kb, writeback_kb, shmem_kb;
  Integer shmem_thp_kb, shmem_pmdmapped_kb, anon_thp_kb, writeback_tmp_kb, unstable_kb;
  Integer kernel_stack_kb, shadow_call_stack_kb, pagetables_kb, sec_pagetables_kb, balloon_kb;
  Integer pages_scanned;
  Integer all_unreclaimable;  // 0 or 1
  Integer log_line;
  bool torn = false;  // a blank stands within a field, which is lost

  static constexpr std::string_view kRelation = "node";
  static std::span<const Field<NodeLine>> Fields();
};

// Huge pages of one node and size. Relation `hugepages`.
struct HugePages {
  Integer node;
  Integer total;
  Integer free;
  Integer surplus;
  Integer size_kb;
  Integer log_line;

  static constexpr std::string_view kRelation = "hugepages";
  static std::span<const Field<HugePages>> Fields();
};

// Reads "Node 0 active_anon:33632kB ... all_unreclaimable? no" (mm/page_alloc.c, show_free_areas();
// mm/show_mem.c since 6.x), the fields of any version in any order. Fields without a column go to
// `extra`. None if it is no such line.
std::optional<NodeLine> ParseNodeLine(std::string_view text, std::vector<MemInfoExtra>& extra);

// Reads "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB"
// (mm/hugetlb.c, hugetlb_show_meminfo()). None if it is no such line, or a part of one.
std::optional<HugePages> ParseHugePages(std::string_view text);

}  // namespace kautopsy
