#include "reports/diagnosis/gfp.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/diagnosis/gfp_layout.h"

namespace kautopsy {
namespace {

struct PartMeaning {
  std::string_view part;
  bool GfpMeaning::*flag;
};

constexpr PartMeaning kPartMeanings[] = {
    {"WAIT", &GfpMeaning::may_reclaim},
    {"DIRECT_RECLAIM", &GfpMeaning::may_reclaim},
    {"KSWAPD_RECLAIM", &GfpMeaning::wakes_kswapd},
    {"HIGH", &GfpMeaning::high},
    {"ATOMIC", &GfpMeaning::atomic},
    {"IO", &GfpMeaning::io},
    {"FS", &GfpMeaning::fs},
    {"MOVABLE", &GfpMeaning::movable},
    {"RECLAIMABLE", &GfpMeaning::reclaimable},
    {"THISNODE", &GfpMeaning::this_node},
    {"HARDWALL", &GfpMeaning::hardwall},
    {"MEMALLOC", &GfpMeaning::memalloc},
    {"NOMEMALLOC", &GfpMeaning::no_memalloc},
    {"NOFAIL", &GfpMeaning::no_fail},
    {"NORETRY", &GfpMeaning::gives_up},
    {"RETRY_MAYFAIL", &GfpMeaning::gives_up},
    {"NOWARN", &GfpMeaning::no_warn},
    {"ACCOUNT", &GfpMeaning::account},
};

// gfp_zone() of include/linux/gfp.h: zone Movable needs both __GFP_HIGHMEM and __GFP_MOVABLE.
HighestZone HighestOf(const GfpMeaning& meaning) {
  if (meaning.Has("DMA")) return HighestZone::kDma;
  if (meaning.Has("DMA32")) return HighestZone::kDma32;
  if (!meaning.Has("HIGHMEM")) return HighestZone::kNormal;
  return meaning.movable ? HighestZone::kMovable : HighestZone::kHighMem;
}

// Until 4.3 every request woke kswapd unless it said no: mm/page_alloc.c,
// __alloc_pages_slowpath().
bool WakesUnasked(const GfpMeaning& meaning, const GfpLayout* layout) {
  const bool old = layout != nullptr ? layout->bits[4] == "WAIT" : meaning.Has("WAIT");
  return old && !meaning.Has("NO_KSWAPD");
}

// What looks at one node first and reclaims elsewhere, as slab does: on NUMA machines these three
// together neither reclaim nor wake kswapd, until 4167e9b2cf10 ("mm: remove GFP_THISNODE", 4.1).
// mm/page_alloc.c, __alloc_pages_slowpath() of 2.6.32 and 3.10: "goto nopage".
bool OnlyLooks(const GfpMeaning& meaning, const KernelVersion& kernel) {
  return kernel.known() && kernel.Below(4, 1) && meaning.Has("THISNODE") &&
         meaning.Has("NORETRY") && meaning.Has("NOWARN");
}

// Kernels since 4.6 print the names (lib/vsprintf.c, %pGg). A mask without them that makes no sense
// in their numbering is of an older kernel than the text names.
bool Contradicts(uint32_t mask, const GfpLayout* layout, const KernelVersion& kernel) {
  if (layout == nullptr || !kernel.AtLeast(4, 6)) return false;
  for (const GfpCandidate& candidate : RankGfpLayouts(mask)) {
    if (candidate.layout == layout) return candidate.oddities >= kGfpNonsense;
  }
  return false;
}

}  // namespace

bool GfpMeaning::Has(std::string_view part) const {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

// "GFP_KERN": a line that a terminal or a log cut at its width. The number stands before the names.
bool IsCutShort(const std::vector<std::string>& names) {
  if (names.empty() || !GfpParts(names.back(), nullptr).empty()) return false;
  return std::ranges::any_of(GfpLayouts(), [&](const GfpLayout& layout) {
    return std::ranges::any_of(layout.names, [&](const GfpLayout::Name& known) {
      return known.name.starts_with(names.back());
    });
  });
}

std::optional<GfpMeaning> ReadGfp(const Integer& mask, const Text& printed_names,
                                  const KernelVersion& kernel) {
  const GfpLayout* layout = FindGfpLayout(kernel);
  GfpMeaning meaning;
  if (printed_names) meaning.names = SplitGfpNames(*printed_names);
  if (meaning.names.empty() || (mask && IsCutShort(meaning.names))) {
    if (!mask) return std::nullopt;
    if (Contradicts(static_cast<uint32_t>(*mask), layout, kernel)) layout = nullptr;
    if (layout == nullptr) layout = RankGfpLayouts(static_cast<uint32_t>(*mask)).front().layout;
    meaning.names = GfpNames(static_cast<uint64_t>(*mask), *layout);
  }
  for (const std::string& name : meaning.names) {
    for (std::string& part : GfpParts(name, layout)) meaning.parts.push_back(std::move(part));
  }
  for (const PartMeaning& known : kPartMeanings) {
    if (meaning.Has(known.part)) meaning.*known.flag = true;
  }
  if (WakesUnasked(meaning, layout)) meaning.wakes_kswapd = true;
  if (OnlyLooks(meaning, kernel)) {
    meaning.only_looks = true;
    meaning.may_reclaim = meaning.wakes_kswapd = false;
  }
  meaning.highest = HighestOf(meaning);
  return meaning;
}

std::string JoinNames(const GfpMeaning& meaning) {
  return fmt::format("{}", fmt::join(meaning.names, "|"));
}

}  // namespace kautopsy
