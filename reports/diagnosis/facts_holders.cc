#include "reports/diagnosis/facts_parts.h"

namespace kautopsy {
namespace {

void TakeNode(EventFacts& event, const Statement& row) {
  event.nodes.push_back({Size(row, 0), Size(row, 1), Size(row, 2), Flag(row, 3)});
}

void TakeHugePages(EventFacts& event, const Statement& row) {
  event.huge_pages.push_back({Size(row, 0), Size(row, 1), Size(row, 2), Size(row, 3)});
}

void TakeFault(EventFacts& event, const Statement& /*row*/) {
  if (event.oom) event.oom->from_fault = true;
}

// The rows come biggest first.
constexpr std::size_t kMostCaches = 3;

void TakeSlab(EventFacts& event, const Statement& row) {
  if (event.slabs.size() == kMostCaches) return;
  event.slabs.push_back({row.GetText(0).value_or("?"), Size(row, 1).value_or(0)});
}

void TakeAllocTag(EventFacts& event, const Statement& row) {
  if (event.alloc_tags.size() == kMostCaches) return;
  event.alloc_tags.push_back({row.GetInteger(0).value_or(0), row.GetText(1), row.GetText(2)});
}

void TakeGroupCounter(EventFacts& event, const Statement& row) {
  event.group.counters.push_back(
      {row.GetText(0).value_or("?"), Size(row, 1), Size(row, 2), row.GetInteger(3)});
}

// Since v5.3 one list for the group whose limit was hit; before, one line for each group below it,
// which must not be added up.
void TakeGroupStat(EventFacts& event, const Statement& row) {
  const Integer value = Size(row, 2);
  const bool own = event.oom && event.oom->oom_memcg && row.ViewText(0) == *event.oom->oom_memcg;
  if (!value || !own) return;
  const int64_t kb = row.ViewText(3) == "bytes" ? *value / 1024 : *value;
  event.group.stat_kb.emplace(row.GetText(1).value_or("?"), kb);
}

}  // namespace

const std::vector<Part>& HolderParts() {
  using Kinds = std::vector<std::string_view>;
  static const Kinds kReports = {"oom", "alloc_failure", "alloc_stall", "mem_info"};
  static const std::vector<Part> kParts = {
      {kReports, TakeNode, "node, anon_thp_kb, balloon_kb, all_unreclaimable", "node", "rowid",
       "anon_thp_kb > 0 OR balloon_kb > 0 OR all_unreclaimable = 1"},
      {kReports, TakeHugePages, "node, total, free, size_kb", "hugepages", "rowid", "total > 0"},
      {kReports, TakeSlab, "name, total_kb", "slab", "total_kb DESC, rowid"},
      {kReports, TakeAllocTag, "bytes, function, module", "alloc_tag", "bytes DESC, rowid"},
      {{"oom"},
       TakeFault,
       "symbol",
       "call_frame",
       "position",
       "symbol = 'pagefault_out_of_memory'"},
      {{"oom"}, TakeGroupCounter, "counter, usage_kb, limit_kb, failcnt", "memcg"},
      {{"oom"},
       TakeGroupStat,
       "path, name, value, unit",
       "memcg_stat",
       "rowid",
       "unit IN ('kB', 'bytes')"}};
  return kParts;
}

}  // namespace kautopsy
