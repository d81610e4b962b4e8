#include "reports/guest_size.h"

#include <algorithm>

#include "reports/diagnosis/snapshot_series.h"

namespace kautopsy {
namespace {

constexpr int64_t kKbPerGib = 1024 * 1024;
// vm.min_free_kbytes of 0.5 to 1 % of RAM is what operators of large hosts settle on.
constexpr int64_t kReserveShare = 200;  // 1/200 = 0.5 %

}  // namespace

int64_t HostReserveKb(int64_t ram_kb) {
  const int64_t share_gib = (ram_kb / kReserveShare + kKbPerGib - 1) / kKbPerGib;
  return std::max<int64_t>(share_gib, 1) * kKbPerGib;
}

const EventFacts* GuestTable(const IncidentFacts& facts) {
  const EventFacts* most = nullptr;
  for (const EventFacts& event : facts.events) {
    if (event.tasks.guests.empty()) continue;
    if (!most || event.tasks.guests.size() > most->tasks.guests.size()) most = &event;
  }
  return most;
}

std::optional<GuestSize> SizeGuests(const IncidentFacts& facts,
                                    const std::vector<Snapshot>& snapshots) {
  const EventFacts* const table = GuestTable(facts);
  GuestSize size;
  size.moment = TightestMeminfo(snapshots);
  if (!table || !size.moment || !facts.ram_kb) return std::nullopt;
  size.guests = static_cast<int64_t>(table->tasks.guests.size());
  for (const TaskFacts& guest : table->tasks.guests) {
    size.largest_kb = std::max(size.largest_kb, guest.rss_kb.value_or(0));
  }
  const int64_t room_kb =
      *size.moment->anon_kb + *size.moment->free_kb - HostReserveKb(*facts.ram_kb);
  size.gib_each = room_kb / size.guests / kKbPerGib;
  const bool helps = size.gib_each > 0 && size.gib_each * kKbPerGib < size.largest_kb;
  return helps ? std::optional(size) : std::nullopt;
}

}  // namespace kautopsy
