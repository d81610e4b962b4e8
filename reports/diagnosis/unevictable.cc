#include "reports/diagnosis/unevictable.h"

#include <algorithm>

namespace kautopsy {
namespace {

Integer MlockedKb(const EventFacts& event) {
  Integer sum;
  for (const NodeMemory& node : event.node_memory) {
    if (node.mlocked_kb) sum = sum.value_or(0) + *node.mlocked_kb;
  }
  return sum;
}

// "total pagecache pages" [NR_FILE_PAGES] holds the lists of files, shared memory (mm/shmem.c,
// shmem_add_to_page_cache()) and the swap cache (mm/swap_state.c, add_to_swap_cache()). What is
// none of these is on the list of pages that reclaim leaves alone.
int64_t OtherCachePages(const MemInfoFacts& mem) {
  if (!mem.pagecache_pages || !mem.file_pages || !mem.shmem_pages) return 0;
  return *mem.pagecache_pages - *mem.file_pages - *mem.shmem_pages -
         mem.isolated_pages.value_or(0) - mem.swap_cache_pages.value_or(0);
}

}  // namespace

Unevictable UnevictableOf(const EventFacts& event) {
  Unevictable result;
  if (!event.mem) return result;
  const int64_t all_kb = event.mem->unevictable_pages.value_or(0) * event.page_kb();
  const Integer mlocked_kb = MlockedKb(event);
  const int64_t others_kb = std::max<int64_t>(all_kb - mlocked_kb.value_or(0), 0);
  result.file_kb = std::clamp<int64_t>(OtherCachePages(*event.mem) * event.page_kb(), 0, others_kb);
  result.locked_kb = all_kb - result.file_kb;
  result.mlock_kb = std::min(mlocked_kb.value_or(result.locked_kb), result.locked_kb);
  return result;
}

}  // namespace kautopsy
