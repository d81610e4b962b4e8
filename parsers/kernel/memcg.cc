#include "parsers/kernel/memcg.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/size_fields.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxStats = 8192;  // some 60 names; a dozen for each group until 5.2
// A record's longest text (kernel/printk/printk.c, LOG_LINE_MAX and its successors): from 5.3
// to 6.4 statistics that are longer end there, maybe within a number.
constexpr std::size_t kShortestCutRecord = 960;
constexpr std::size_t kLongestCutRecord = 1024;
constexpr std::string_view kKilled = "killed as a result of limit of ";
constexpr std::string_view kStats = "Memory cgroup stats for ";

// "No limit" is the largest number that the counter can hold: 2^63 - 1 bytes (res_counter, until
// 3.18) or LONG_MAX pages (page_counter since), rounded in several ways; no machine has 1 PiB.
constexpr int64_t kUnlimitedKb = int64_t{1} << 40;  // in KiB
// LONG_MAX pages of 4 KiB on 32-bit kernels (include/linux/page_counter.h, PAGE_COUNTER_MAX).
constexpr int64_t kUnlimited32Kb = 8589934588;

bool IsUnlimited(int64_t limit_kb) {
  return limit_kb < 0 || limit_kb >= kUnlimitedKb || limit_kb == kUnlimited32Kb;
}

const LogPattern& CounterPattern() {
  static const LogPattern kPattern(
      R"re((memory|memory\+swap|swap|kmem): usage (\d+)kB, limit (\d+)kB(?:, failcnt (\d+)|,)?)re");
  return kPattern;
}

// Statistics since 5.3 are bytes (mm/memcontrol.c, memory_stats[]) or numbers of events
// (memcg_vm_event_stat[]), told by their names only; "total_" stands before those of a v1 tree.
bool IsEventCount(std::string_view name) {
  ConsumePrefix(name, "total_");
  static constexpr std::array<std::string_view, 19> kHeads = {
      "pgpg",    "pgfault", "pgmajfault", "pgrefill",   "pgscan",      "pgsteal", "pgactivate",
      "pgdeact", "pglazy",  "pgdemote",   "pgpromote_", "workingset_", "nr_",     "thp_",
      "zswpin",  "zswpout", "zswpwb",     "swpin",      "swpout"};
  return name.starts_with("numa_") ||
         std::any_of(kHeads.begin(), kHeads.end(),
                     [&](std::string_view head) { return name.starts_with(head); });
}

bool IsStatName(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") ==
             std::string_view::npos;
}

}  // namespace

std::span<const Field<MemcgCounter>> MemcgCounter::Fields() {
  using F = Field<MemcgCounter>;
  static constexpr std::array fields = {
      F("path", &MemcgCounter::path),           F("counter", &MemcgCounter::counter),
      F("usage_kb", &MemcgCounter::usage_kb),   F("limit_kb", &MemcgCounter::limit_kb),
      F("unlimited", &MemcgCounter::unlimited), F("failcnt", &MemcgCounter::failcnt),
      F("log_line", &MemcgCounter::log_line)};
  return fields;
}

std::span<const Field<MemcgStat>> MemcgStat::Fields() {
  using F = Field<MemcgStat>;
  static constexpr std::array fields = {F("path", &MemcgStat::path), F("name", &MemcgStat::name),
                                        F("value", &MemcgStat::value), F("unit", &MemcgStat::unit),
                                        F("log_line", &MemcgStat::log_line)};
  return fields;
}

bool IsMemcgLine(const LogLine& line) {
  return line.text.starts_with(kStats) || Matches(line.text, CounterPattern()) ||
         (line.text.starts_with("Task in /") && line.text.find(kKilled) != std::string_view::npos);
}

// In one line, or from 3.15 to 3.17 in two.
Claim MemcgSection::OfferTask(const LogLine& line) {
  if (line.cut) return Claim::kNone;  // a path ends the line
  std::string_view text = line.text;
  if (ConsumePrefix(text, "Memory limit reached of cgroup ")) {
    if (limit_of_) return Claim::kConflict;
    limit_of_ = std::string(text);
    return Claim::kTaken;
  }
  if (ConsumePrefix(text, kKilled)) {
    if (limit_of_) return Claim::kConflict;
    limit_of_ = std::string(text);
    return Claim::kTaken;
  }
  if (!ConsumePrefix(text, "Task in ")) return Claim::kNone;
  if (task_in_) return Claim::kConflict;
  const std::size_t killed = text.find(std::string(" ") + std::string(kKilled));
  if (killed == std::string_view::npos) {
    if (!text.starts_with('/')) return Claim::kNone;
    task_in_ = std::string(text);
    return Claim::kTaken;
  }
  if (limit_of_) return Claim::kConflict;
  task_in_ = std::string(text.substr(0, killed));
  limit_of_ = std::string(text.substr(killed + 1 + kKilled.size()));
  return Claim::kTaken;
}

