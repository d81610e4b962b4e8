#include "reports/diagnosis/gfp_can.h"

#include "reports/diagnosis/gfp_rights.h"

namespace kautopsy {
namespace {

using Meaning = const GfpMeaning&;
using Kernel = const KernelVersion&;

// Of an unknown kernel the bits tell on which side of 4.4 it is.
WatermarkRule RuleFor(Meaning gfp, Kernel kernel) {
  const bool split = gfp.Has("KSWAPD_RECLAIM") || gfp.Has("DIRECT_RECLAIM");
  return !kernel.known() && split ? WatermarkRule::k44 : RuleOf(kernel);
}

constexpr GfpAbility kAbilities[] = {
    {"reclaim", "may it sleep?", [](Meaning gfp, Kernel) { return gfp.may_reclaim; }},
    {"kswapd", "does it wake kswapd?", [](Meaning gfp, Kernel) { return gfp.wakes_kswapd; }},
    {"io", "may it start disk I/O?", [](Meaning gfp, Kernel) { return gfp.may_reclaim && gfp.io; }},
    {"fs", "may it enter filesystems?",
     [](Meaning gfp, Kernel) { return gfp.may_reclaim && gfp.fs; }},
    {"compact", "",
     [](Meaning gfp, Kernel kernel) { return CompactionFor(gfp, kernel) != Compaction::kNone; }},
    {"reserve", "",
     [](Meaning gfp, Kernel kernel) { return RightsOf(gfp, 0, RuleFor(gfp, kernel)).below_min(); }},
    // GFP_ATOMIC of all kernels; the bit of that name there was in 4.4 to 6.2 only.
    {"atomic", "", [](Meaning gfp, Kernel) { return gfp.high && !gfp.may_reclaim; }},
    {"cma", "may it lie in CMA?",
     [](Meaning gfp, Kernel kernel) { return gfp.movable && HasCma(kernel); }},
    {"this_node_only", "", [](Meaning gfp, Kernel) { return gfp.this_node; }},
    {"no_memalloc", "", [](Meaning gfp, Kernel) { return gfp.no_memalloc; }},
    {"no_fail", "", [](Meaning gfp, Kernel) { return gfp.no_fail; }},
    {"give_up", "", [](Meaning gfp, Kernel) { return gfp.gives_up; }},
    {"warn", "is a failure printed?", [](Meaning gfp, Kernel) { return !gfp.no_warn; }},
};

struct ZoneWord {
  std::string_view word;
  HighestZone zone;
};
constexpr ZoneWord kZoneWords[] = {{"DMA", HighestZone::kDma},
                                   {"DMA32", HighestZone::kDma32},
                                   {"Normal", HighestZone::kNormal},
                                   {"HighMem", HighestZone::kHighMem},
                                   {"Movable", HighestZone::kMovable}};

}  // namespace

std::span<const GfpAbility> GfpAbilities() { return kAbilities; }

std::optional<bool> GfpCan(std::string_view word, const GfpMeaning& meaning,
                           const KernelVersion& kernel) {
  for (const GfpAbility& ability : kAbilities) {
    if (ability.word == word) return ability.can(meaning, kernel);
  }
  for (const ZoneWord& zone : kZoneWords) {
    if (zone.word == word) return zone.zone <= meaning.highest;
  }
  return std::nullopt;
}

std::string GfpCanWords() {
  std::string words;
  for (const GfpAbility& ability : kAbilities) words.append(" ").append(ability.word);
  for (const ZoneWord& zone : kZoneWords) words.append(" ").append(zone.word);
  return words;
}

bool HasCompaction(const KernelVersion& kernel) {
  return kernel.el == 6 || !kernel.Below(2, 6, 35);
}

bool HasCma(const KernelVersion& kernel) { return !kernel.Below(3, 5); }

Compaction CompactionFor(const GfpMeaning& meaning, const KernelVersion& kernel) {
  if (!meaning.may_reclaim || !meaning.io || !HasCompaction(kernel)) return Compaction::kNone;
  if (meaning.fs) return Compaction::kAll;
  return kernel.AtLeast(4, 10) ? Compaction::kProgramPages : Compaction::kNone;
}

}  // namespace kautopsy
