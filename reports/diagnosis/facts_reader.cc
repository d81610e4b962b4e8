#include "reports/diagnosis/facts_reader.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

#include "parsers/kernel/reserved_pages.h"
#include "parsers/stream/boot_tracker.h"
#include "reports/diagnosis/facts_parts.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/settings.h"
#include "reports/diagnosis/snapshots.h"
#include "store/guests.h"

namespace kautopsy {
namespace {

// Linux pages are 4 to 256 KiB on every architecture that prints these reports.
constexpr int64_t kLargestPageKb = 1024;

constexpr const char* kIncident = "SELECT host FROM incident WHERE incident_id = ?1";
constexpr const char* kEvents =
    "SELECT event_id, kind, host, boot_id, time, time_us, local_time, time_quality, uptime_us, "
    "comm,"
    " pid, kernel_release, page_size_kb, page_size_from, title, complete, damage, source_id,"
    " first_line, last_line, first_column"
    " FROM event WHERE incident_id = ?1 ORDER BY event_id";
constexpr const char* kBoot =
    "SELECT ram_kb, kernel_release, ram_from = 'memory_line', crash_kernel, hypervisor"
    " FROM boot WHERE boot_id = ?1";

EventFacts ToEvent(const Statement& row) {
  EventFacts event;
  event.id = row.GetInteger(0).value_or(0);
  event.kind = row.GetText(1).value_or("");
  event.host = row.GetText(2);
  event.boot_id = row.GetInteger(3);
  event.time = row.GetText(4);
  event.time_us = row.GetInteger(5);
  event.local_time = row.GetText(6);
  event.time_quality = row.GetText(7).value_or("none");
  event.uptime_us = row.GetInteger(8);
  event.comm = row.GetText(9);
  event.pid = row.GetInteger(10);
  event.kernel_release = row.GetText(11);
  event.page_size_kb = row.GetInteger(12);
  if (event.page_size_kb < 1 || event.page_size_kb > kLargestPageKb) event.page_size_kb.reset();
  event.page_size_from = row.GetText(13);
  event.title = row.GetText(14).value_or("");
  event.complete = row.GetInteger(15).value_or(1) != 0;
  event.damage = row.GetText(16);
  event.source_id = row.GetInteger(17).value_or(0);
  event.first_line = row.GetInteger(18).value_or(0);
  event.last_line = row.GetInteger(19).value_or(event.first_line);
  event.first_column = row.GetInteger(20).value_or(1);
  return event;
}

// RAM and release of the first boot that knows them. `physical_kb` is RAM as the boot's own lines
// tell it: some percent more than what the kernel manages, so only for want of another figure.
Status ReadBoots(RowReader& reader, IncidentFacts& facts, Integer& physical_kb) {
  int64_t last_boot = 0;
  for (const EventFacts& event : facts.events) {
    if (!event.boot_id || *event.boot_id == last_boot) continue;
    last_boot = *event.boot_id;
    Status read = reader.ForEach(kBoot, last_boot, [&](const Statement& row) {
      Integer& ram_kb = row.GetInteger(2) == 1 ? physical_kb : facts.ram_kb;
      if (!ram_kb) ram_kb = row.GetInteger(0);
      if (!facts.kernel_release) facts.kernel_release = row.GetText(1);
      if (!facts.hypervisor) facts.hypervisor = row.GetText(4);
      const Integer crash_kernel = row.GetInteger(3);
      if (!facts.crash_kernel && crash_kernel) facts.crash_kernel = *crash_kernel != 0;
    });
    if (!read) return read;
    if (facts.ram_kb && facts.kernel_release) break;
  }
  return {};
}

constexpr const char* kHardware =
    "SELECT o.hardware FROM oom_report o JOIN event USING (event_id)"
    " WHERE incident_id = ?1 AND o.hardware IS NOT NULL ORDER BY event_id LIMIT 1";

// What a guest's "Hardware name: " shows of its hypervisor, in the words of "Hypervisor detected:
// ".
Text HypervisorOf(std::string_view hardware) {
  using Maker = std::pair<std::string_view, std::string_view>;
  constexpr auto kMakers =
      std::to_array<Maker>({{"VMware", "VMware"},
                            {"Xen ", "Xen"},
                            {"Microsoft Corporation Virtual Machine", "Microsoft Hyper-V"}});
  for (const auto& [maker, hypervisor] : kMakers) {
    if (hardware.starts_with(maker)) return std::string(hypervisor);
  }
  return std::nullopt;
}

Status ReadHypervisor(RowReader& reader, IncidentFacts& facts) {
  if (facts.hypervisor) return {};
  return reader.ForEach(kHardware, facts.id, [&](const Statement& row) {
    facts.hypervisor = HypervisorOf(row.GetText(0).value_or(""));
  });
}

// Thousands of guests are more than any host has.
constexpr std::size_t kMostGuests = 10000;

Status ReadGuests(RowReader& reader, IncidentFacts& facts) {
  static const std::string kSql =
      "SELECT g.name, g.memory_kb, g.source_id, g.log_line, g.log_column, g.text"
      " FROM guest AS g JOIN incident AS i ON " +
      SameHostSql("g.host", "i.host") + " WHERE i.incident_id = ?1 ORDER BY g.name, g.rowid";
  return reader.ForEach(kSql, facts.id, [&](const Statement& row) {
    if (facts.guests.size() >= kMostGuests) return;
    GuestFacts guest;
    guest.name = row.GetText(0).value_or("");
    guest.memory_kb = Size(row, 1);
    guest.source_id = row.GetInteger(2);
    guest.log_line = row.GetInteger(3);
    guest.log_column = row.GetInteger(4);
    guest.text = row.GetText(5);
    facts.guests.push_back(std::move(guest));
  });
}

// A later record of the same boot shows that the machine went on.
constexpr const char* kEndOfBoot =
    "SELECT 1 FROM event AS crash JOIN boot USING (boot_id) WHERE crash.event_id = ?1"
    " AND boot.ended = 'crashed' AND NOT EXISTS (SELECT 1 FROM event AS later"
    " WHERE later.event_id > crash.event_id AND later.boot_id = crash.boot_id)";

Status ReadEndOfBoot(RowReader& reader, IncidentFacts& facts) {
  int64_t last_crash = 0;
  for (const EventFacts& event : facts.events) {
    if (event.boot_id && IsCrash(event.kind)) last_crash = std::max(last_crash, event.id);
  }
  if (last_crash == 0) return {};
  return reader.ForEach(kEndOfBoot, last_crash,
                        [&](const Statement& /*row*/) { facts.ended_boot = true; });
}

// Marks of lost lines belong to no incident, but make the number of its events a lower bound. Not
// so "output lines suppressed": those are what a program wrote to /dev/kmsg, none of the kernel's
// own (include/linux/ratelimit.h, ratelimit_state_exit(), as kernel/printk/printk.c,
// devkmsg_release(), calls it).
constexpr const char* kLostLines =
    "WITH own AS MATERIALIZED (SELECT source_id, min(first_line) AS first, max(last_line) AS last"
    " FROM event WHERE incident_id = ?1 GROUP BY source_id)"
    " SELECT 1 FROM lost_lines JOIN event AS lost USING (event_id) JOIN own USING (source_id)"
    " WHERE lost.first_line BETWEEN own.first AND own.last"
    " AND lost_lines.marker <> 'output lines suppressed' LIMIT 1";

Status ReadLostLines(RowReader& reader, IncidentFacts& facts) {
  const bool refused = std::any_of(facts.events.begin(), facts.events.end(),
                                   [](const EventFacts& event) { return event.refusal; });
  if (!refused) return {};
  return reader.ForEach(kLostLines, facts.id,
                        [&](const Statement& /*row*/) { facts.lost_lines = true; });
}

// Every figure of a zone line is a number of pages, written in KiB, so all of them are multiples of
// the page size. With this many figures a common factor of 16 or 64 is no accident.
constexpr int kEnoughFigures = 6;

Integer PageKbFromZones(const EventFacts& event) {
  int64_t factor = 0;
  int figures = 0;
  for (const ZoneFacts& zone : event.zones) {
    for (const Integer& kb : {zone.free_kb, zone.min_kb, zone.low_kb, zone.high_kb, zone.present_kb,
                              zone.managed_kb, zone.active_file_kb, zone.inactive_file_kb}) {
      if (!kb || *kb <= 0) continue;
      factor = std::gcd(factor, *kb);
      ++figures;
    }
  }
  if (figures < kEnoughFigures) return std::nullopt;
  for (const int64_t page_kb : {64, 16, 4}) {
    if (factor % page_kb == 0) return page_kb;
  }
  return std::nullopt;
}

// What the allocator manages of all zones, on old kernels what they hold. None if that is less than
// the counters of the same report add up to: then a zone's line is missing. Likewise without a node
// 0, which hardly any machine has without memory.
Integer SumOfZones(const EventFacts& event) {
  if (!event.mem || event.zones.empty()) return std::nullopt;
  const bool first = std::any_of(event.zones.begin(), event.zones.end(),
                                 [](const auto& zone) { return zone.node.value_or(0) == 0; });
  if (!first) return std::nullopt;
  int64_t sum_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    const Integer kb = zone.managed_kb ? zone.managed_kb : zone.present_kb;
    if (!kb) return std::nullopt;
    sum_kb += *kb;
  }
  return sum_kb >= ItemisedKb(event) ? Integer(sum_kb) : std::nullopt;
}

// Where "pages reserved" is that of one zone, it becomes that of all.
void MendReserved(EventFacts& event) {
  if (!event.mem || !event.mem->ram_pages || !event.mem->reserved_pages) return;
  const int64_t ram_kb = *event.mem->ram_pages * event.page_kb();
  ManagedOfZones managed(ram_kb, *event.mem->reserved_pages * event.page_kb());
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.present_kb || !zone.managed_kb) return;
    managed.Add(*zone.present_kb, *zone.managed_kb);
  }
  if (managed.kb()) event.mem->reserved_pages = (ram_kb - *managed.kb()) / event.page_kb();
}

