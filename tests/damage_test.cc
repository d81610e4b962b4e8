// What logs suffer on their way: lines lost, doubled, mixed, cut. Whatever happens, nothing may be
// stored that the undamaged sample does not say.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/match.h"
#include "tests/support/files.h"
#include "tests/support/import.h"
#include "tests/support/part_of.h"

namespace kautopsy::test {
namespace {

constexpr unsigned kSeed = 20141125;
constexpr int kRandomCuts = 150;  // per sample
constexpr int kRandomMixes = 10;  // per pair of samples

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string Describe(const RecordedRow& row) {
  std::string text = row.relation;
  for (const auto& [column, value] : row.cells)
    text += " " + column + "=" + EscapeForTerminal(value);
  return text;
}

// Everything that undamaged samples say.
class Truth {
 public:
  explicit Truth(const TextSink& whole) { Add(whole); }
  void Add(const TextSink& whole) {
    for (const RecordedEvent& event : whole.events()) {
      rows_["event"].push_back(event.facts);
      for (const RecordedRow& row : event.rows) rows_[row.relation].push_back(row);
    }
    for (const BootRecord& boot : whole.boots()) rows_["boot"].push_back(RowOfBoot(boot));
  }
  bool Holds(const RecordedRow& row, Allowed allowed) const {
    const auto found = rows_.find(row.relation);
    return found != rows_.end() && std::any_of(found->second.begin(), found->second.end(),
                                               [&row, allowed](const RecordedRow& whole) {
                                                 return IsPartOf(row, whole, allowed);
                                               });
  }

