#include "reports/diagnosis/gfp.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"

namespace kautopsy {
namespace {

// Names of the bits from bit 0 on, and the composites by which the kernel calls common masks, the
// largest first. Sources: include/linux/gfp.h of the named versions; since 4.6 also
// include/trace/events/mmflags.h, whose order of composites is followed.
struct Composite {
  int64_t mask;
  std::string_view name;
};

struct Layout {
  std::array<std::string_view, 28> bits;
  std::span<const Composite> composites;
};

constexpr Composite kOldComposites[] = {
    {0x4352da, "GFP_TRANSHUGE"}, {0x200da, "GFP_HIGHUSER_MOVABLE"},
    {0x200d2, "GFP_HIGHUSER"},   {0x200d0, "GFP_USER"},
    {0x800d0, "GFP_TEMPORARY"},  {0xd0, "GFP_KERNEL"},
    {0x50, "GFP_NOFS"},          {0x20, "GFP_ATOMIC"},
    {0x10, "GFP_NOIO"}};
constexpr Layout kLayout2631 = {
    {"DMA",     "HIGHMEM",   "DMA32",      "MOVABLE",  "WAIT",     "HIGH",        "IO",
     "FS",      "COLD",      "NOWARN",     "REPEAT",   "NOFAIL",   "NORETRY",     "MEMALLOC",
     "COMP",    "ZERO",      "NOMEMALLOC", "HARDWALL", "THISNODE", "RECLAIMABLE", "",
     "NOTRACK", "NO_KSWAPD", "OTHER_NODE", "WRITE"},
    kOldComposites};

constexpr Composite kOldestComposites[] = {{0x1200d2, "GFP_HIGHUSER_MOVABLE"},
                                           {0x200d2, "GFP_HIGHUSER"},
                                           {0x200d0, "GFP_USER"},
                                           {0xd0, "GFP_KERNEL"},
                                           {0x50, "GFP_NOFS"},
                                           {0x20, "GFP_ATOMIC"},
                                           {0x10, "GFP_NOIO"}};
constexpr Layout kLayout2618 = {
    {"DMA",  "HIGHMEM", "DMA32",      "",         "WAIT",     "HIGH",        "IO",
     "FS",   "COLD",    "NOWARN",     "REPEAT",   "NOFAIL",   "NORETRY",     "NO_GROW",
     "COMP", "ZERO",    "NOMEMALLOC", "HARDWALL", "THISNODE", "RECLAIMABLE", "MOVABLE"},
    kOldestComposites};

constexpr Composite k44Composites[] = {
    {0x24200ca, "GFP_HIGHUSER_MOVABLE"}, {0x24200c2, "GFP_HIGHUSER"}, {0x24200c0, "GFP_USER"},
    {0x25000c0, "GFP_KERNEL_ACCOUNT"},   {0x24000c0, "GFP_KERNEL"},   {0x2400040, "GFP_NOFS"},
    {0x2080020, "GFP_ATOMIC"},           {0x2400000, "GFP_NOIO"},     {0x2000000, "GFP_NOWAIT"}};
constexpr Layout kLayout44 = {
    {"DMA",     "HIGHMEM",        "DMA32",      "MOVABLE",  "RECLAIMABLE",   "HIGH",    "IO",
     "FS",      "COLD",           "NOWARN",     "REPEAT",   "NOFAIL",        "NORETRY", "MEMALLOC",
     "COMP",    "ZERO",           "NOMEMALLOC", "HARDWALL", "THISNODE",      "ATOMIC",  "ACCOUNT",
     "NOTRACK", "DIRECT_RECLAIM", "OTHER_NODE", "WRITE",    "KSWAPD_RECLAIM"},
    k44Composites};

constexpr Composite k410Composites[] = {
    {0x14200ca, "GFP_HIGHUSER_MOVABLE"}, {0x14200c2, "GFP_HIGHUSER"}, {0x14200c0, "GFP_USER"},
    {0x15000c0, "GFP_KERNEL_ACCOUNT"},   {0x14000c0, "GFP_KERNEL"},   {0x1400040, "GFP_NOFS"},
    {0x1080020, "GFP_ATOMIC"},           {0x1400000, "GFP_NOIO"},     {0x1000000, "GFP_NOWAIT"}};
constexpr Layout kLayout410 = {{"DMA",
                                "HIGHMEM",
                                "DMA32",
                                "MOVABLE",
                                "RECLAIMABLE",
                                "HIGH",
                                "IO",
                                "FS",
                                "COLD",
                                "NOWARN",
                                "RETRY_MAYFAIL",
                                "NOFAIL",
                                "NORETRY",
                                "MEMALLOC",
                                "COMP",
                                "ZERO",
                                "NOMEMALLOC",
                                "HARDWALL",
                                "THISNODE",
                                "ATOMIC",
                                "ACCOUNT",
                                "NOTRACK",
                                "DIRECT_RECLAIM",
                                "WRITE",
                                "KSWAPD_RECLAIM",
                                "NOLOCKDEP"},
                               k410Composites};

constexpr Composite k418Composites[] = {
    {0x6200ca, "GFP_HIGHUSER_MOVABLE"}, {0x6200c2, "GFP_HIGHUSER"}, {0x6200c0, "GFP_USER"},
    {0x7000c0, "GFP_KERNEL_ACCOUNT"},   {0x6000c0, "GFP_KERNEL"},   {0x600040, "GFP_NOFS"},
    {0x480020, "GFP_ATOMIC"},           {0x600000, "GFP_NOIO"},     {0x400000, "GFP_NOWAIT"}};
constexpr Layout kLayout418 = {
    {"DMA",      "HIGHMEM",  "DMA32",   "MOVABLE",        "RECLAIMABLE",    "HIGH",
     "IO",       "FS",       "WRITE",   "NOWARN",         "RETRY_MAYFAIL",  "NOFAIL",
     "NORETRY",  "MEMALLOC", "COMP",    "ZERO",           "NOMEMALLOC",     "HARDWALL",
     "THISNODE", "ATOMIC",   "ACCOUNT", "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "NOLOCKDEP"},
    k418Composites};

constexpr Composite k51Composites[] = {{0x100cca, "GFP_HIGHUSER_MOVABLE"},
                                       {0x100cc2, "GFP_HIGHUSER"},
                                       {0x100cc0, "GFP_USER"},
                                       {0x400cc0, "GFP_KERNEL_ACCOUNT"},
                                       {0xcc0, "GFP_KERNEL"},
                                       {0xc40, "GFP_NOFS"},
                                       {0xa20, "GFP_ATOMIC"},
                                       {0x820, "GFP_ATOMIC"},
                                       {0xc00, "GFP_NOIO"},
                                       {0x800, "GFP_NOWAIT"}};
constexpr Layout kLayout51 = {
    {"DMA",   "HIGHMEM",    "DMA32",         "MOVABLE",  "RECLAIMABLE",    "HIGH",
     "IO",    "FS",         "ZERO",          "ATOMIC",   "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
     "WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",        "MEMALLOC",
     "COMP",  "NOMEMALLOC", "HARDWALL",      "THISNODE", "ACCOUNT"},
    k51Composites};

// What a name allows. Composites are the sums of include/linux/gfp.h (gfp_types.h since 6.0).
struct NameMeaning {
  std::string_view name;
  bool GfpMeaning::*flags[5];
};

constexpr auto kReclaim = &GfpMeaning::may_reclaim;
constexpr NameMeaning kNameMeanings[] = {
    {"GFP_TRANSHUGE", {kReclaim, &GfpMeaning::fs, &GfpMeaning::movable, &GfpMeaning::no_memalloc}},
    {"GFP_TRANSHUGE_LIGHT", {&GfpMeaning::fs, &GfpMeaning::movable, &GfpMeaning::no_memalloc}},
    {"GFP_HIGHUSER_MOVABLE", {kReclaim, &GfpMeaning::fs, &GfpMeaning::movable}},
    {"GFP_HIGHUSER", {kReclaim, &GfpMeaning::fs}},
    {"GFP_USER", {kReclaim, &GfpMeaning::fs}},
    {"GFP_TEMPORARY", {kReclaim, &GfpMeaning::fs}},
    {"GFP_KERNEL_ACCOUNT", {kReclaim, &GfpMeaning::fs}},
    {"GFP_KERNEL", {kReclaim, &GfpMeaning::fs}},
    {"GFP_NOFS", {kReclaim}},
    {"GFP_NOIO", {kReclaim}},
    {"GFP_ATOMIC", {&GfpMeaning::high, &GfpMeaning::atomic}},
    {"__GFP_WAIT", {kReclaim}},
    {"__GFP_RECLAIM", {kReclaim}},
    {"__GFP_DIRECT_RECLAIM", {kReclaim}},
    {"__GFP_HIGH", {&GfpMeaning::high}},
    {"__GFP_ATOMIC", {&GfpMeaning::atomic}},
    {"__GFP_FS", {&GfpMeaning::fs}},
    {"__GFP_MOVABLE", {&GfpMeaning::movable}},
    {"__GFP_THISNODE", {&GfpMeaning::this_node}},
    {"__GFP_NOMEMALLOC", {&GfpMeaning::no_memalloc}},
    {"__GFP_NOFAIL", {&GfpMeaning::no_fail}},
    {"__GFP_NORETRY", {&GfpMeaning::gives_up}},
    {"__GFP_RETRY_MAYFAIL", {&GfpMeaning::gives_up}},
    {"__GFP_REPEAT", {&GfpMeaning::gives_up}}};

// By base version; Red Hat's backports keep the layout of their base.
const Layout& LayoutOf(const KernelVersion& kernel, int64_t mask) {
  if (kernel.AtLeast(5, 1)) return kLayout51;
  if (kernel.AtLeast(4, 18)) return kLayout418;
  if (kernel.AtLeast(4, 10)) return kLayout410;
  if (kernel.AtLeast(4, 4)) return kLayout44;
  if (kernel.AtLeast(2, 6, 31)) return kLayout2631;
  if (kernel.known()) return kLayout2618;
  // Without a release: the reclaim bits that practically every mask holds tell the layouts apart.
  if ((mask & 0x2000000) != 0) return kLayout44;
  if ((mask & 0x1000000) != 0) return kLayout410;
  if ((mask & 0x600000) != 0 && (mask & 0xc10) == 0) return kLayout418;
  if ((mask & 0xc00) != 0 && (mask & 0x10) == 0) return kLayout51;
  return kLayout2631;
}

std::vector<std::string> NamesOf(int64_t mask, const Layout& layout) {
  std::vector<std::string> names;
  for (const Composite& composite : layout.composites) {
    if ((mask & composite.mask) != composite.mask) continue;
    names.emplace_back(composite.name);
    mask &= ~composite.mask;
    break;
  }
  for (std::size_t bit = 0; bit < layout.bits.size(); ++bit) {
    const int64_t value = int64_t{1} << bit;
    if ((mask & value) == 0 || layout.bits[bit].empty()) continue;
    const bool zone = bit == 0 || bit == 2;  // printed as GFP_DMA and GFP_DMA32
    names.push_back(fmt::format("{}GFP_{}", zone ? "" : "__", layout.bits[bit]));
    mask &= ~value;
  }
  if (mask != 0) names.push_back(fmt::format("{:#x}", static_cast<uint64_t>(mask)));
  return names;
}

std::vector<std::string> SplitNames(std::string_view printed) {
  std::vector<std::string> names;
  while (!printed.empty()) {
    const std::size_t bar = printed.find('|');
    const std::string_view name = TrimBlanks(printed.substr(0, bar));
    if (!name.empty()) names.emplace_back(name);
    printed.remove_prefix(bar == std::string_view::npos ? printed.size() : bar + 1);
  }
  return names;
}

// gfp_zone() of include/linux/gfp.h: zone Movable needs both __GFP_HIGHMEM and __GFP_MOVABLE.
HighestZone HighestOf(const std::vector<std::string>& names) {
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has("GFP_DMA") || has("__GFP_DMA")) return HighestZone::kDma;
  if (has("GFP_DMA32") || has("__GFP_DMA32")) return HighestZone::kDma32;
  if (has("GFP_HIGHUSER_MOVABLE") || has("GFP_TRANSHUGE") || has("GFP_TRANSHUGE_LIGHT")) {
    return HighestZone::kMovable;
  }
  const bool highmem = has("GFP_HIGHUSER") || has("__GFP_HIGHMEM");
  if (highmem && has("__GFP_MOVABLE")) return HighestZone::kMovable;
  return highmem ? HighestZone::kHighMem : HighestZone::kNormal;
}

}  // namespace

std::optional<GfpMeaning> ReadGfp(const Integer& mask, const Text& printed_names,
                                  const KernelVersion& kernel) {
  GfpMeaning meaning;
  if (printed_names && !printed_names->empty())
    meaning.names = SplitNames(*printed_names);
  else if (mask)
    meaning.names = NamesOf(*mask, LayoutOf(kernel, *mask));
  else
    return std::nullopt;
  meaning.highest = HighestOf(meaning.names);
  for (const std::string& name : meaning.names) {
    for (const NameMeaning& known : kNameMeanings) {
      if (known.name != name) continue;
      for (bool GfpMeaning::*const flag : known.flags) {
        if (flag) meaning.*flag = true;
      }
    }
  }
  return meaning;
}

std::string JoinNames(const GfpMeaning& meaning) {
  return fmt::format("{}", fmt::join(meaning.names, "|"));
}

}  // namespace kautopsy
