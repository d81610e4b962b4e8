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
  if (!text.empty()) lists.pages = 0;
  return lists;
}

bool ParsePerCpuPages(std::string_view text, Integer& pages) {
  if (text.starts_with("cpu ")) {
    static const LogPattern kOld(
        R"(cpu \d+ (?:hot|cold): (?:low \d+, )?high \d+, batch \d+(?: used:(\d+))?)");
    const auto groups = MatchAll<1>(text, kOld);
    if (groups && !(*groups)[0].empty()) pages = PagesOf((*groups)[0]);
    return groups.has_value();
  }
  if (!text.starts_with("CPU ")) return false;
  static const LogPattern kPattern(R"re(CPU +\d+: (?:Hot: )?hi: *\d+, btch: *\d+ usd: *(\d+))re"
                                   R"re((?: +Cold: hi: *\d+, btch: *\d+ usd: *(\d+))?.*)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return false;
  const auto& [hot, cold] = *groups;
  pages = PagesOf(hot) + PagesOf(cold);
  return true;
}

}  // namespace kautopsy