const MemcgCounter* MemcgSection::Find(std::string_view name) const {
  const auto found =
      std::find_if(counters_.begin(), counters_.end(),
                   [&](const MemcgCounter& counter) { return counter.counter == name; });
  return found == counters_.end() ? nullptr : &*found;
}

bool MemcgSection::HasCounter(std::string_view name) const { return Find(name) != nullptr; }

Claim MemcgSection::OfferCounter(const LogLine& line) {
  const auto groups = MatchAll<4>(line.text, CounterPattern());
  if (!groups) return Claim::kNone;
  const auto& [name, usage, limit, failcnt] = *groups;
  MemcgCounter counter;
  counter.counter = name == "memory+swap" ? "memory_swap" : std::string(name);
  if (HasCounter(*counter.counter)) return Claim::kConflict;
  counter.usage_kb = ParseInteger(usage);
  const Integer limit_kb = ParseInteger(limit);
  if (limit_kb) {
    counter.unlimited = IsUnlimited(*limit_kb) ? 1 : 0;
    if (counter.unlimited == 0) counter.limit_kb = limit_kb;
  }
  counter.failcnt = ParseInteger(failcnt);
  counter.log_line = static_cast<int64_t>(line.place.line);
  counters_.push_back(std::move(counter));
  return Claim::kTaken;
}

bool MemcgSection::AddStat(std::string_view name, const Integer& value, std::string unit,
                           const LogLine& line) {
  for (auto stat = stats_.rbegin(); stat != stats_.rend() && stat->path == stats_path_; ++stat) {
    if (stat->name == name) return false;
  }
  if (stats_.size() >= kMaxStats) return false;
  MemcgStat stat;
  stat.path = stats_path_;
  stat.name = std::string(name);
  stat.value = value;
  stat.unit = std::move(unit);
  stat.log_line = static_cast<int64_t>(line.place.line);
  stats_.push_back(std::move(stat));
  return true;
}

// "cache:680KB rss:176336KB rss_huge:163840KB".
Claim MemcgSection::OfferOldStats(std::string_view text, const LogLine& line) {
  Claim claim = Claim::kNone;
  for (SizeField field; ConsumeSizeField(text, field) && field.has_unit && IsStatName(field.key);) {
    if (!AddStat(field.key, field.value, "kB", line)) return claim;
    claim = Claim::kTaken;
  }
  return claim;
}

// "anon 41766912".
Claim MemcgSection::OfferNewStats(std::string_view text, const LogLine& line) {
  const std::string_view name = text.substr(0, text.find(' '));
  if (name.size() == text.size() || !IsStatName(name)) return Claim::kNone;
  // The journal puts the lines of one message below each other. /proc/zoneinfo has the same names.
  const std::size_t indent = line.indent();
  if (!line.prefixed && indent > 0 && indent != stats_indent_) return Claim::kNone;
  const Integer value = ParseInteger(text.substr(name.size() + 1));
  if (!value || !AddStat(name, value, IsEventCount(name) ? "count" : "bytes", line))
    return Claim::kNone;
  stats_bytes_ += text.size() + 1;
  stats_indent_ = indent;
  return Claim::kTaken;
}

// The header of a group's statistics, with what stands in the same line.
Claim MemcgSection::OfferStats(const LogLine& line) {
  std::string_view text = line.text;
  if (!ConsumePrefix(text, kStats)) {
    if (!stats_seen_) return Claim::kNone;
    if (text.empty() || text[0] < 'a' || text[0] > 'z') return Claim::kNone;
    return new_stats_ ? OfferNewStats(text, line) : OfferOldStats(text, line);
  }
  const std::size_t old = text.find(": cache:");
  const bool new_style = old == std::string_view::npos;
  if (new_style && !text.ends_with(':')) return Claim::kNone;
  const std::size_t colon = new_style ? text.size() - 1 : old;  // a path may hold others
  const std::string path(text.substr(0, colon));
  if (path.find(": ") != std::string::npos) return Claim::kNone;  // prose stands behind the name
  const bool known = (new_style && stats_seen_) ||
                     std::any_of(stats_.begin(), stats_.end(),
                                 [&](const MemcgStat& stat) { return stat.path == path; });
  if (known) return Claim::kConflict;
  stats_path_ = path;
  stats_seen_ = true;
  stats_indent_ = line.indent();
  new_stats_ = new_style;
  OfferOldStats(TrimBlanks(text.substr(colon + 1)), line);
  return Claim::kTaken;
}

// "Memory cgroup min protection 0kB -- low protection 0kB", since 6.19: below a group's statistics,
// or below Mem-Info, where it speaks of the root (mm/memcontrol.c,
// mem_cgroup_show_protected_memory()).
Claim MemcgSection::OfferProtection(const LogLine& line) {
  static const LogPattern kPattern(
      R"re(Memory cgroup min protection (\d+)kB -- low protection (\d+)kB)re");
  const auto groups = MatchAll<2>(line.text, kPattern);
  if (!groups) return Claim::kNone;
  if (!stats_seen_) {
    if (!of_all_groups_.empty()) return Claim::kConflict;
    for (std::size_t i = 0; i < groups->size(); ++i) {
      MemcgStat& stat = of_all_groups_.emplace_back();
      stat.path = "/";
      stat.name = i == 0 ? "min_protection" : "low_protection";
      stat.value = ParseInteger((*groups)[i]);
      stat.unit = "kB";
      stat.log_line = static_cast<int64_t>(line.place.line);
    }
    return Claim::kTaken;
  }
  const bool added = AddStat("min_protection", ParseInteger((*groups)[0]), "kB", line);
  AddStat("low_protection", ParseInteger((*groups)[1]), "kB", line);
  return added ? Claim::kTaken : Claim::kConflict;
}