 private:
  std::map<std::string, std::vector<RecordedRow>> rows_;
};

// An event's time and uptime are those of its first line that has one.
bool Holds(const RecordedEvent& event, const std::string& printed) {
  return std::any_of(event.lines.begin(), event.lines.end(), [&](const RawLine& line) {
    return line.text.find(printed) != std::string::npos;
  });
}

bool HoldsUptime(const RecordedEvent& event, int64_t uptime_us) {
  return Holds(event, fmt::format("{}.{:06}]", uptime_us / 1000000, uptime_us % 1000000));
}

void CheckTime(const RecordedEvent& event) {
  for (const auto& [column, value] : event.facts.cells) {
    if (column == "local_time") CHECK(Holds(event, value));
    if (column == "uptime_us") CHECK(HoldsUptime(event, std::stoll(value)));
  }
}

std::string CellOf(const RecordedRow& row, std::string_view column) {
  for (const auto& [name, value] : row.cells) {
    if (name == column) return value;
  }
  return "";
}

// What a command's tasks hold is the sum of its rows.
void CheckCommands(const RecordedEvent& event) {
  if (event.kind != "oom") return;
  std::map<std::string, int64_t> pages;
  for (const RecordedRow& row : event.rows) {
    if (row.relation == "task") pages[CellOf(row, "comm")] += std::stoll(CellOf(row, "rss_pages"));
  }
  for (const RecordedRow& row : event.rows) {
    if (row.relation != "task_command") continue;
    CHECK(CellOf(row, "rss_pages") == std::to_string(pages[CellOf(row, "comm")]));
  }
}

// Sums are those of the rows that the event has.
void CheckSums(const RecordedEvent& event) {
  int64_t tasks = 0;
  int64_t pages = 0;
  int64_t swap_pages = 0;
  std::map<std::string, std::string> told;
  for (const RecordedRow& row : event.rows) {
    if (row.relation == "task") ++tasks;
    for (const auto& [column, value] : row.cells) {
      if (row.relation == "task" && column == "rss_pages") pages += std::stoll(value);
      if (row.relation == "task" && column == "swapents_pages") swap_pages += std::stoll(value);
      if (row.relation == "oom_report") told[column] = value;
    }
  }
  if (told.contains("tasks")) CHECK(told["tasks"] == std::to_string(tasks));
  if (told.contains("tasks_swap_pages"))
    CHECK(told["tasks_swap_pages"] == std::to_string(swap_pages));
  if (tasks > 0 && event.kind == "oom") CHECK(told["tasks_rss_pages"] == std::to_string(pages));
}

// What a boot's lines say is true of it one by one: a boot whose end is lost goes on in the next.
void CheckBoots(const TextSink& damaged, const Truth& truth, Allowed allowed) {
  for (const BootRecord& boot : damaged.boots()) {
    for (const auto& cell : RowOfBoot(boot).cells) {
      const RecordedRow alone{"boot", {cell}};
      if (!truth.Holds(alone, allowed)) FAIL_CHECK("not in the whole sample: ", Describe(alone));
    }
  }
}

void CheckNothingInvented(const TextSink& damaged, const Truth& truth, Allowed allowed) {
  CheckBoots(damaged, truth, allowed);
  for (const RecordedEvent& event : damaged.events()) {
    CheckTime(event);
    CheckSums(event);
    CheckCommands(event);
    if (!event.complete) CHECK_FALSE(event.damage.empty());
    if (!truth.Holds(event.facts, allowed))
      FAIL_CHECK("not in the whole sample: ", Describe(event.facts));
    for (const RecordedRow& row : event.rows) {
      if (row.relation == "task_command") continue;  // a sum
      if (!truth.Holds(row, allowed)) FAIL_CHECK("not in the whole sample: ", Describe(row));
    }
  }
}

// Byte offsets of a place in a text whose lines begin at `line_starts`.
std::size_t OffsetOf(const Place& place, const std::vector<std::size_t>& line_starts) {
  return line_starts[place.line - 1] + place.column - 1;
}

std::vector<std::size_t> LineStarts(const std::string& text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

bool SamePlace(const Place& a, const Place& b) { return a.line == b.line && a.column == b.column; }

// How many more lines follow a kill, from the reaper or for others of the group, no line tells.
bool IsKilledBefore(const RecordedEvent& event, const std::string& text, std::size_t cut) {
  const std::string_view head = std::string_view(text).substr(0, cut);
  const auto is_kill = [&](const RawLine& line) {
    const std::size_t at = line.text.find("Killed process ");
    return at != std::string::npos && head.find(line.text) != std::string_view::npos;
  };
  return std::any_of(event.lines.begin(), event.lines.end(), is_kill);
}

// A crash's report may end with each of its traces, and with the code; its end mark may be followed
// by the registers again. Nothing shows that more came.
bool MayEndBefore(const RecordedEvent& event, const std::vector<std::size_t>& starts,
                  std::size_t cut) {
  static const std::set<std::string> kKinds = {"oops",        "gpf",       "bug",
                                               "soft_lockup", "bad_page",  "hard_lockup",
                                               "hung_task",   "rcu_stall", "lockdep"};
  static const LogPattern kEnd(
      R"re(.*(?:---\[ end trace |ret_from_fork|child_rip|system_call|sysenter|entry_SYSCALL|Code: ).*)re");
  return kKinds.contains(event.kind) &&
         std::any_of(event.lines.begin(), event.lines.end(), [&](const RawLine& line) {
           return OffsetOf(line.place, starts) + line.text.size() <= cut &&
                  Matches(line.text, kEnd);
         });
}

// Output of commands has no end mark: cut behind a line, also one that was joined with the next, or
// in the blanks that end it, it looks whole.
bool CutIsVisible(const RecordedEvent& event, const std::string& text,
                  const std::vector<std::size_t>& starts, std::size_t cut) {
  if (IsKilledBefore(event, text, cut) || MayEndBefore(event, starts, cut)) return false;
  static const std::set<std::string> kOpenEnded = {"buddyinfo", "free",   "meminfo", "slabinfo",
                                                   "swaps",     "sysctl", "vmstat",  "zoneinfo"};
  const bool table = event.kind == "ps" && event.rows.back().relation == "task";
  const bool open_ended = kOpenEnded.contains(event.kind) || table;
  const std::size_t next = text.find_first_not_of(' ', cut);
  const bool behind_line =
      (cut > 0 && text[cut - 1] == '\n') || (next < text.size() && text[next] == '\n');
  const bool between_joined =
      std::any_of(event.lines.begin(), event.lines.end(), [&](const RawLine& line) {
        const std::size_t begin = OffsetOf(line.place, starts);
        return begin == cut || begin == next;
      });
  return !open_ended || !(behind_line || between_joined);
}

// An event of which only the head is left must not be called complete.
void CheckIncomplete(const TextSink& head, const RecordedEvent& event) {
  for (const RecordedEvent& left : head.events()) {
    if (!SamePlace(left.lines.front().place, event.lines.front().place)) continue;
    CAPTURE(event.title);
    CAPTURE(event.lines.front().place.line);
    CHECK_FALSE(left.complete);
  }
}

// Looks at the events that begin before `cut` and go on behind it.
void CheckCutIsNoticed(const TextSink& whole, const TextSink& head, const std::string& text,
                       std::size_t cut) {
  const std::vector<std::size_t> starts = LineStarts(text);
  for (const RecordedEvent& event : whole.events()) {
    const RawLine& last = event.lines.back();
    const bool begun = OffsetOf(event.lines.front().place, starts) < cut;
    const bool ended = OffsetOf(last.place, starts) + last.text.size() <= cut;
    if (begun && !ended && CutIsVisible(event, text, starts, cut)) CheckIncomplete(head, event);
  }
}

void CheckHead(const std::string& text, std::size_t cut, const TextSink& whole,
               const Truth& truth) {
  CAPTURE(cut);
  const TextSink head = Import(text.substr(0, cut));
  CheckNothingInvented(head, truth, Allowed::kLess);
  CheckCutIsNoticed(whole, head, text, cut);
}

// The lines of both, each in its own order.
std::string Mix(const std::vector<std::string>& a, const std::vector<std::string>& b,
                std::mt19937& random) {
  std::string mixed;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool take_a = j == b.size() || (i < a.size() && random() % 2 == 0);
    mixed += take_a ? a[i++] : b[j++];
  }
  return mixed;
}

}  // namespace

TEST_CASE("A log cut behind any line gives nothing new and tells what is cut") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const TextSink whole = Import(text);
    const Truth truth(whole);
    for (const std::size_t cut : LineStarts(text)) CheckHead(text, cut, whole, truth);
  }
}

