#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/mem_counters.h"

namespace kautopsy {

// One zone of a Mem-Info block. Relation `zone`. Sizes in KiB unless the name says otherwise.
struct Zone {
  Integer node;  // none on kernels without NUMA
  Text zone;
  Integer free_kb, boost_kb, min_kb, low_kb, high_kb, reserved_highatomic_kb, free_highatomic_kb;
  Integer active_anon_kb, inactive_anon_kb, active_file_kb, inactive_file_kb, unevictable_kb;
  Integer isolated_anon_kb, isolated_file_kb, active_kb, inactive_kb, writepending_kb;
  Integer present_kb, managed_kb, mlocked_kb, dirty_kb, writeback_kb, mapped_kb, shmem_kb;
  Integer slab_reclaimable_kb, slab_unreclaimable_kb, kernel_stack_kb, shadow_call_stack_kb;
  Integer pagetables_kb, unstable_kb, bounce_kb, zspages_kb, free_pcp_kb, local_pcp_kb, free_cma_kb,
      writeback_tmp_kb;
  Integer pages_scanned;
  Integer all_unreclaimable;  // 0 or 1
  Text lowmem_reserve_pages;  // JSON array
  Integer free_list_kb;       // the total that the zone's list of free blocks prints
  Integer pcp_pages;          // sum of the per-cpu lists printed
  Integer log_line;
  bool torn = false;  // a blank stands within a field, which is lost

  static constexpr std::string_view kRelation = "zone";
  static std::span<const Field<Zone>> Fields();
};

// Reads "Node 0 DMA32 free:431968kB min:688kB ... all_unreclaimable? yes", the fields of any
// version in any order (mm/page_alloc.c, show_free_areas(); mm/show_mem.c since 6.x). Fields
// without a column go to `extra`. None if it is no zone line.
std::optional<Zone> ParseZoneLine(std::string_view text,
                                  std::vector<MemInfoExtra>* extra = nullptr);

// "lowmem_reserve[]: 0 2965 193855 193855" as a JSON array; none for other lines.
Text ParseLowmemReserve(std::string_view text);

}  // namespace kautopsy
