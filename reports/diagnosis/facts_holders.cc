#include "reports/diagnosis/facts_parts.h"

namespace kautopsy {
namespace {

// The rows come biggest first.
constexpr std::size_t kMostCaches = 3;
constexpr std::size_t kMostTags = 10;  // that the kernel prints (mm/show_mem.c, __show_mem())

void TakeSlab(EventFacts& event, const Statement& row) {
  if (event.slabs.size() == kMostCaches) return;
  event.slabs.push_back({row.GetText(0).value_or("?"), Size(row, 1).value_or(0)});
}

void TakeAllocTag(EventFacts& event, const Statement& row) {
  if (event.alloc_tags.size() == kMostTags) return;
  event.alloc_tags.push_back({row.GetInteger(0).value_or(0), row.GetInteger(1), row.GetText(2),
                              row.GetText(3), row.GetText(4)});
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
      {kReports, TakeSlab, "name, total_kb", "slab", "total_kb DESC, rowid"},
      {kReports, TakeAllocTag, "bytes, calls, file, function, module", "alloc_tag",
       "bytes DESC, rowid"},
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
