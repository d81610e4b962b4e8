#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/kernel_version.h"

namespace kautopsy {

// How the kernels of some releases number the bits of a gfp mask, and what they call them.
struct GfpLayout {
  struct Name {
    uint32_t mask = 0;
    std::string name;  // "GFP_KERNEL", "__GFP_ZERO", "GFP_DMA32"
  };

  KernelVersion first;                         // the release that it begins with
  KernelVersion next;                          // and the first one after it; unknown: it goes on
  std::string releases;                        // "2.6.31 to 3.7", "6.15 and later"
  std::array<std::string_view, 32> bits = {};  // "ZERO" by bit; empty where the bit is unused
  std::vector<Name> names;  // in the order in which a mask is searched for them, the largest first
};

// Oldest first. A bit keeps its name as long as some kernel of the range may set it, so a layout
// may name bits that a kernel without the option (LOCKDEP, KASAN, kmemcheck) leaves at zero.
const std::vector<GfpLayout>& GfpLayouts();

// The layout of a release: by its base version, but Red Hat's kernels carry newer code (EL6, EL7,
// EL9). Null if the release is not known.
const GfpLayout* FindGfpLayout(const KernelVersion& kernel);

// A layout and how badly a mask suits it: 0 for what the kernel asks every day.
struct GfpCandidate {
  const GfpLayout* layout = nullptr;
  int oddities = 0;
};
// From here on a mask makes no sense in a layout: it sets an unused bit or contradicts itself.
constexpr int kGfpNonsense = 10;

// All layouts, those that make most sense of `mask` first, the newer one where two are equal.
std::vector<GfpCandidate> RankGfpLayouts(uint32_t mask);

// The releases whose kernels print these names for this mask: from `first` of the oldest to `next`
// of the newest layout that does. None without a mask or names, or where no layout does.
struct GfpReleases {
  KernelVersion first, next;
};
std::optional<GfpReleases> ReleasesOf(int64_t mask, std::string_view names);

// The names of a mask as the kernel prints them since 4.6 (lib/vsprintf.c, format_flags()); bits
// without a name are one number at the end. Empty for 0.
std::vector<std::string> GfpNames(uint64_t mask, const GfpLayout& layout);

// The mask of names joined by '|' ("GFP_NOFS|__GFP_COMP", numbers too). The error names what the
// layout does not have.
Result<uint32_t> GfpMask(std::string_view names, const GfpLayout& layout);

// The parts of "GFP_KERNEL | __GFP_ZERO", blanks trimmed, empty ones left out.
std::vector<std::string> SplitGfpNames(std::string_view names);

// What a name stands for: "GFP_NOFS" gives WAIT and IO until 4.3, then DIRECT_RECLAIM,
// KSWAPD_RECLAIM and IO. A null `layout`, or one without the name, takes the name's meaning where
// it exists. Empty for unknown names.
std::vector<std::string> GfpParts(std::string_view name, const GfpLayout* layout);

}  // namespace kautopsy
