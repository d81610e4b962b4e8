#include "reports/diagnosis/call_sites.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace kautopsy {
namespace {

struct OpenPattern {
  std::string_view words;  // without its '*'
  bool open_front = false;
  bool open_back = false;
  const CallSite* site = nullptr;
};

// Most patterns are whole names, so they are looked up at once; a storm has many traces.
struct SiteIndex {
  std::unordered_map<std::string_view, std::vector<const CallSite*>> exact;
  std::vector<OpenPattern> open;
};

void AddPattern(SiteIndex& index, std::string_view pattern, const CallSite& site) {
  OpenPattern open{pattern, pattern.starts_with('*'), pattern.ends_with('*'), &site};
  if (!open.open_front && !open.open_back) {
    index.exact[pattern].push_back(&site);
    return;
  }
  if (open.open_front) open.words.remove_prefix(1);
  if (open.open_back) open.words.remove_suffix(1);
  index.open.push_back(open);
}

void AddSites(SiteIndex& index, std::span<const CallSite> sites) {
  for (const CallSite& site : sites) {
    std::string_view rest = site.symbols;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) AddPattern(index, rest.substr(0, end), site);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

const SiteIndex& Index() {
  static const SiteIndex kIndex = [] {
    SiteIndex index;
    AddSites(index, NetworkSites());
    AddSites(index, MemorySites());
    AddSites(index, GuestSites());
    AddSites(index, DeviceSites());
    return index;
  }();
  return kIndex;
}

bool Matches(const OpenPattern& pattern, std::string_view symbol) {
  if (pattern.open_front && pattern.open_back)
    return symbol.find(pattern.words) != std::string_view::npos;
  return pattern.open_front ? symbol.ends_with(pattern.words) : symbol.starts_with(pattern.words);
}

bool Applies(const CallSite& site, int order, const KernelVersion& kernel) {
  if (order < site.least_order) return false;
  const KernelBound& from = site.from;
  const KernelBound& below = site.below;
  if (from.major > 0 && !kernel.AtLeast(from.major, from.minor, from.patch)) return false;
  return below.major == 0 || kernel.Below(below.major, below.minor, below.patch);
}

}  // namespace

std::string_view HarmName(Harm harm) {
  switch (harm) {
    case Harm::kHarmless:
      return "harmless";
    case Harm::kDegraded:
      return "degraded";
    case Harm::kFatal:
      return "fatal";
  }
  return "degraded";
}

std::string_view PlainSymbol(std::string_view symbol) {
  constexpr std::string_view kNoProfile = "_noprof";  // include/linux/alloc_tag.h, since 6.10
  symbol = symbol.substr(0, symbol.find('.'));
  if (symbol.ends_with(kNoProfile)) symbol.remove_suffix(kNoProfile.size());
  return symbol;
}

const CallSite* FindCallSite(std::string_view symbol, int order, const KernelVersion& kernel) {
  const SiteIndex& index = Index();
  const auto exact = index.exact.find(symbol);
  if (exact != index.exact.end()) {
    for (const CallSite* const site : exact->second) {
      if (Applies(*site, order, kernel)) return site;
    }
  }
  for (const OpenPattern& pattern : index.open) {
    if (Matches(pattern, symbol) && Applies(*pattern.site, order, kernel)) return pattern.site;
  }
  return nullptr;
}

}  // namespace kautopsy
