#pragma once

#include <cstdint>
#include <vector>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/kernel_version.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// The allocator's test of a zone, as the kernels changed it.
enum class WatermarkRule {
  k2618,         // 2.6.18-2.6.35, EL5, EL6 up to -131
  k2636,         // 2.6.36-3.3, EL6 from -220: two pages stricter
  kEl6Build431,  // EL6 from -431: the marks are not applied to the loop over orders
  k34,           // 3.4-4.3, EL7
  k44,           // 4.4-6.2, EL8, EL9 up to 9.5: any free piece of the order will do
  k63,           // since 6.3, EL9 from 9.6 (build 570), EL10
};

// By release; the oldest for an unknown one.
WatermarkRule RuleOf(const KernelVersion& kernel);

// What a request may take that others may not: mm/page_alloc.c, gfp_to_alloc_flags() and
// __zone_watermark_ok() of 2.6.32, 3.10, 4.4, 5.10 and 6.6. What the asking task itself may do
// besides (a real-time task, one that frees memory) is not in a mask.
struct GfpRights {
  bool ignores_marks = false;  // __GFP_MEMALLOC
  bool high = false;           // takes half of the mark
  bool harder = false;         // takes a quarter of what is left of it
  bool victim = false;         // takes half of what is left of it [ALLOC_OOM]
  bool atomic_blocks = false;  // may be given blocks that are kept for atomic requests [H]
  bool spares_atomic = false;  // what is kept for atomic requests does not count as free for it
  bool ignores_boost = false;  // the mark without what was added for a while
  bool ignores_cpuset = false;

  // True if it may go below the min mark.
  bool below_min() const { return ignores_marks || high || harder || victim; }
};

// `order` is the request's: only pieces of several pages come out of atomic blocks since 6.3, only
// single pages are free of the boost.
GfpRights RightsOf(const GfpMeaning& gfp, int order, WatermarkRule rule);
// The same, with what a dying task may do besides.
GfpRights RightsOf(const PieceRequest& request, WatermarkRule rule);

// Single pages that must not wait are given none of what is kept for larger pieces [highatomic],
// which their test does not leave out: 281dd25c1a01 ("mm/page_alloc: let GFP_ATOMIC order-0 allocs
// access highatomic reserves") mends that in 6.12, 6.11.7, 6.6.60, 6.1.116 and 5.15.171
// (CVE-2024-50219). It blames 1d91df85f399 of 5.9; before, single pages came from lists of their
// own, which hold none of that reserve (mm/page_alloc.c of 4.4 to 5.8, rmqueue()). Vendors' kernels
// may hold the mend.
bool KeepsAtomicFromPages(const KernelVersion& kernel);

// What a request need not leave of `mark_pages`, in the order in which the kernel takes it off.
std::vector<MarkDiscount> DiscountsFor(int64_t mark_pages, const GfpRights& rights);
// What must be left of `mark_pages`.
int64_t MarkFor(int64_t mark_pages, const GfpRights& rights);

}  // namespace kautopsy
