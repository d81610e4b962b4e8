#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// The terms of the allocator's test of one zone, read off its lines. In pages.

// Place of a zone type, lowest first (include/linux/mmzone.h, enum zone_type); high for Device,
// which the page allocator never gives out.
int RankOf(std::string_view zone);
int RankOf(HighestZone highest);

// What was added to the zone's marks for a while, in KiB, as printed or as the marks themselves
// show it; none if that cannot be told.
Integer BoostKb(const ZoneFacts& zone, const KernelVersion& kernel);

// Free pages of the zone that are set aside for devices [CMA], as the report counts them: what the
// zone's line prints, else what Mem-Info prints for the machine where no other zone can hold it.
// None if neither is printed; the free list tells only what lies in pieces that are wholly CMA.
Integer CountedCmaPages(const EventFacts& event, const ZoneFacts& zone);

// Free pages of the zone that are kept for atomic requests of more than a page, as far as the text
// tells: what its line prints, else the pieces that are wholly of that reserve.
int64_t FreeAtomicPages(const EventFacts& event, const ZoneFacts& zone);

// A term that the text may give only bounds for.
struct Bounds {
  int64_t least = 0;
  int64_t most = 0;
  bool exact() const { return least == most; }
};

// The terms for one request to one kernel. Refers to the event's zones, which must outlive it.
class ZoneTerms {
 public:
  ZoneTerms(const EventFacts& event, const PieceRequest& request, const KernelVersion& kernel);

  WatermarkRule rule() const { return rule_; }
  const GfpRights& rights() const { return rights_; }
  bool lacks_zones() const { return lacks_zones_; }  // LacksZones() of missing_zones.h

  // What lowmem_reserve[] keeps back from the request; none if that is not in the text.
  Integer Reserve(const ZoneFacts& zone) const;
  // Free pages that are set aside for devices [CMA] where the request may not use them: those that
  // are counted, else the pieces that lie in CMA alone.
  int64_t Cma(const ZoneFacts& zone) const;
  // Whether the loop over orders counts these again.
  bool CmaReturns() const;
  // Pages that the test leaves out since they are kept for atomic requests. Until 6.11 that was the
  // whole reserve, free or not.
  Bounds Atomic(const ZoneFacts& zone) const;
  // The min mark of the request, of a zone that prints one. What was added to it for a while is
  // printed since 5.16 only.
  Bounds Mark(const ZoneFacts& zone) const;
  // How the printed min becomes `mark_pages`, which Mark() gave.
  std::vector<MarkDiscount> Discounts(const ZoneFacts& zone, int64_t mark_pages) const;

 private:
  const EventFacts* event_;
  int64_t LeastMark(const ZoneFacts& zone) const;

  KernelVersion kernel_;
  WatermarkRule rule_;
  GfpRights rights_;
  bool movable_ = false;
  bool single_ = false;
  bool lacks_zones_ = false;
  int64_t page_kb_;
  std::optional<std::size_t> reserve_column_;
  std::optional<double> least_mark_share_;  // of a zone's memory, among the zones
};

}  // namespace kautopsy