TEST_CASE("A log cut at any byte gives nothing new and tells what is cut") {
  std::mt19937 random(kSeed);
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const TextSink whole = Import(text);
    const Truth truth(whole);
    for (int i = 0; i < kRandomCuts; ++i) CheckHead(text, random() % text.size(), whole, truth);
  }
}

TEST_CASE("A log whose beginning is missing gives nothing new") {
  std::mt19937 random(kSeed);
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const Truth truth(Import(text));
    for (const std::size_t cut : LineStarts(text)) {
      CAPTURE(cut);
      CheckNothingInvented(Import(text.substr(cut)), truth, Allowed::kConclusions);
    }
  }
}

TEST_CASE("A log that lost a line gives nothing new") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::vector<std::string> lines = SplitLines(ReadFile("samples/" + name));
    const Truth truth(Import(JoinLines(lines)));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(i);
      std::vector<std::string> rest = lines;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      CheckNothingInvented(Import(JoinLines(rest)), truth, Allowed::kConclusions);
    }
  }
}

TEST_CASE("A log in which a line stands twice gives nothing new") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::vector<std::string> lines = SplitLines(ReadFile("samples/" + name));
    const Truth truth(Import(JoinLines(lines)));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(i);
      std::vector<std::string> doubled = lines;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
      CheckNothingInvented(Import(JoinLines(doubled)), truth, Allowed::kConclusions);
    }
  }
}

TEST_CASE("A log with bytes overwritten by NULs gives nothing new") {
  std::mt19937 random(kSeed);
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const Truth truth(Import(text));
    for (int i = 0; i < kRandomCuts; ++i) {
      std::string damaged = text;
      const std::size_t begin = random() % text.size();
      const std::size_t count = std::min<std::size_t>(1 + random() % 200, text.size() - begin);
      damaged.replace(begin, count, count, '\0');
      CAPTURE(begin);
      CAPTURE(count);
      CheckNothingInvented(Import(damaged), truth, Allowed::kConclusions);
    }
  }
}

TEST_CASE("Two logs mixed line by line give nothing that neither of them says") {
  std::mt19937 random(kSeed);
  struct Sample {
    std::string name;
    std::vector<std::string> lines;
    TextSink whole;
  };
  std::vector<Sample> samples;
  for (const std::string& name : SampleNames()) {
    const std::string text = ReadFile("samples/" + name);
    samples.push_back({name, SplitLines(text), Import(text)});
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const Sample& first = samples[i];
      const Sample& second = samples[j];
      // Registers and frames do not tell whose they are, if two CPUs crash at once.
      if (first.name.starts_with("crash/") && second.name.starts_with("crash/")) continue;
      // Twice the same: a zone's counters do not tell whose they are, a victim that is told twice
      // is the one that was chosen of its group, and the lines of the firmware's report do not tell
      // which of its errors they are of.
      const bool ambiguous = first.name == "proc/zoneinfo.txt" ||
                             first.name == "oom/memcg-v2-group.log" ||
                             first.name == "mce/firmware.log";
      if (i == j && ambiguous) continue;
      CAPTURE(first.name);
      CAPTURE(second.name);
      Truth truth(first.whole);
      truth.Add(second.whole);
      for (int mix = 0; mix < kRandomMixes; ++mix) {
        const TextSink mixed = Import(Mix(first.lines, second.lines, random));
        CheckNothingInvented(mixed, truth, Allowed::kConclusions);
      }
    }
  }
}

}  // namespace kautopsy::test