// What the records themselves say where no boot does.
void FillFromEvents(IncidentFacts& facts, const Integer& physical_kb) {
  for (const EventFacts& event : facts.events) {
    if (!facts.kernel_release && event.kernel_release) facts.kernel_release = event.kernel_release;
    if (event.mem && event.mem->ram_pages && event.mem->reserved_pages && !facts.ram_kb) {
      facts.ram_kb = (*event.mem->ram_pages - *event.mem->reserved_pages) * event.page_kb();
    }
    if (IsPastedOutput(event)) facts.case_file = true;
  }
  for (const EventFacts& event : facts.events) {
    if (!facts.ram_kb) facts.ram_kb = event.ValueKb("MemTotal");
  }
  if (!facts.ram_kb) facts.ram_kb = physical_kb;
  for (const EventFacts& event : facts.events) {
    if (!facts.ram_kb) facts.ram_kb = SumOfZones(event);
  }
  if (facts.ram_kb && *facts.ram_kb <= 0) facts.ram_kb.reset();
}

}  // namespace

Result<IncidentFacts> ReadIncidentFacts(RowReader& reader, int64_t incident_id) {
  IncidentFacts facts;
  facts.id = incident_id;
  Status read = reader.ForEach(kIncident, incident_id,
                               [&](const Statement& row) { facts.host = row.GetText(0); });
  if (!read) return tl::unexpected(read.error());
  read = reader.ForEach(kEvents, incident_id,
                        [&](const Statement& row) { facts.events.push_back(ToEvent(row)); });
  if (!read) return tl::unexpected(read.error());
  read = ReadEventRows(reader, facts);
  if (read) read = ReadFramesAbove(reader, facts);
  if (read) read = CountZonesLeftOut(reader, facts);
  if (!read) return tl::unexpected(read.error());
  for (EventFacts& event : facts.events) {
    if (!event.page_size_kb) event.page_size_kb = PageKbFromZones(event);
    MendReserved(event);
    FillFromNodes(event);
  }
  OrderEvents(facts.events);
  Integer physical_kb;
  read = ReadBoots(reader, facts, physical_kb);
  if (read) read = ReadHypervisor(reader, facts);
  if (!read) return tl::unexpected(read.error());
  read = ReadEndOfBoot(reader, facts);
  if (read) read = ReadLostLines(reader, facts);
  if (!read) return tl::unexpected(read.error());
  read = ReadGuests(reader, facts);
  if (read) read = ReadSettings(reader, facts);
  if (!read) return tl::unexpected(read.error());
  FillFromEvents(facts, physical_kb);
  return facts;
}

}  // namespace kautopsy
