#include "reports/diagnosis/call_words.h"

#include <fmt/core.h>

#include "reports/diagnosis/min_free.h"

namespace kautopsy {

Severity HarmSeverity(const CallPath& path) {
  if (path.harm == Harm::kHarmless) return Severity::kInfo;
  return path.harm == Harm::kFatal ? Severity::kMajor : Severity::kMinor;
}

std::string HarmlessWords(const CallPath& path) {
  if (path.harm != Harm::kHarmless) return "";
  if (path.dying) return "; harmless: the OOM killer had killed it before";
  if (path.large_first) return "; harmless: single pages are asked for behind it";
  const bool by_mode = !path.site || path.site->harm != Harm::kHarmless;
  return fmt::format("; harmless: {}", by_mode ? "the caller takes another way" : path.site->lost);
}

std::string SiteWords(const CallPath& path, int order) {
  if (path.wanted.empty()) return "";
  std::string words = "It was for " + path.wanted;
  if (path.site) words += fmt::format(" [{}]", path.symbol);
  if (path.site && order > 0 && !path.site->size.empty())
    words += fmt::format(": {}", path.site->size);
  if (path.all_unreliable) words += "; all frames are marked ?, so this is a guess";
  return words + ".";
}

std::optional<Advice> SiteAdvice(const IncidentFacts& facts, const EventFacts& event,
                                 const CallPath& path) {
  if (path.dying || !path.site || path.site->act.empty()) return std::nullopt;
  if (path.site->act.find("vm.min_free_kbytes") != std::string_view::npos)
    return RaiseMinFree(facts, event);
  const CallSite& site = *path.site;
  Advice advice{std::string(site.act), std::string(site.act_why), std::string(site.risk),
                std::string(site.check)};
  advice.for_now = site.act.starts_with("echo 1 >/proc/sys/vm/compact_memory");
  constexpr std::string_view kCard = "IF = the card";
  if (path.transmit && path.copies_packet && advice.act.ends_with(kCard))
    advice.act.replace(advice.act.size() - kCard.size(), kCard.size(),
                       fmt::format("IF = the {} card", path.driver));
  return advice;
}

}  // namespace kautopsy
