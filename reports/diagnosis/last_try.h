#pragma once

#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// The kernel's last try before an OOM kill, run again on the printed figures: mm/page_alloc.c,
// __alloc_pages_may_oom(), get_page_from_freelist(..., ALLOC_WMARK_HIGH|ALLOC_CPUSET, ...), from
// 2.6.32 to 6.19; likewise __alloc_pages() of older 2.6 kernels, the oldest by z->pages_high. It
// asks for the high mark, and has no right to reserves nor to CMA. Fills `last_try_pages`,
// `high_pages` and `last_try_ok` of `checks`, those of `request`. Nothing for what did not come
// through there: refusals, limits of control groups, page faults (mm/oom_kill.c,
// pagefault_out_of_memory()) and a human's order.
void AddLastTry(const EventFacts& event, const PieceRequest& request, const KernelVersion& kernel,
                std::vector<ZoneCheck>& checks);

}  // namespace kautopsy
