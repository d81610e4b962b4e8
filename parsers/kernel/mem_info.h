#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/mem_counters.h"
#include "parsers/kernel/node_line.h"
#include "parsers/kernel/per_cpu.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/task_scores.h"
#include "parsers/kernel/zones.h"

namespace kautopsy {

// A Mem-Info block: counters, nodes, zones with lowmem_reserve, buddy lists, totals
// (mm/page_alloc.c, show_free_areas(), and lib/show_mem.c, show_mem(); both in mm/show_mem.c since
// 6.x), of any version's fields in any order.
class MemInfoSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return !seen_; }
  bool has_header() const { return header_; }
  // What the block lacks of a whole one of its kernel's generation.
  // `alone`: show_free_areas() printed the block, without a header and the counts of show_mem().
  void NoteMissing(Damage& damage, bool alone = false) const;
  // Page size from the free lists: the first cell's block is one page.
  void SetPageSize(EventRecord& event) const;
  Integer RamKb(const Integer& page_size_kb) const;
  // RAM and swap, which the scores of unlimited requests are measured by.
  ScoreBase score_base(const Integer& page_size_kb) const;
  // True for kernels until 2.6.27, whose counters have one sum of active pages.
  bool is_old() const { return counters_.active.has_value(); }
  Integer free_pages() const { return counters_.free; }
  void AddTo(EventRecord& event);

 private:
  Claim OfferWhole(const LogLine& line);
  Claim OfferHeader();
  Claim OfferReserve(const LogLine& line);
  Claim OfferCounters(const LogLine& line);
  Claim OfferNamed(const LogLine& line);  // lines that begin with a node or a zone
  Claim OfferZone(const LogLine& line);
  Claim OfferNode(const LogLine& line);
  Claim OfferHugePages(const LogLine& line);
  Claim OfferFreeList(const LogLine& line);
  Claim Offer24(const LogLine& line);  // lines of kernels 2.4 only
  Claim OfferZone24(const LogLine& line);
  Claim OfferUnnamedList(FreeList list, int64_t log_line);
  void NameLists();
  void ConvertPages(const Integer& page_size_kb);
  void NoteMissingZones24(Damage& damage) const;
  Claim OfferPerCpu(std::string_view text);
  Claim OfferTotal(std::string_view text);
  void KeepExtra(std::vector<MemInfoExtra> extra, int64_t log_line);
  Zone* FindZone(const Integer& node, std::string_view name);
  void NoteMissingZones(Damage& damage) const;

  bool seen_ = false;
  bool header_ = false;
  MemInfo counters_;
  std::vector<MemInfoExtra> extra_;
  std::vector<NodeLine> nodes_;
  std::vector<HugePages> huge_pages_;
  std::vector<Zone> zones_;
  bool before_2_6_11_ = false;  // "protections[]" stands for "lowmem_reserve[]"
  bool reserve_next_ = false;   // the lowmem_reserve line of the latest zone is still to come
  Integer node_;                // a print that held "Node 0 " alone: the next line is of that node
  std::vector<FreeList> lists_;
  std::vector<FreeListRow> list_rows_;  // of those that have cells
  std::vector<PerCpuLists> per_cpu_;
  bool is_2_4_ = false;
  bool in_pages_ = false;               // the sizes of zones, so far
  std::vector<FreeListRow> unnamed_;    // lists of 2.4, whose zone their total must tell
  std::vector<int64_t> unnamed_total_;  // of them, in KiB
  std::size_t empty_lists_ = 0;
};

// True for a line that only a Mem-Info block prints, so that a block which lost its header can
// still be recognised.
bool StartsMemInfo(const LogLine& line);

}  // namespace kautopsy
