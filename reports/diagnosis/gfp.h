#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/kernel_version.h"

namespace kautopsy {

// The highest zone that a request may be given. It may also use all lower ones.
enum class HighestZone { kDma, kDma32, kNormal, kHighMem, kMovable };

// What a gfp mask allows, whatever the kernel numbered its bits.
struct GfpMeaning {
  std::vector<std::string> names;  // as kernels since 4.6 print them: GFP_ATOMIC, __GFP_COMP
  HighestZone highest = HighestZone::kNormal;
  bool may_reclaim = false;   // __GFP_WAIT, since 4.4 __GFP_DIRECT_RECLAIM: may sleep and compact
  bool wakes_kswapd = false;  // __GFP_KSWAPD_RECLAIM (4.4), before that unless __GFP_NO_KSWAPD
  bool high = false;          // __GFP_HIGH: may use half of the reserve below min
  bool atomic = false;        // __GFP_ATOMIC (4.4-6.2)
  bool io = false;            // __GFP_IO
  bool fs = false;            // __GFP_FS
  bool movable = false;       // __GFP_MOVABLE: may be given CMA pages
  bool reclaimable = false;   // __GFP_RECLAIMABLE
  bool this_node = false;
  bool hardwall = false;  // __GFP_HARDWALL: only nodes of the task's cpuset
  bool memalloc = false;  // __GFP_MEMALLOC: may use all that is left
  bool no_memalloc = false;
  bool no_fail = false;
  bool gives_up = false;  // NORETRY, RETRY_MAYFAIL: the caller has a way out; not REPEAT
  bool no_warn = false;   // __GFP_NOWARN: a failure is not printed
  // Looks at one node and fails before it may reclaim or use of the reserves, though it may sleep.
  bool only_looks = false;
  bool account = false;  // charged to the task's memory cgroup

  bool Has(std::string_view part) const;  // "COMP": a bit, set by itself or in a composite
  std::vector<std::string> parts;         // the names of all bits, composites taken apart
};

// Reads the flag names if the kernel printed them ("GFP_KERNEL|__GFP_ZERO"), else decodes `mask` by
// the layout of `kernel`, else (release unknown, or one that would not print this) by the layout
// that makes sense of the mask. None if there is nothing to decode.
std::optional<GfpMeaning> ReadGfp(const Integer& mask, const Text& printed_names,
                                  const KernelVersion& kernel);

// The names joined by '|', composites first.
std::string JoinNames(const GfpMeaning& meaning);

}  // namespace kautopsy
