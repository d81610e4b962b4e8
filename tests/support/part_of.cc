#include "tests/support/part_of.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy::test {
namespace {

using Cell = std::pair<std::string, std::string>;

// Columns that tell where a row stands or a value is from, sums of the rows that are there (see
// CheckSums()), and words for "not known": nothing that the kernel said. An event's time is that of
// its first line, see CheckTime().
bool SaysNothing(const Cell& cell) {
  static const std::set<std::string> kColumns = {
      "log_line",         "position", "page_size_from", "time",     "local_time",
      "tasks_swap_pages", "rss_rank", "badness_rank",   "tasks",    "tasks_rss_kb",
      "tasks_rss_pages",  "title",    "dedup_key",      "uptime_us"};
  return kColumns.contains(cell.first) || cell.second == "unknown";
}

// The line of a crash's head that tells most makes its kind; with less of the head it is another.
bool IsKindOfCrash(const std::string& relation, const Cell& cell) {
  return relation == "crash" && cell.first == "kind";
}

// A frame's context comes from the last "<IRQ>" or "<EOI>" above it, blame from all frames; a line
// with reserves names no zone, it belongs to the zone above it; pcp_pages sums the lines of all
// CPUs; the line that says that a group is killed tells the reason for the victims below it; and
// how a boot ended is told by its last lines and the next boot's.
// Where a crash happened is told by several lines of its head, else by its frames; the text of a
// warning is known by the lines around it, and so is where a long line ends; traces are counted by
// their headers. The severity of a firmware's error stands in the line above its section.
bool IsConclusion(const std::string& relation, const Cell& cell) {
  static const std::set<std::string> kColumns = {"context",
                                                 "blame_symbol",
                                                 "blame_module",
                                                 "lowmem_reserve_pages",
                                                 "pcp_pages",
                                                 "reason",
                                                 "ended",
                                                 "message",
                                                 "badness_permille",
                                                 "score_base_least_pages",
                                                 "score_base_most_pages"};
  static const std::set<std::string> kOfCrashes = {"ip_symbol", "ip_module", "hardware"};
  static const std::set<std::string> kOfFrames = {"trace", "trace_cpu", "trace_pid"};
  return kColumns.contains(cell.first) ||
         (relation == "crash" && kOfCrashes.contains(cell.first)) ||
         (relation == "hardware_error" && cell.first == "severity") ||
         (relation == "call_frame" && kOfFrames.contains(cell.first));
}

std::vector<std::string_view> ItemsOf(std::string_view json_array) {
  std::vector<std::string_view> items;
  if (!json_array.starts_with('[') || !json_array.ends_with(']')) return items;
  json_array = json_array.substr(1, json_array.size() - 2);
  while (!json_array.empty()) {
    items.push_back(ConsumeWord(json_array, ','));
    ConsumePrefix(json_array, ",");
  }
  return items;
}

// "[1,2]" of a list that was cut is the beginning of "[1,2,3]"; what is null is not known.
bool IsPartOfArray(std::string_view part, std::string_view whole) {
  const std::vector<std::string_view> items = ItemsOf(part);
  const std::vector<std::string_view> known = ItemsOf(whole);
  return !items.empty() && items.size() <= known.size() &&
         std::equal(items.begin(), items.end(), known.begin(),
                    [](std::string_view item, std::string_view other) {
                      return item == "null" || item == other;
                    });
}

// Registers by name: {"RAX":"0000000000000000"} is a part of {"RAX":"0000000000000000","RBX":"1"}.
bool IsPartOfObject(std::string_view part, std::string_view whole) {
  if (!part.starts_with("{") || !whole.starts_with("{")) return false;
  part = part.substr(1, part.size() - 2);
  while (!part.empty()) {
    const std::string_view member = ConsumeWord(part, ',');
    if (whole.find(member) == std::string_view::npos) return false;
    ConsumePrefix(part, ",");
  }
  return true;
}

bool IsPartOfCell(const Cell& cell, const RecordedRow& whole) {
  return std::any_of(whole.cells.begin(), whole.cells.end(), [&](const Cell& known) {
    return cell == known ||
           (cell.first == known.first && (IsPartOfArray(cell.second, known.second) ||
                                          IsPartOfObject(cell.second, known.second)));
  });
}

}  // namespace

bool IsPartOf(const RecordedRow& row, const RecordedRow& whole, Allowed allowed) {
  if (row.relation != whole.relation) return false;
  return std::all_of(row.cells.begin(), row.cells.end(), [&](const Cell& cell) {
    return SaysNothing(cell) || IsKindOfCrash(row.relation, cell) ||
           (allowed == Allowed::kConclusions && IsConclusion(row.relation, cell)) ||
           IsPartOfCell(cell, whole);
  });
}

}  // namespace kautopsy::test
