#include "reports/diagnosis/gfp_layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <span>
#include <tuple>

#include "base/text.h"
#include "reports/diagnosis/gfp_tables.h"

namespace kautopsy {
namespace {

constexpr std::string_view kPrefix = "__GFP_";
constexpr int kEl5Build194 = 194;  // RHEL 5.5

// "GFP_DMA" and "GFP_DMA32" are printed as composites of one bit.
std::string PrintedName(std::string_view bit) {
  const bool zone = bit == "DMA" || bit == "DMA32";
  return fmt::format("{}{}", zone ? "GFP_" : kPrefix, bit);
}

// "WAIT|IO" without the prefixes; RECLAIM stands for the bits that allow reclaim.
std::optional<uint32_t> MaskOfBits(std::string_view terms, const GfpLayout& layout) {
  uint32_t mask = 0;
  for (const std::string& term : SplitGfpNames(terms)) {
    uint32_t found = 0;
    for (std::size_t bit = 0; bit < layout.bits.size(); ++bit) {
      const std::string_view name = layout.bits[bit];
      const bool reclaims = name == "WAIT" || name == "DIRECT_RECLAIM" || name == "KSWAPD_RECLAIM";
      if (name == term || (term == "RECLAIM" && reclaims)) found |= uint32_t{1} << bit;
    }
    if (found == 0) return std::nullopt;
    mask |= found;
  }
  return mask;
}

bool Holds(int version, int since, int until) { return since <= version && version < until; }

KernelVersion ToVersion(int version) {
  return {.major = version / 1000000, .minor = version / 1000 % 1000, .patch = version % 1000};
}

std::string ReleaseText(int version) {
  const KernelVersion parts = ToVersion(version);
  return parts.major == 2 ? fmt::format("2.6.{}", parts.patch)
                          : fmt::format("{}.{}", parts.major, parts.minor);
}

// The release before a boundary: 3.19 before 4.0, 4.20 before 5.0. No boundary lies at x.0.
int Before(int version) {
  const KernelVersion parts = ToVersion(version);
  if (parts.major == 2) return version - 1;
  return version - 1000;
}

void AddNames(int version, GfpLayout& layout) {
  const auto add = [&](std::string_view name, std::string_view terms) {
    if (const auto mask = MaskOfBits(terms, layout))
      layout.names.push_back({*mask, std::string(name)});
  };
  for (const GfpCompositeRow& row : kGfpCompositeRows) {
    if (Holds(version, row.since, row.until)) add(row.name, row.terms);
  }
  const bool by_bit = version >= kGfpNamesByBit;
  if (by_bit) {
    add("GFP_DMA", "DMA");
    add("GFP_DMA32", "DMA32");
    add("__GFP_RECLAIM", "DIRECT_RECLAIM|KSWAPD_RECLAIM");
  }
  std::set<std::string_view> ordered;
  for (const std::string_view name : kGfpPrintOrder) {
    const std::string_view terms =
        name == "RECLAIM" ? std::string_view("DIRECT_RECLAIM|KSWAPD_RECLAIM") : name;
    ordered.insert(name);
    if (!by_bit) add(PrintedName(name), terms);
  }
  for (const std::string_view bit : layout.bits) {
    if (!bit.empty() && (by_bit || !ordered.contains(bit))) add(PrintedName(bit), bit);
  }
}

GfpLayout MakeLayout(int version) {
  GfpLayout layout;
  layout.first = ToVersion(version);
  for (const GfpBitRow& row : kGfpBitRows) {
    if (Holds(version, row.since, row.until)) layout.bits.at(row.bit) = row.name;
  }
  AddNames(version, layout);
  return layout;
}

// Every release at which a bit or a composite changed.
std::vector<int> Boundaries() {
  std::set<int> found = {kGfpNamesByBit};
  for (const GfpBitRow& row : kGfpBitRows) found.insert({row.since, row.until});
  for (const GfpCompositeRow& row : kGfpCompositeRows) found.insert({row.since, row.until});
  found.erase(kGfpNever);
  return {found.begin(), found.end()};
}

std::vector<GfpLayout> MakeLayouts() {
  std::vector<GfpLayout> layouts;
  const std::vector<int> boundaries = Boundaries();
  for (std::size_t i = 0; i < boundaries.size(); ++i) {
    GfpLayout layout = MakeLayout(boundaries[i]);
    const std::string from = ReleaseText(boundaries[i]);
    if (i + 1 == boundaries.size()) {
      layout.releases = from + " and later";
    } else {
      layout.next = ToVersion(boundaries[i + 1]);
      const std::string to = ReleaseText(Before(boundaries[i + 1]));
      layout.releases = from == to ? from : fmt::format("{} to {}", from, to);
    }
    layouts.push_back(std::move(layout));
  }
  return layouts;
}

// The mainline release whose bits a Red Hat kernel has, where that is not its base: seen in the
// masks and names that these kernels print. EL7 has __GFP_ACCOUNT in place of __GFP_KMEMCG from
// build 1160 on, which needs a layout of its own.
int VersionOf(const KernelVersion& kernel) {
  const int base = GfpVersion(kernel.major, kernel.minor, kernel.major == 2 ? kernel.patch : 0);
  if (kernel.el == 6) return GfpVersion(2, 6, 39);
  if (kernel.el == 9 && kernel.el_build >= 570) return GfpVersion(6, 4);
  if (kernel.el == 9 && kernel.el_build >= 284) return GfpVersion(5, 18);
  return base;
}

// include/linux/gfp.h of EL5's kernels (of 5.5, 2.6.18-194, and before): GFP_ATOMIC never warns,
// and huge pages ask without the OOM killer from -194 on.
GfpLayout MakeLayoutOfEl5(bool no_oom) {
  GfpLayout layout = MakeLayout(GfpVersion(2, 6, 18));
  layout.releases = no_oom ? "EL5 from build 194 on" : "EL5 before build 194";
  if (no_oom) layout.bits.at(18) = "NO_OOM";
  layout.names.clear();
  AddNames(GfpVersion(2, 6, 18), layout);
  for (GfpLayout::Name& name : layout.names) {
    if (name.name == "GFP_ATOMIC") name.mask = *MaskOfBits("HIGH|NOWARN", layout);
  }
  return layout;
}

GfpLayout MakeLayoutOfEl7() {
  GfpLayout layout = MakeLayout(GfpVersion(3, 10));
  *std::find(layout.bits.begin(), layout.bits.end(), "KMEMCG") = "ACCOUNT";
  layout.releases = "EL7";
  layout.names.clear();
  AddNames(GfpVersion(3, 10), layout);
  const uint32_t mask = *MaskOfBits("RECLAIM|IO|FS|ACCOUNT", layout);
  const auto kernel = std::find_if(layout.names.begin(), layout.names.end(),
                                   [](const auto& name) { return name.name == "GFP_KERNEL"; });
  layout.names.insert(kernel, {mask, "GFP_KERNEL_ACCOUNT"});
  return layout;
}

// Contradictions that no caller means: include/linux/gfp.h, GFP_ZONE_BAD and
// gfpflags_to_migratetype(); reclaim without which __GFP_IO and __GFP_FS do nothing.
int Oddities(uint32_t mask, const GfpLayout& layout) {
  const auto has = [&](std::string_view terms) {
    const std::optional<uint32_t> bits = MaskOfBits(terms, layout);
    return bits && (mask & *bits) == *bits;
  };
  uint32_t used = 0;
  for (std::size_t bit = 0; bit < layout.bits.size(); ++bit) {
    if (!layout.bits[bit].empty()) used |= uint32_t{1} << bit;
  }
  const bool splits = MaskOfBits("KSWAPD_RECLAIM", layout).has_value();
  const bool sleeps = has("WAIT") || has("DIRECT_RECLAIM");
  int odd = (mask & ~used) != 0 ? kGfpNonsense : 0;
  if (std::popcount(mask & 7U) > 1 || has("MOVABLE|RECLAIMABLE")) odd += kGfpNonsense;
  if (has("FS") && !has("IO")) odd += kGfpNonsense;
  // Transparent huge pages clear the reclaim bits of a mask that has __GFP_IO and __GFP_FS.
  if (has("IO") && !sleeps && !has("KSWAPD_RECLAIM")) {
    odd += has("NOMEMALLOC|COMP") ? 0 : kGfpNonsense;
  }
  if (has("ATOMIC") && (sleeps || !has("HIGH"))) odd += 4;
  if (splits && !has("KSWAPD_RECLAIM")) odd += has("NOMEMALLOC|COMP") ? 1 : 3;
  for (const std::string_view rare :
       {"NOFAIL", "MEMALLOC", "NO_GROW", "OTHER_NODE", "NO_OBJ_EXT"}) {
    if (has(rare)) odd += 2;
  }
  if (has("MEMALLOC|NOMEMALLOC") || has("NORETRY|NOFAIL")) odd += 3;
  const std::size_t names = GfpNames(mask, layout).size();
  return odd + (names > 1 ? static_cast<int>(names) - 1 : 0);
}

}  // namespace

const std::vector<GfpLayout>& GfpLayouts() {
  static const std::vector<GfpLayout> kLayouts = MakeLayouts();
  return kLayouts;
}

const GfpLayout* FindGfpLayout(const KernelVersion& kernel) {
  if (!kernel.known()) return nullptr;
  static const GfpLayout kEl5 = MakeLayoutOfEl5(false);
  static const GfpLayout kEl5NoOom = MakeLayoutOfEl5(true);
  static const GfpLayout kEl7 = MakeLayoutOfEl7();
  if (kernel.el == 5) return kernel.el_build >= kEl5Build194 ? &kEl5NoOom : &kEl5;
  if (kernel.el == 7 && kernel.el_build >= 1160) return &kEl7;
  const int version = VersionOf(kernel);
  const GfpLayout* found = &GfpLayouts().front();
  for (const GfpLayout& layout : GfpLayouts()) {
    const KernelVersion& first = layout.first;
    if (GfpVersion(first.major, first.minor, first.patch) <= version) found = &layout;
  }
  return found;
}

std::vector<GfpCandidate> RankGfpLayouts(uint32_t mask) {
  std::vector<GfpCandidate> ranked;
  for (const GfpLayout& layout : GfpLayouts()) ranked.push_back({&layout, Oddities(mask, layout)});
  std::reverse(ranked.begin(), ranked.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const GfpCandidate& a, const GfpCandidate& b) {
    return a.oddities < b.oddities;
  });
  return ranked;
}

