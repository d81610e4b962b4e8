#pragma once

#include <optional>
#include <string_view>

#include "parsers/kernel/free_list.h"
#include "parsers/kernel/mem_counters.h"
#include "parsers/kernel/zones.h"

namespace kautopsy {

// The lines of a memory report that only kernels 2.4 print (mm/page_alloc.c,
// show_free_areas_core()).

// "Zone:DMA freepages:  2904kB min:   512kB low:  1024kB high:  1536kB". EL3's kernels print pages.
struct Zone24 {
  Zone zone;              // sizes as printed
  bool in_pages = false;  // not in KiB
};
std::optional<Zone24> ParseZone24(std::string_view text);

// "( Active: 60412, inactive: 58116, free: 641 )" and what stands for "inactive" in other versions.
std::optional<MemCounters> ParseMemCounters24(std::string_view text);

// "1*4kB 0*8kB ... = 2904kB)", the list of a zone that it does not name; of an empty zone "= 0kB)".
std::optional<FreeList> ParseFreeList24(std::string_view text);

// Lines of EL3 that have no column: the lists of each zone, page tables and bounce buffers.
bool IsMemDetail24(std::string_view text);

}  // namespace kautopsy
