#include "reports/diagnosis/facts.h"

#include <fmt/core.h>

#include <cmath>

namespace kautopsy {
namespace {

// free(1) -h prints K, M, G, T; /proc/meminfo prints kB, which are KiB.
std::optional<double> KbPerUnit(std::string_view unit) {
  if (unit.empty()) return std::nullopt;
  switch (unit[0]) {
    case 'k':
    case 'K':
      return 1.0;
    case 'M':
      return 1024.0;
    case 'G':
      return 1024.0 * 1024.0;
    case 'T':
      return 1024.0 * 1024.0 * 1024.0;
    case 'B':
      return 1.0 / 1024.0;
    default:
      return std::nullopt;
  }
}

// free(1) without an option prints KiB, with -m MiB, both without a unit. From 4 to 256 GiB the
// total tells which: as MiB it would be 4 TiB and more, as bytes a machine that runs nothing.
bool IsFreeInKb(const EventFacts& event) {
  constexpr double kLeast = 1 << 22;
  constexpr double kMost = 1 << 28;
  const auto total = event.values.find("Mem.total");
  return total != event.values.end() && !total->second.unit && total->second.value >= kLeast &&
         total->second.value < kMost;
}

constexpr double kLargestKb = 1e15;  // no machine is larger; keeps the conversion defined

}  // namespace

Integer KillFacts::RssKb() const {
  if (!anon_rss_kb && !file_rss_kb && !shmem_rss_kb) return std::nullopt;
  return anon_rss_kb.value_or(0) + file_rss_kb.value_or(0) + shmem_rss_kb.value_or(0);
}

Integer EventFacts::ValueKb(std::string_view name) const {
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  const Text& unit = found->second.unit;
  const std::optional<double> factor = unit                ? KbPerUnit(*unit)
                                       : IsFreeInKb(*this) ? std::optional(1.0)
                                                           : std::nullopt;
  if (!factor) return std::nullopt;
  const double kb = found->second.value * *factor;
  if (!(std::abs(kb) < kLargestKb)) return std::nullopt;
  return std::llround(kb);
}

int64_t ItemisedKb(const EventFacts& event) {
  if (!event.mem) return 0;
  const MemInfoFacts& mem = *event.mem;
  int64_t pages = 0;
  for (const Integer& part :
       {mem.anon_pages ? mem.anon_pages : mem.lru_pages, mem.file_pages, mem.unevictable_pages,
        mem.isolated_pages, mem.free_pages, mem.slab_pages, mem.pagetables_pages}) {
    pages += part.value_or(0);
  }
  return pages * event.page_kb();
}

Integer AddressSpaceKb(const EventFacts& event) {
  constexpr int64_t kAll = int64_t{1} << 32;
  constexpr int64_t kBytesPerKb = 1024;
  if (!event.lowest_address) return std::nullopt;
  return (kAll - *event.lowest_address) / kBytesPerKb;
}

KernelVersion KernelOf(const IncidentFacts& facts, const EventFacts& event) {
  if (event.kernel_release) return ParseKernelVersion(*event.kernel_release);
  return ParseKernelVersion(facts.kernel_release.value_or(""));
}

const EventFacts* FindEvent(const IncidentFacts& facts, int64_t id) {
  for (const EventFacts& event : facts.events) {
    if (event.id == id) return &event;
  }
  return nullptr;
}

bool ListIsCut(const ZoneFacts& zone) {
  if (zone.free_list_kb || !zone.free_kb || zone.cells.empty()) return false;
  // Counter and list are read a moment apart and differ by parts of a percent.
  constexpr double kMissingShare = 0.05;
  int64_t kb = 0;
  for (const FreeCell& cell : zone.cells) kb += cell.count * cell.block_kb;
  return static_cast<double>(kb) < (1 - kMissingShare) * static_cast<double>(*zone.free_kb);
}

Integer ListedPages(const ZoneFacts& zone, int64_t page_kb) {
  if (zone.free_list_kb) return *zone.free_list_kb / page_kb;
  if (zone.cells.empty() || ListIsCut(zone)) return std::nullopt;
  int64_t kb = 0;
  for (const FreeCell& cell : zone.cells) kb += cell.count * cell.block_kb;
  return kb / page_kb;
}

bool IsIsolated(const FreeCell& cell) { return cell.migrate_types == "I"; }

int64_t IsolatedPages(const ZoneFacts& zone) {
  int64_t pages = 0;
  for (const FreeCell& cell : zone.cells) {
    if (IsIsolated(cell)) pages += cell.count << cell.order;
  }
  return pages;
}

Integer BlocksFrom(const ZoneFacts& zone, int order) {
  if (zone.cells.empty() || ListIsCut(zone)) return std::nullopt;
  int64_t blocks = 0;
  for (const FreeCell& cell : zone.cells) {
    if (cell.order >= order && !IsIsolated(cell)) blocks += cell.count;
  }
  return blocks;
}

std::optional<int> LargestOrder(const ZoneFacts& zone) {
  std::optional<int> largest;
  for (const FreeCell& cell : zone.cells) {
    if (cell.count > 0 && !IsIsolated(cell)) largest = cell.order;
  }
  return largest;
}

std::string ZoneName(const ZoneFacts& zone) {
  return zone.node ? fmt::format("node {} {}", *zone.node, zone.zone) : zone.zone;
}

bool IsOrdinaryZone(std::string_view zone) {
  return zone == "Normal" || zone == "HighMem" || zone == "Movable";
}

std::vector<const ZoneFacts*> MainZones(const EventFacts& event) {
  std::vector<const ZoneFacts*> zones;
  for (const ZoneFacts& zone : event.zones) {
    if (IsOrdinaryZone(zone.zone)) zones.push_back(&zone);
  }
  // Cut among its zones, the report may have lost the ordinary ones.
  if (!zones.empty() || (event.rerun && event.rerun->lacks_zones)) return zones;
  for (const std::string_view highest : {"DMA32", "DMA"}) {
    for (const ZoneFacts& zone : event.zones) {
      if (zone.zone == highest) zones.push_back(&zone);
    }
    if (!zones.empty()) break;
  }
  return zones;
}

std::string CommName(const Text& comm) {
  if (!comm) return "?";
  return comm->find_first_not_of(' ') == std::string::npos ? "(no name)" : *comm;
}

std::string VictimName(const KillFacts& kill) {
  if (kill.guest) return "guest " + *kill.guest;
  return CommName(kill.comm);
}

}  // namespace kautopsy
