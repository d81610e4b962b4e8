#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "reports/builder.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/min_free.h"
#include "reports/diagnosis/settings.h"
#include "reports/diagnosis/watermark.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

constexpr int64_t kKbPerGib = 1024 * 1024;
constexpr int64_t kHugePageKb = 2048;  // the size that the arithmetic below is for

Advice SmallerGuests(const BuildInput& input, const GuestSize& size, ReferenceList& references) {
  Advice advice;
  advice.act = fmt::format("guests of at most {} GiB each", size.gib_each);
  advice.why = fmt::format("(programs {} + free {} - {} reserve)/{}, all of one moment [{}]",
                           GibNumber(*size.moment->anon_kb), GibNumber(*size.moment->free_kb),
                           GibNumber(HostReserveKb(*input.facts.ram_kb)), size.guests,
                           SnapshotReference(references, *size.moment));
  advice.risk = "a guest runs short";
  advice.check = "`look` stays > 0";
  return advice;
}

// Only if the host was seen without huge pages of 2 MiB.
bool HugePagesUnused(const BuildInput& input) {
  return std::any_of(input.snapshots.begin(), input.snapshots.end(), [](const Snapshot& snapshot) {
    if (!snapshot.values || snapshot.machine == Machine::kOther) return false;
    const auto& values = snapshot.values->values;
    const auto total = values.find("HugePages_Total");
    return total != values.end() && total->second.value == 0 &&
           snapshot.values->ValueKb("Hugepagesize") == kHugePageKb;
  });
}

Advice HugePages(const GuestSize& size) {
  Advice advice;
  advice.act = fmt::format("guests in 2 MiB pages: vm.nr_hugepages={} at boot",
                           size.guests * size.gib_each * (kKbPerGib / kHugePageKb));
  advice.why = fmt::format("{} x {} GiB", size.guests, size.gib_each);
  advice.risk = "reserved even when a guest is off";
  advice.check = "HugePages_Free";
  return advice;
}

// The driver that wants a packet in one large piece.
Text CopyingDriver(const BuildInput& input) {
  for (const EventFacts& event : input.facts.events) {
    const CallPath path = event.refusal ? ReadCallPath(input.facts, event) : CallPath();
    if (path.transmit && path.copies_packet) return path.driver;
  }
  return std::nullopt;
}

Advice SmallerPackets(const std::string& driver) {
  Advice advice;
  advice.act = fmt::format("ethtool -K IF tso off gso off, IF = the {} card", driver);
  advice.why = "packets fit the MTU";
  advice.risk = "more CPU per packet";
  advice.check = "grep -c 'page allocation failure' LOG";
  return advice;
}

bool RefusedWithoutWaiting(const BuildInput& input) {
  return std::any_of(input.facts.events.begin(), input.facts.events.end(),
                     [&](const EventFacts& event) {
                       const std::optional<PieceRequest> request =
                           event.refusal ? RequestOf(input.facts, event) : std::nullopt;
                       return request && !request->gfp.may_reclaim;
                     });
}

Integer SumOfMin(const BuildInput& input) {
  for (const EventFacts& event : input.facts.events) {
    const Integer sum_kb = MinFreeKb(input.facts, event);
    if (sum_kb) return sum_kb;
  }
  return std::nullopt;
}

std::optional<Advice> LargerReserve(const BuildInput& input, ReferenceList& references) {
  const Integer now_kb = SumOfMin(input);
  if (!now_kb || !input.facts.ram_kb || !RefusedWithoutWaiting(input)) return std::nullopt;
  const int64_t want_kb = HostReserveKb(*input.facts.ram_kb);
  // On a small machine a whole GiB would itself be the shortage.
  constexpr int64_t kSmallestHost = 32;
  if (want_kb <= *now_kb || *input.facts.ram_kb < want_kb * kSmallestHost) return std::nullopt;
  Advice advice;
  advice.act = fmt::format("vm.min_free_kbytes={}", want_kb);
  TellPresentValue(input.facts, advice.act);
  if (!advice.act.ends_with(')')) advice.act += fmt::format(" (now {})", Thousands(*now_kb));
  advice.why = "for requests that must not wait; no large pieces";
  advice.risk = fmt::format("{} less free", PieceSize(want_kb));
  const std::optional<GuestSize> size = SizeGuests(input.facts, input.snapshots);
  if (size) {
    advice.risk =
        fmt::format("{} less of {} free at worst [{}]", PieceSize(want_kb),
                    SizeText(*size->moment->free_kb), SnapshotReference(references, *size->moment));
  }
  advice.check = "grep -c 'page allocation failure' LOG";
  return advice;
}

// What helps the place in the kernel that was refused, where it did harm. The reserve's size is not
// told twice.
void AddSiteAdvice(const BuildInput& input, bool reserve_told, IncidentReport& report) {
  const Finding* const refused = FindFinding(input.diagnosis, "refused_allocation");
  if (!refused || refused->severity == Severity::kInfo) return;
  for (const Advice& advice : refused->advice) {
    const bool reserve = advice.act.find("vm.min_free_kbytes") != std::string::npos;
    if (!reserve || !reserve_told) report.for_good.push_back(advice);
  }
}

// "vm.swappiness" of "vm.swappiness=10": one knob is advised once.
std::string_view KnobOf(const Advice& advice) {
  return std::string_view(advice.act).substr(0, advice.act.find_first_of("=: "));
}

// The advice of the cause comes first, then that of what contributed; but where the very build is
// known to be faulty, no setting helps as much as another one.
void AddOfFindings(const BuildInput& input, IncidentReport& report) {
  constexpr std::size_t kMost = 5;
  std::vector<Advice> list;
  const auto add = [&](const Advice& advice) {
    const auto is_same = [&](const Advice& one) { return KnobOf(one) == KnobOf(advice); };
    if (list.size() < kMost && std::none_of(list.begin(), list.end(), is_same))
      list.push_back(advice);
  };
  const Finding* const known = FindFinding(input.diagnosis, "known_regression");
  if (known && known->confidence > Confidence::kLow)
    std::for_each(known->advice.begin(), known->advice.end(), add);
  for (const Finding& finding : input.diagnosis.findings) {
    const bool causes = finding.role == Role::kPrimary || finding.role == Role::kContributing;
    if (causes) std::for_each(finding.advice.begin(), finding.advice.end(), add);
  }
  std::for_each(report.for_good.begin(), report.for_good.end(), add);
  if (known) std::for_each(known->advice.begin(), known->advice.end(), add);
  report.for_good = std::move(list);
}

}  // namespace

void BuildForGood(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const std::string cause = primary ? primary->cause.value_or("") : "";
  const bool pieces = cause == "fragmentation";
  const bool guests = pieces || cause == "vm_overcommit" || cause == "host_exhausted";
  const std::optional<GuestSize> size = SizeGuests(input.facts, input.snapshots);
  if (guests && size) report.for_good.push_back(SmallerGuests(input, *size, references));
  if (pieces && size && HugePagesUnused(input)) report.for_good.push_back(HugePages(*size));
  const Text driver = CopyingDriver(input);
  if (driver) report.for_good.push_back(SmallerPackets(*driver));
  const std::optional<Advice> reserve = LargerReserve(input, references);
  if (reserve) report.for_good.push_back(*reserve);
  if (!driver) AddSiteAdvice(input, reserve || cause == "atomic_reserve", report);
  const bool computed = size || driver;
  if (primary && !computed && !primary->recommendation.empty()) {
    report.for_good.insert(report.for_good.begin(), Advice{primary->recommendation, "", "", ""});
  }
  if (!computed) AddOfFindings(input, report);
}

}  // namespace kautopsy
