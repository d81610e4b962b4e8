#include "reports/diagnosis/rules/clean_cache.h"

#include <algorithm>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

constexpr double kPlentyShare = 0.2;
constexpr double kPlentyWithActive = 1.0 / 3;
// Of RAM. What a kernel that reclaims in earnest leaves of the file cache is less.
constexpr double kRestShare = 0.02;
// Of RAM. Kernel objects that could be freed, if nobody used them.
constexpr double kObjectsShare = 0.1;
constexpr double kSwapFullShare = 0.05;

// Dirty pages, those being written, and those an NFS server has not made safe yet.
int64_t PendingKb(const EventFacts& event) {
  const MemInfoFacts& mem = *event.mem;
  return (mem.dirty_pages.value_or(0) + mem.writeback_pages.value_or(0) +
          mem.unstable_pages.value_or(0)) *
         event.page_kb();
}

}  // namespace

CleanCache CleanCacheOf(const IncidentFacts& facts, const EventFacts& event) {
  CleanCache cache;
  if (!event.mem || !event.mem->inactive_file_pages) return cache;
  bool by_zone = event.rerun && !event.zones.empty();
  bool short_of_pages = true;
  int64_t inactive_kb = 0;
  int64_t active_kb = 0;
  for (std::size_t i = 0; by_zone && i < event.zones.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    if (i < event.rerun->checks.size()) {
      const ZoneCheck& check = event.rerun->checks[i];
      if (!check.eligible) continue;
      short_of_pages = short_of_pages && check.usable_pages && !PassesFirstTest(check);
    }
    const Integer zone_kb = zone.managed_kb ? zone.managed_kb : zone.present_kb;
    by_zone = zone.inactive_file_kb && zone_kb;
    inactive_kb += zone.inactive_file_kb.value_or(0);
    active_kb += zone.active_file_kb.value_or(0);
    cache.zones_kb += zone_kb.value_or(0);
  }
  if (!by_zone) {
    inactive_kb = *event.mem->inactive_file_pages * event.page_kb();
    cache.zones_kb = RamKb(facts, event).value_or(0);
  }
  const int64_t pending_kb = PendingKb(event);
  cache.inactive_kb = std::max<int64_t>(0, inactive_kb - pending_kb);
  if (by_zone && short_of_pages) {
    const int64_t pending_active_kb = std::max<int64_t>(0, pending_kb - inactive_kb);
    cache.active_kb = std::max<int64_t>(0, active_kb - pending_active_kb);
  }
  return cache;
}

bool NothingToReclaim(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.mem) return false;
  const MemInfoFacts& mem = *event.mem;
  const Integer ram_kb = RamKb(facts, event);
  const bool known =
      ram_kb && mem.file_pages && mem.total_swap_kb && mem.free_swap_kb && *ram_kb > 0;
  if (!known) return false;
  const auto share = [&](int64_t pages) {
    return static_cast<double>(pages * event.page_kb()) / static_cast<double>(*ram_kb);
  };
  return share(*mem.file_pages) <= kRestShare &&
         share(mem.slab_reclaimable_pages.value_or(0)) <= kObjectsShare &&
         static_cast<double>(*mem.free_swap_kb) <=
             kSwapFullShare * static_cast<double>(*mem.total_swap_kb);
}

bool IsPlenty(const CleanCache& cache) {
  if (cache.zones_kb <= 0) return false;
  const auto share = [&](int64_t kb) {
    return static_cast<double>(kb) / static_cast<double>(cache.zones_kb);
  };
  return share(cache.inactive_kb) >= kPlentyShare ||
         share(cache.inactive_kb + cache.active_kb) >= kPlentyWithActive;
}

}  // namespace kautopsy
