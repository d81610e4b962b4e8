#include "reports/diagnosis/wording.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/watermark.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

std::string StepWords(const ZoneCheck& check) {
  std::string words;
  if (check.cma_back_pages > 0 && !check.steps.empty())
    words = fmt::format(", with {} of CMA again", Thousands(check.cma_back_pages));
  const std::string back = words;
  int64_t taken = 0;
  for (const LoopStep& step : check.steps) {
    taken += step.taken_pages;
    words =
        fmt::format("{}, less {} pages in pieces that are too small = {} {} {}", back,
                    Thousands(taken), Thousands(step.left_pages),
                    step.left_pages > step.wanted_pages ? ">" : "<=", Thousands(step.wanted_pages));
  }
  return words;
}

}  // namespace

std::string HostName(const IncidentFacts& facts) { return facts.host.value_or("the machine"); }

std::string OnDayHost(const IncidentFacts& facts, const EventFacts& event) {
  const std::string day = DayText(event);
  const std::string host = HostName(facts);
  if (day.empty()) return facts.host ? host : "The machine";
  return fmt::format("{} {}", StartOnDay(day), host);
}

std::string PieceWords(int order, int64_t page_kb) {
  const std::string size = PieceSize(page_kb << order);
  if (order == 0) return fmt::format("one page of {} [order 0]", size);
  return fmt::format("{} in one piece [order {}]", size, order);
}

std::string GfpWords(const Integer& mask, const GfpMeaning& gfp) {
  const std::string names = JoinNames(gfp);
  if (!mask) return names.empty() ? "?" : names;
  return fmt::format("{:#x} [{}]", static_cast<uint64_t>(*mask),
                     names.empty() ? "no flags" : names);
}

std::string TimesMinWords(const ZoneFacts& zone) {
  if (*zone.free_kb < *zone.min_kb)
    return PercentNumber(static_cast<double>(*zone.free_kb), static_cast<double>(*zone.min_kb)) +
           " % of min";
  return Thousands((*zone.free_kb + *zone.min_kb / 2) / *zone.min_kb) + " x min";
}

std::optional<int> LargestCommonOrder(const ZoneFacts& zone) {
  std::optional<int> largest;
  for (const FreeCell& cell : zone.cells) {
    if (cell.count > 0 && cell.migrate_types != "H" && !IsIsolated(cell)) largest = cell.order;
  }
  return largest;
}

std::optional<int> LargestPiece(const EventFacts& event) {
  std::optional<int> largest;
  for (std::size_t i = 0; i < event.zones.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    const bool passes =
        event.rerun && i < event.rerun->checks.size() && PassesFirstTest(event.rerun->checks[i]);
    const std::optional<int> order = LargestOrder(zone);
    if ((passes || IsOrdinaryZone(zone.zone)) && order)
      largest = std::max(largest.value_or(0), *order);
  }
  return largest;
}

std::string PieceRange(const EventFacts& event) {
  const std::optional<int> largest = LargestPiece(event);
  const int64_t page_kb = event.page_kb();
  if (!largest) return "";
  if (*largest == 0) return PieceSize(page_kb);
  if (*largest == 1) return fmt::format("{} and {}", page_kb, PieceSize(page_kb * 2));
  return fmt::format("{} to {}", PieceSize(page_kb), PieceSize(page_kb << *largest));
}

std::string CheckName(const ZoneCheck& check) {
  return check.node ? fmt::format("node {} {}", *check.node, check.zone) : check.zone;
}

std::string LeftOutWords(const ZoneCheck& check) {
  std::vector<std::string> words;
  if (check.atomic_pages.value_or(0) > 0) {
    words.push_back(
        fmt::format("{} kept for atomic requests [highatomic]", Thousands(*check.atomic_pages)));
  }
  if (check.cma_pages.value_or(0) > 0)
    words.push_back(fmt::format("{} set aside for devices [CMA]", Thousands(*check.cma_pages)));
  if (check.isolated_pages > 0) {
    words.push_back(fmt::format("{} being taken away [isolate]", Thousands(check.isolated_pages)));
  }
  return words.empty() ? "" : "without " + JoinWords(words);
}

std::string MarkWords(const ZoneCheck& check) {
  if (!check.min_pages || !check.mark_pages || check.discounts.empty()) return "";
  std::string words = "min " + Thousands(*check.min_pages);
  for (const MarkDiscount& discount : check.discounts)
    words += fmt::format(" - {} [{}]", Thousands(discount.pages), discount.why);
  return fmt::format("{} = {}", words, Thousands(*check.mark_pages));
}

std::string CheckWords(const ZoneCheck& check) {
  if (!check.usable_pages || !check.mark_pages)
    return fmt::format("{}: {}", CheckName(check), check.reason);
  const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
  const std::string left_out = LeftOutWords(check);
  std::string sum = fmt::format(
      "{}{} {} {}", Thousands(*check.usable_pages), left_out.empty() ? "" : " (" + left_out + ")",
      *check.usable_pages > wanted ? ">" : "<=", Thousands(*check.mark_pages));
  if (check.reserve_pages.value_or(0) > 0)
    sum += fmt::format(" + {}", Thousands(*check.reserve_pages));
  const std::string mark = MarkWords(check);
  if (!mark.empty()) sum += " (" + mark + ")";
  return fmt::format("{}: {}{}: {}", CheckName(check), sum, StepWords(check), check.reason);
}

std::string LastTryWords(const ZoneCheck& check) {
  if (!check.last_try_pages || !check.high_pages) return "";
  const int64_t wanted = *check.high_pages + check.reserve_pages.value_or(0);
  const std::string without_cma =
      check.last_try_cma_pages > 0
          ? fmt::format(" (without {} of CMA)", Thousands(check.last_try_cma_pages))
          : std::string();
  std::string words = fmt::format(
      "{}: {}{} {} {} [high]", CheckName(check), Thousands(*check.last_try_pages), without_cma,
      *check.last_try_pages > wanted ? ">" : "<=", Thousands(*check.high_pages));
  if (check.reserve_pages.value_or(0) > 0)
    words += fmt::format(" + {} [lowmem_reserve]", Thousands(*check.reserve_pages));
  return words;
}

std::string NothingSpareWords(const EventFacts& event) {
  const bool above_min = event.rerun->single_served != false;
  std::string words = above_min ? "No zone that the request may use lay above its high mark, by "
                                  "which the kernel tests once more before it kills:"
                                : "No zone that the request may use had memory to spare:";
  for (const ZoneCheck& check : event.rerun->checks) {
    if (!check.eligible) continue;
    const std::string last = above_min ? LastTryWords(check) : "";
    words += " " + (last.empty() ? CheckWords(check) : last) + ".";
  }
  return words;
}

std::string_view FreeFrom(const ZoneCheck& check) {
  if (!check.free_pages) return "";
  return check.from_list ? "list" : "counter";
}

std::string_view VerdictCode(const ZoneCheck& check, bool assumed) {
  if (check.verdict == ZoneVerdict::kUnknown) return "unknown";
  if (check.verdict == ZoneVerdict::kNotServed) return "not_served";
  return assumed ? "served" : "would_pass_now";
}

std::string WaitText(int64_t ms) {
  constexpr double kMsPerSecond = 1000;
  return fmt::format("{:.1f} s", static_cast<double>(ms) / kMsPerSecond);
}

std::string JoinWords(const std::vector<std::string>& words) {
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) joined += i + 1 == words.size() ? " and " : ", ";
    joined += words[i];
  }
  return joined;
}

}  // namespace kautopsy