std::optional<GfpReleases> ReleasesOf(int64_t mask, std::string_view names) {
  constexpr KernelVersion kPrintsNames = {.major = 4, .minor = 6};
  const std::vector<std::string> printed = SplitGfpNames(names);
  if (printed.empty() || mask < 0) return std::nullopt;
  std::optional<GfpReleases> found;
  for (const GfpLayout& layout : GfpLayouts()) {
    if (layout.next.Below(kPrintsNames.major, kPrintsNames.minor + 1)) continue;
    if (GfpNames(static_cast<uint64_t>(mask), layout) != printed) continue;
    if (!found) found.emplace().first = layout.first;
    found->next = layout.next;
  }
  return found;
}

std::vector<std::string> GfpNames(uint64_t mask, const GfpLayout& layout) {
  std::vector<std::string> names;
  for (const GfpLayout::Name& name : layout.names) {
    if ((mask & name.mask) != name.mask) continue;
    names.push_back(name.name);
    mask &= ~uint64_t{name.mask};
  }
  if (mask != 0) names.push_back(fmt::format("{:#x}", mask));
  return names;
}

Result<uint32_t> GfpMask(std::string_view names, const GfpLayout& layout) {
  constexpr std::size_t kShown = 40;  // no name is longer
  uint32_t mask = 0;
  for (const std::string& name : SplitGfpNames(names)) {
    std::string_view number = name;
    if (ConsumePrefix(number, "0x")) {
      const std::optional<int64_t> value = ParseHex(number);
      if (!value || *value < 0 || *value > UINT32_MAX)
        return Fail(fmt::format("{} is no number of at most 32 bits",
                                EscapeForTerminal(name.substr(0, kShown))));
      mask |= static_cast<uint32_t>(*value);
      continue;
    }
    std::optional<uint32_t> bits;
    for (const GfpLayout::Name& known : layout.names) {
      if (known.name == name) bits = known.mask;
    }
    std::string_view bit = name;
    if (!bits && ConsumePrefix(bit, kPrefix)) bits = MaskOfBits(bit, layout);
    if (!bits && name == "GFP_NOWAIT") bits = 0;  // until 4.3 it is GFP_ATOMIC without __GFP_HIGH
    if (!bits) {
      return Fail(fmt::format("kernels {} have no {}", layout.releases,
                              EscapeForTerminal(name.substr(0, kShown))));
    }
    mask |= *bits;
  }
  return mask;
}

