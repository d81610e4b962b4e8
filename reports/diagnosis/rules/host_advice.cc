#include "reports/diagnosis/rules/host_advice.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/min_free.h"
#include "reports/diagnosis/settings.h"
#include "reports/diagnosis/watermark.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

constexpr int64_t kKbPerGib = 1024 * 1024;
constexpr int64_t kHugePageKb = 2048;  // the size that the arithmetic below is for

// Only if the host was seen without huge pages of 2 MiB.
bool HugePagesUnused(const std::vector<Snapshot>& snapshots) {
  return std::any_of(snapshots.begin(), snapshots.end(), [](const Snapshot& snapshot) {
    if (!snapshot.values || snapshot.machine == Machine::kOther) return false;
    const auto& values = snapshot.values->values;
    const auto total = values.find("HugePages_Total");
    return total != values.end() && total->second.value == 0 &&
           snapshot.values->ValueKb("Hugepagesize") == kHugePageKb;
  });
}

bool RefusedWithoutWaiting(const IncidentFacts& facts) {
  return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& event) {
    const std::optional<PieceRequest> request =
        event.refusal ? RequestOf(facts, event) : std::nullopt;
    return request && !request->gfp.may_reclaim;
  });
}

Integer SumOfMin(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const Integer sum_kb = MinFreeKb(facts, event);
    if (sum_kb) return sum_kb;
  }
  return std::nullopt;
}

}  // namespace

std::string_view AvailableWords(const KernelVersion& kernel) {
  return kernel.AtLeast(3, 14) ? "MemAvailable" : "MemFree + Buffers + Cached - Shmem";
}

std::optional<Advice> GuestsBySnapshot(const IncidentFacts& facts,
                                       const std::vector<Snapshot>& snapshots) {
  const std::optional<GuestSize> size = SizeGuests(facts, snapshots);
  if (!size) return std::nullopt;
  Advice advice;
  advice.act = fmt::format("guests of at most {} GiB each", size->gib_each);
  advice.why = fmt::format("(programs {} + free {} - {} reserve)/{}, {}",
                           GibNumber(*size->moment->anon_kb), GibNumber(*size->moment->free_kb),
                           GibNumber(HostReserveKb(*facts.ram_kb)), size->guests, kOneMoment);
  advice.risk = "a guest runs short";
  advice.check = fmt::format("{} of the host stays above {}",
                             AvailableWords(KernelOf(facts, *size->moment->events.front())),
                             SizeText(HostReserveKb(*facts.ram_kb)));
  return advice;
}

std::optional<Advice> HugePagesForGuests(const IncidentFacts& facts,
                                         const std::vector<Snapshot>& snapshots) {
  const std::optional<GuestSize> size = SizeGuests(facts, snapshots);
  if (!size || !HugePagesUnused(snapshots)) return std::nullopt;
  Advice advice;
  advice.act = fmt::format("vm.nr_hugepages={} at boot, for guests in 2 MiB pages",
                           size->guests * size->gib_each * (kKbPerGib / kHugePageKb));
  advice.why = fmt::format("{} x {} GiB", size->guests, size->gib_each);
  advice.risk = "reserved even when a guest is off";
  advice.check = "HugePages_Free";
  return advice;
}

std::optional<Advice> HostReserve(const IncidentFacts& facts,
                                  const std::vector<Snapshot>& snapshots) {
  const Integer now_kb = SumOfMin(facts);
  if (!now_kb || !facts.ram_kb || !RefusedWithoutWaiting(facts)) return std::nullopt;
  const int64_t want_kb = HostReserveKb(*facts.ram_kb);
  // On a small machine a whole GiB would itself be the shortage.
  constexpr int64_t kSmallestHost = 32;
  if (want_kb <= *now_kb || *facts.ram_kb < want_kb * kSmallestHost) return std::nullopt;
  Advice advice;
  advice.act = fmt::format("vm.min_free_kbytes={}", want_kb);
  TellPresentValue(facts, advice.act);
  if (!advice.act.ends_with(')')) advice.act += fmt::format(" (now {})", Thousands(*now_kb));
  advice.why = "for requests that must not wait; no large pieces";
  advice.risk = fmt::format("{} less free", PieceSize(want_kb));
  if (const std::optional<GuestSize> size = SizeGuests(facts, snapshots))
    advice.risk = fmt::format("{} less of {} {}", PieceSize(want_kb),
                              SizeText(*size->moment->free_kb), kFreeAtWorst);
  advice.check = "grep -c 'page allocation failure' LOG";
  return advice;
}

}  // namespace kautopsy
