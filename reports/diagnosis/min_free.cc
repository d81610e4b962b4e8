#include "reports/diagnosis/min_free.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/missing_zones.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/zone_terms.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr const char* kCheck = "grep -c 'page allocation failure' LOG";
constexpr const char* kRisk =
    "less memory for programs; far too much of it makes the machine kill at once";
// mm/khugepaged.c, set_recommended_min_free_kbytes(): "don't ever allow to reserve more than 5% of
// the lowmem".
constexpr int64_t kLargestShare = 20;
// 0.5 % of RAM, the lower end of what operators settle on.
constexpr int64_t kUsualShare = 200;
constexpr int64_t kKbPerMib = 1024;

// What the setting is shared out among: RAM, or where there is HighMem the zones below it; 0 if
// that is not in the text.
int64_t LowMemoryKb(const IncidentFacts& facts, const EventFacts& event) {
  int64_t sum_kb = 0;
  bool high = LeftOutOf(event).above;
  for (const ZoneFacts& zone : event.zones) {
    high = high || zone.zone == "HighMem";
    const Integer size_kb = zone.managed_kb ? zone.managed_kb : zone.present_kb;
    if (zone.zone != "HighMem") sum_kb += size_kb.value_or(0);
  }
  return high ? sum_kb : RamKb(facts, event).value_or(sum_kb);
}

// A boost of the marks is no part of the setting.
std::string NowWords(const IncidentFacts& facts, const EventFacts& event, int64_t now_kb) {
  const KernelVersion kernel = KernelOf(facts, event);
  bool boosted = false;
  for (const ZoneFacts& zone : event.zones) {
    const Integer boost_kb = BoostKb(zone, kernel);
    if (!boost_kb)
      return fmt::format("at most {}, the sum of min: this kernel does not print the boost in it",
                         Thousands(now_kb));
    boosted = boosted || *boost_kb > 0;
  }
  return fmt::format("{} = sum of min{}", Thousands(now_kb), boosted ? " without its boost" : "");
}

const EventFacts* WithMarks(const IncidentFacts& facts, const EventFacts& event) {
  if (MinFreeKb(facts, event)) return &event;
  for (const EventFacts& other : facts.events) {
    if (MinFreeKb(facts, other)) return &other;
  }
  return nullptr;
}

}  // namespace

Integer MinFreeKb(const IncidentFacts& facts, const EventFacts& event) {
  PieceRequest any;
  any.gfp.highest = HighestZone::kMovable;
  if (event.rerun) any = event.rerun->request;
  const bool low_request = any.gfp.highest < HighestZone::kNormal;
  const LeftOut left_out = LeftOutOf(event);
  if (left_out.nodes || (left_out.above && low_request)) return std::nullopt;
  const KernelVersion kernel = KernelOf(facts, event);
  if (LacksZones(event, any, kernel)) return std::nullopt;
  Integer sum_kb;
  for (const ZoneFacts& zone : event.zones) {
    if (zone.zone == "HighMem") continue;
    if (!zone.min_kb) return std::nullopt;
    const int64_t boost_kb = BoostKb(zone, kernel).value_or(0);
    sum_kb = sum_kb.value_or(0) + std::max<int64_t>(0, *zone.min_kb - boost_kb);
  }
  return sum_kb.value_or(0) > 0 ? sum_kb : std::nullopt;
}

bool LacksOnlyPieces(const EventFacts& event) {
  constexpr int64_t kPlentyTimesMin = 4;  // kswapd stops at high, at most 3 x min by default
  if (!event.rerun || event.rerun->request.order == 0) return false;
  const std::vector<ZoneCheck>& checks = event.rerun->checks;
  return std::any_of(checks.begin(), checks.end(), [](const ZoneCheck& check) {
    return check.eligible && PassesFirstTest(check) &&
           *check.usable_pages - check.reserve_pages.value_or(0) >
               kPlentyTimesMin * check.min_pages.value_or(0);
  });
}

std::optional<Advice> RaiseMinFree(const IncidentFacts& facts, const EventFacts& event) {
  if (LacksOnlyPieces(event)) return std::nullopt;
  const EventFacts* const marks = WithMarks(facts, event);
  if (!marks) {
    return Advice{"if it recurs, vm.min_free_kbytes twice its present value",
                  "the reserve is what a request that must not wait lives on", kRisk, kCheck};
  }
  const int64_t now_kb = *MinFreeKb(facts, *marks);
  const int64_t low_kb = LowMemoryKb(facts, *marks);
  int64_t want_kb = std::max(2 * now_kb, low_kb / kUsualShare);
  if (low_kb > 0) want_kb = std::min(want_kb, low_kb / kLargestShare);
  if (want_kb >= kKbPerMib) want_kb = (want_kb + kKbPerMib - 1) / kKbPerMib * kKbPerMib;
  if (want_kb <= now_kb + now_kb / 4) return std::nullopt;
  Advice advice;
  advice.act =
      fmt::format("vm.min_free_kbytes={} (now {})", want_kb, NowWords(facts, *marks, now_kb));
  advice.why = "if it recurs; the reserve is what a request that must not wait lives on";
  if (low_kb > 0)
    advice.why += fmt::format(
        "; {} % of {}", PercentNumber(static_cast<double>(want_kb), static_cast<double>(low_kb)),
        SizeText(low_kb));
  advice.risk = fmt::format("{} less for programs; far too much makes the machine kill at once",
                            SizeText(want_kb - now_kb));
  advice.check = kCheck;
  return advice;
}

}  // namespace kautopsy
