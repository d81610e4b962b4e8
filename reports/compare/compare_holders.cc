#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

#include "reports/compare/parts.h"

namespace kautopsy {
namespace {

// What is not in the table holds nothing, as far as it tells.
Integer RssKb(const std::optional<HolderSum>& sum) { return sum ? sum->rss_kb : Integer(0); }

Integer Difference(const Integer& before_kb, const Integer& after_kb) {
  if (!before_kb || !after_kb) return std::nullopt;
  return *after_kb - *before_kb;
}

// Whose processes a table lists: of a control group, of some nodes, or all.
std::string ScopeOf(const EventFacts& event) {
  if (!event.oom || !event.oom->constraint_kind || event.oom->constraint_kind == "none") return "";
  if (event.oom->constraint_kind == "memcg")
    return "of control group " + event.oom->oom_memcg.value_or("?");
  return "that may use the same nodes [" + *event.oom->constraint_kind + "]";
}

// The largest change first, then those that nothing tells, then what did not change.
std::tuple<int64_t, bool, bool, std::string_view> KeyOf(const HolderChange& change) {
  const int64_t moved_kb = std::abs(change.change_kb.value_or(0));
  return {-moved_kb, change.Word() == "same", !change.guest, change.name};
}

}  // namespace

std::string_view HolderChange::Word() const {
  if (!before) return "new";
  if (!after) return "gone";
  if (!change_kb) return "unknown";
  if (change_kb == 0) return "same";
  return *change_kb > 0 ? "grew" : "shrank";
}

std::vector<HolderChange> CompareHolders(const std::vector<HolderSum>& before,
                                         const std::vector<HolderSum>& after) {
  std::map<std::pair<bool, std::string>, HolderChange> changes;
  for (const HolderSum& sum : before) changes[{sum.guest, sum.name}].before = sum;
  for (const HolderSum& sum : after) changes[{sum.guest, sum.name}].after = sum;
  std::vector<HolderChange> sorted;
  for (auto& [key, change] : changes) {
    change.guest = key.first;
    change.name = key.second;
    change.change_kb = Difference(RssKb(change.before), RssKb(change.after));
    sorted.push_back(std::move(change));
  }
  std::sort(sorted.begin(), sorted.end(), [](const HolderChange& one, const HolderChange& other) {
    return KeyOf(one) < KeyOf(other);
  });
  return sorted;
}

// A size beyond any machine is none: a sum that overflows is an error.
Result<std::vector<HolderSum>> ReadHolders(RowReader& reader, int64_t event_id) {
  constexpr const char* kSql =
      "SELECT guest IS NOT NULL, coalesce(guest, comm, '?'), count(*),"
      " CASE WHEN count(CASE WHEN rss_kb BETWEEN 0 AND 1099511627776 THEN 1 END) = count(*)"
      "  THEN sum(CASE WHEN rss_kb BETWEEN 0 AND 1099511627776 THEN rss_kb END) END,"
      " CASE WHEN count(*) = 1 THEN max(pid) END, max(coalesce(killed, 0))"
      " FROM task WHERE event_id = ?1 GROUP BY 1, 2 ORDER BY 1, 2";
  std::vector<HolderSum> sums;
  const Status read = reader.ForEach(kSql, event_id, [&](const Statement& row) {
    HolderSum sum;
    sum.guest = row.GetInteger(0) == 1;
    sum.name = row.GetText(1).value_or("?");
    sum.tasks = row.GetInteger(2).value_or(0);
    sum.rss_kb = Size(row, 3);
    sum.pid = row.GetInteger(4);
    sum.killed = row.GetInteger(5) == 1;
    sums.push_back(std::move(sum));
  });
  if (!read) return tl::unexpected(read.error());
  return sums;
}

Integer TotalKb(const std::vector<HolderSum>& sums) {
  int64_t total_kb = 0;
  for (const HolderSum& sum : sums) {
    if (!sum.rss_kb) return std::nullopt;
    total_kb = std::min(total_kb + *sum.rss_kb, kLargestSize);
  }
  return total_kb;
}

// mm/oom_kill.c, dump_task() and dump_tasks(): of a control group's OOM its processes alone, else
// those that may use the nodes of the request.
std::string TablesDiffer(const EventFacts& before, const EventFacts& after) {
  const std::string first = ScopeOf(before);
  const std::string second = ScopeOf(after);
  if (first == second) return "";
  const auto words = [](const std::string& scope) {
    return scope.empty() ? "all" : "those " + scope;
  };
  return "the first lists " + words(first) + ", the second " + words(second);
}

}  // namespace kautopsy
