#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/zones.h"

namespace kautopsy {

// The counters and totals of a Mem-Info block. Relation `mem_info`. Pages unless the name says
// otherwise.
struct MemInfo {
  Integer active_anon, inactive_anon, isolated_anon, active_file, inactive_file, isolated_file;
  Integer unevictable, dirty, writeback, unstable, slab_reclaimable, slab_unreclaimable, slab;
  Integer active, inactive, mapped, mapped_file, mapped_anon, shmem, pagetables, sec_pagetables;
  Integer bounce, kernel_misc_reclaimable, free, free_pcp, free_cma, pagecache, swap_cache;
  Integer swap_cache_add, swap_cache_delete, swap_cache_find_ok, swap_cache_find_all;
  Integer free_swap_kb, total_swap_kb;
  Integer ram, highmem, reserved, shared, non_shared, cma_reserved, hwpoisoned;

  static constexpr std::string_view kRelation = "mem_info";
  static std::span<const Field<MemInfo>> Fields();
};

// A Mem-Info block: counters, zones with lowmem_reserve, buddy lists, totals (mm/page_alloc.c,
// show_free_areas(), and lib/show_mem.c, show_mem()), of any version's fields in any order.
class MemInfoSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return !seen_; }
  bool has_header() const { return header_; }
  // What the block lacks of a whole one.
  void NoteMissing(Damage& damage) const;
  // Page size from the free lists: the first cell's block is one page.
  void SetPageSize(EventRecord& event) const;
  Integer RamKb(const Integer& page_size_kb) const;
  Integer free_pages() const { return counters_.free; }
  void AddTo(EventRecord& event);

 private:
  Claim OfferCounters(std::string_view text);
  Claim OfferZone(const LogLine& line);
  Claim OfferFreeList(const LogLine& line);
  Claim OfferPerCpu(std::string_view text);
  Claim OfferTotal(std::string_view text);
  Claim Store(Integer MemInfo::*field, const Integer& value);
  Zone* FindZone(const Integer& node, std::string_view name);

  bool seen_ = false;
  bool header_ = false;
  MemInfo counters_;
  std::vector<Zone> zones_;
  Zone* reserve_for_ = nullptr;  // the zone whose lowmem_reserve line comes next
  std::vector<FreeListCell> cells_;
  std::vector<FreeListLine> lists_;  // without their cells
  struct PerCpu {
    Integer node;
    std::string zone;
    int64_t pages = 0;
  };
  std::vector<PerCpu> per_cpu_;
};

// True for a line that only a Mem-Info block prints and that stands near its beginning, so that a
// block which lost its header can still be recognised.
bool StartsMemInfo(const LogLine& line);

}  // namespace kautopsy