Claim MemcgSection::Offer(const LogLine& line) {
  const char first = line.text.empty() ? '\0' : line.text[0];
  if (first == 'T') return OfferTask(line);
  if (first == 'M') {
    Claim claim = OfferTask(line);
    if (claim == Claim::kNone) claim = OfferProtection(line);
    return claim == Claim::kNone ? OfferStats(line) : claim;
  }
  if (first < 'a' || first > 'z') return Claim::kNone;
  if (line.text.starts_with(kKilled)) return OfferTask(line);
  if (first == 'm' || first == 's' || first == 'k') {
    const Claim claim = OfferCounter(line);
    if (claim != Claim::kNone) return claim;
  }
  return OfferStats(line);
}

void MemcgSection::NoteMissing(Damage& damage) const {
  damage.AddIf(!HasCounter("memory"), "no usage of the memory cgroup");
  damage.AddIf(!HasCounter("memory_swap") && !HasCounter("swap"),
               "no usage of the memory cgroup's swap");
  // "kmem" is new in 3.8, the statistics in 3.9; a v2 tree has no "kmem".
  damage.AddIf(HasCounter("kmem") && !stats_seen_, "no statistics of the memory cgroup");
  damage.AddIf(HasCounter("swap") && !stats_seen_, "no statistics of the memory cgroup");
  damage.AddIf(HasCounter("memory_swap") && stats_seen_ && !HasCounter("kmem"),
               "no usage of the memory cgroup's kernel memory");
}

Integer MemcgSection::LimitKb() const {
  const MemcgCounter* const memory = Find("memory");
  return memory ? memory->limit_kb : std::nullopt;
}

// Pages of 16 KiB, the next larger ones of arm64, would be far more than the group may hold. Twice
// its limit, as its programs may also use pages of files that another group is charged for.
bool MemcgSection::ShowsSmallPages(const Integer& rss_pages) const {
  constexpr int64_t kLargerPageKb = 16;
  const Integer limit_kb = LimitKb();
  return IsSize(limit_kb) && IsSize(rss_pages) && *rss_pages > 2 * (*limit_kb / kLargerPageKb);
}

// mem_cgroup_get_limit(), mem_cgroup_get_max() since 4.19: the limit, and of swap what its own
// limit and the machine's swap allow; nothing of it where memory.swappiness is 0. The machine has
// as much swap as the group uses, and what lies there tells that it may swap. "memory+swap" counts
// both.
ScoreBase MemcgSection::score_base(const Integer& page_size_kb) const {
  ScoreBase base;
  const MemcgCounter* const memory = Find("memory");
  const Integer memory_kb = LimitKb();
  if (!IsSize(memory_kb) || !page_size_kb) return base;
  Integer most_kb;
  int64_t used_swap_kb = 0;
  if (const MemcgCounter* const swap = Find("swap")) {
    if (IsSize(swap->limit_kb)) most_kb = *memory_kb + *swap->limit_kb;
    if (IsSize(swap->usage_kb)) used_swap_kb = *swap->usage_kb;
  } else if (const MemcgCounter* const both = Find("memory_swap")) {
    if (IsSize(both->limit_kb)) most_kb = both->limit_kb;
    if (IsSize(both->usage_kb) && IsSize(memory->usage_kb))
      used_swap_kb = std::max<int64_t>(*both->usage_kb - *memory->usage_kb, 0);
  }
  if (most_kb && *most_kb < *memory_kb) most_kb.reset();
  int64_t least_kb = *memory_kb + used_swap_kb;
  if (most_kb) least_kb = std::min(least_kb, *most_kb);
  base.least_pages = least_kb / *page_size_kb;
  if (most_kb) base.most_pages = *most_kb / *page_size_kb;
  return base;
}

void MemcgSection::AddTo(EventRecord& event, const Text& path) {
  for (MemcgCounter& counter : counters_) counter.path = path;
  const bool maybe_cut = stats_bytes_ >= kShortestCutRecord && stats_bytes_ <= kLongestCutRecord;
  if (maybe_cut) stats_.pop_back();
  if (!counters_.empty())
    event.rows.push_back(std::make_unique<RowsOf<MemcgCounter>>(std::move(counters_)));
  stats_.insert(stats_.end(), of_all_groups_.begin(), of_all_groups_.end());
  if (!stats_.empty()) event.rows.push_back(std::make_unique<RowsOf<MemcgStat>>(std::move(stats_)));
}

}  // namespace kautopsy
