#include "parsers/kernel/per_cpu.h"

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/limits.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

int64_t PagesOf(std::string_view number) {
  const int64_t pages = ParseInteger(number).value_or(0);
  return pages >= 0 && pages <= kMaxPages ? pages : 0;
}

}  // namespace

std::optional<PerCpuLists> ParsePerCpuHead(std::string_view text) {
  PerCpuLists lists;
  lists.node = ConsumeNode(text);
  lists.zone = ConsumeZoneName(text);
  if (lists.zone.empty() || !ConsumePrefix(text, " per-cpu:")) return std::nullopt;
  text = TrimBlanks(text);
  if (!text.empty() && text != "empty") return std::nullopt;
  return lists;
}

Integer ParsePerCpuPages(std::string_view text) {
  if (text.starts_with("cpu ")) {
    static const LogPattern kOld(R"(cpu \d+ (?:hot|cold): high \d+, batch \d+ used:(\d+))");
    const auto groups = MatchAll<1>(text, kOld);
    return groups ? Integer(PagesOf((*groups)[0])) : std::nullopt;
  }
  if (!text.starts_with("CPU ")) return std::nullopt;
  static const LogPattern kPattern(R"re(CPU +\d+: (?:Hot: )?hi: *\d+, btch: *\d+ usd: *(\d+))re"
                                   R"re((?: +Cold: hi: *\d+, btch: *\d+ usd: *(\d+))?.*)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [hot, cold] = *groups;
  return PagesOf(hot) + PagesOf(cold);
}

}  // namespace kautopsy
