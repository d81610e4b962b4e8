#include "reports/diagnosis/gfp_rights.h"

#include <algorithm>
#include <array>

namespace kautopsy {
namespace {

// Until 4.3 who cannot wait may go further; not with __GFP_NOMEMALLOC, which older kernels did not
// ask: mm/page_alloc.c, gfp_to_alloc_flags() of 2.6.32 (ALLOC_HARDER if !wait) and of 3.10.
void GrantOld(const GfpMeaning& gfp, WatermarkRule rule, GfpRights& rights) {
  const bool waits = gfp.may_reclaim || gfp.only_looks;
  rights.harder = !waits && (rule < WatermarkRule::k34 || !gfp.no_memalloc);
  rights.ignores_cpuset = !waits;
}

// mm/page_alloc.c, gfp_to_alloc_flags() of 4.4 and 5.10: __GFP_ATOMIC. zone_watermark_fast()
// of 5.10: "Ignore watermark boosting for GFP_ATOMIC order-0 allocations".
void Grant44(const GfpMeaning& gfp, int order, GfpRights& rights) {
  rights.harder = gfp.atomic && !gfp.no_memalloc;
  rights.atomic_blocks = rights.harder;
  rights.spares_atomic = !rights.harder;
  rights.ignores_boost = gfp.atomic && order == 0;
  rights.ignores_cpuset = gfp.atomic;
}

// mm/internal.h of 6.6, ALLOC_RESERVES: any right to go below min. mm/page_alloc.c of 6.6,
// gfp_to_alloc_flags(): ALLOC_HIGHATOMIC only for order > 0; __zone_watermark_ok(): ALLOC_NON_BLOCK
// gives nothing without ALLOC_MIN_RESERVE.
void Grant63(const GfpMeaning& gfp, int order, GfpRights& rights) {
  const bool non_block = !gfp.may_reclaim && !gfp.no_memalloc;
  rights.harder = non_block && gfp.high;
  rights.atomic_blocks = non_block && order > 0;
  rights.spares_atomic = !gfp.high && !non_block;
  rights.ignores_boost = gfp.high && order == 0;
  rights.ignores_cpuset = gfp.high && !gfp.may_reclaim;
}

}  // namespace

WatermarkRule RuleOf(const KernelVersion& kernel) {
  constexpr int kEl9Build570 = 570;  // RHEL 9.6
  if (kernel.el == 6) {
    if (kernel.el_build >= 431) return WatermarkRule::kEl6Build431;
    return kernel.el_build >= 220 ? WatermarkRule::k2636 : WatermarkRule::k2618;
  }
  if (kernel.el == 9 && kernel.el_build >= kEl9Build570) return WatermarkRule::k63;
  if (kernel.AtLeast(6, 3)) return WatermarkRule::k63;
  if (kernel.AtLeast(4, 4)) return WatermarkRule::k44;
  if (kernel.AtLeast(3, 4)) return WatermarkRule::k34;
  return kernel.AtLeast(2, 6, 36) ? WatermarkRule::k2636 : WatermarkRule::k2618;
}

GfpRights RightsOf(const GfpMeaning& gfp, int order, WatermarkRule rule) {
  GfpRights rights;
  rights.ignores_marks = gfp.memalloc && !gfp.no_memalloc;
  rights.high = gfp.high;
  if (rule < WatermarkRule::k44) {
    GrantOld(gfp, rule, rights);
  } else if (rule == WatermarkRule::k44) {
    Grant44(gfp, order, rights);
  } else {
    Grant63(gfp, order, rights);
  }
  return rights;
}

// cd04ae1e2dc8 ("mm, oom: do not rely on TIF_MEMDIE for memory reserves access"), of August 2017:
// a victim may take half of the mark, in place of the quarter, and blocks that are kept for atomic
// requests. Since 6.3 besides the quarter (mm/page_alloc.c, __zone_watermark_ok() of 6.6).
GfpRights RightsOf(const PieceRequest& request, WatermarkRule rule) {
  GfpRights rights = RightsOf(request.gfp, request.order, rule);
  if (!request.dying || rights.ignores_marks || rule < WatermarkRule::k44) return rights;
  rights.victim = true;
  if (rule == WatermarkRule::k44) rights.harder = false;
  rights.atomic_blocks = true;
  rights.spares_atomic = false;
  return rights;
}

bool KeepsAtomicFromPages(const KernelVersion& kernel) {
  struct Mend {
    int major, minor, patch;
  };
  constexpr auto kMends = std::to_array<Mend>({{5, 15, 171}, {6, 1, 116}, {6, 6, 60}, {6, 11, 7}});
  if (!kernel.known() || kernel.el > 0 || !kernel.AtLeast(4, 4) || !kernel.Below(6, 12))
    return false;
  return std::none_of(kMends.begin(), kMends.end(), [&](const Mend& mend) {
    return kernel.major == mend.major && kernel.minor == mend.minor && kernel.patch >= mend.patch;
  });
}

// mm/page_alloc.c, __zone_watermark_ok() of 2.6.32, 4.4 and 6.6: integer halves and quarters.
std::vector<MarkDiscount> DiscountsFor(int64_t mark_pages, const GfpRights& rights) {
  if (rights.ignores_marks) return {{"all: ignores the marks", mark_pages}};
  std::vector<MarkDiscount> discounts;
  if (rights.high) {
    discounts.push_back({"half: __GFP_HIGH", mark_pages / 2});
    mark_pages -= mark_pages / 2;
  }
  if (rights.harder) {
    discounts.push_back({"a quarter: must not wait", mark_pages / 4});
    mark_pages -= mark_pages / 4;
  }
  if (rights.victim) discounts.push_back({"half: of a killed task", mark_pages / 2});
  return discounts;
}

int64_t MarkFor(int64_t mark_pages, const GfpRights& rights) {
  for (const MarkDiscount& discount : DiscountsFor(mark_pages, rights))
    mark_pages -= discount.pages;
  return mark_pages;
}

}  // namespace kautopsy