std::vector<std::string> SplitGfpNames(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty()) {
    const std::size_t bar = names.find('|');
    const std::string_view name = TrimBlanks(names.substr(0, bar));
    if (!name.empty()) parts.emplace_back(name);
    names.remove_prefix(bar == std::string_view::npos ? names.size() : bar + 1);
  }
  return parts;
}

std::vector<std::string> GfpParts(std::string_view name, const GfpLayout* layout) {
  // Without a release: that of 5.1, in the middle of those that print names.
  static const GfpLayout* const kUsual = FindGfpLayout({.major = 5, .minor = 1});
  if (layout == nullptr) layout = kUsual;
  std::optional<uint32_t> mask;
  for (const GfpLayout::Name& known : layout->names) {
    if (known.name == name) mask = known.mask;
  }
  std::string_view bit = name;
  if (!mask && ConsumePrefix(bit, kPrefix)) return {std::string(bit)};
  std::vector<std::string> parts;
  for (std::size_t i = 0; mask && i < layout->bits.size(); ++i) {
    if ((*mask >> i & 1U) != 0) parts.emplace_back(layout->bits[i]);
  }
  if (mask) return parts;
  for (const GfpCompositeRow& row : kGfpCompositeRows) {
    if (row.name == name) return GfpParts(name, FindGfpLayout(ToVersion(row.since)));
  }
  return {};
}

}  // namespace kautopsy
