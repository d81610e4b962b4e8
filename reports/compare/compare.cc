#include "reports/compare/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "reports/compare/parts.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/signature.h"
#include "reports/render/compare.h"
#include "reports/render/words.h"

namespace kautopsy {
namespace {

// The largest order of more than a page that was refused; of a snapshot of another machine none.
Integer RefusedOrder(const Side& side) {
  if (side.state && side.state->machine == Machine::kOther) return std::nullopt;
  Integer order;
  for (const EventFacts& event : side.facts.events) {
    const Integer asked = event.oom       ? event.oom->order
                          : event.refusal ? event.refusal->order
                                          : Integer();
    if (asked.value_or(0) > order.value_or(0)) order = asked;
  }
  return order;
}

void FillVictims(const Side& side, ComparedSide& compared) {
  constexpr std::size_t kMostVictims = 5;
  for (const EventFacts* event : side.events) {
    for (const KillFacts& kill : event->kills) {
      if (kill.repeated) continue;
      ++compared.victims_in_all;
      if (compared.victims.size() < kMostVictims)
        compared.victims.push_back({VictimName(kill), kill.pid, kill.RssKb()});
    }
  }
}

Status FillIncident(RowReader& reader, ComparedSide& compared) {
  constexpr const char* kSql =
      "SELECT i.headline, i.severity, i.primary_cause, i.confidence, i.signature,"
      " (SELECT f.brief FROM finding AS f WHERE f.incident_id = i.incident_id"
      "  AND f.role = 'primary' ORDER BY f.rank LIMIT 1)"
      " FROM incident AS i WHERE i.incident_id = ?1";
  return reader.ForEach(kSql, *compared.incident_id, [&](const Statement& row) {
    compared.headline = row.GetText(0).value_or("");
    compared.severity = row.GetText(1).value_or("");
    compared.cause = row.GetText(2).value_or("unknown");
    compared.confidence = row.GetText(3).value_or("low");
    compared.signature = row.GetText(4).value_or("");
    compared.cause_words = row.GetText(5).value_or("");
  });
}

// "/proc/buddyinfo, /proc/meminfo", "memory report", "/proc/buddyinfo after compaction".
std::string WhatOf(const Side& side) {
  if (!side.state) return side.record->title;
  std::string label = SnapshotLabel(*side.state);
  if (side.state->events.front()->mem && !side.state->after_compact && !side.state->after_drop)
    return label;
  std::string words;
  for (const EventFacts* event : side.state->events)
    words += (words.empty() ? "" : ", ") + event->title;
  return label.starts_with("after") ? words + " " + label : words;
}

// `path` is how its file is called.
Result<ComparedSide> Describe(RowReader& reader, const Side& side, const std::string& path) {
  ComparedSide compared;
  const EventFacts& record = *side.record;
  const bool whole = side.whole_incident();
  compared.place = fmt::format("{}:{}:{}", path, whole ? record.first_line : side.pick.line,
                               whole ? record.first_column : side.pick.column);
  compared.label = !whole                    ? compared.place
                   : side.pick.name.incident ? fmt::format("incident {}", side.facts.id)
                                             : path;
  compared.chosen = side.pick.chosen;
  if (whole) compared.moments = static_cast<int64_t>(side.snapshots.size());
  compared.what = WhatOf(side);
  if (record.dated()) compared.moment = MomentText(record);
  compared.time = record.time;
  const MachineMarks marks = MarksOf(side);
  compared.host = marks.host;
  compared.host_deduced = marks.host_deduced;
  compared.ram_kb = marks.ram_kb;
  compared.kernel_release = marks.kernel;
  compared.incident_id = side.facts.id;
  compared.whole_incident = whole;
  FillVictims(side, compared);
  if (whole) {
    if (Status read = FillIncident(reader, compared); !read) return tl::unexpected(read.error());
  }
  return compared;
}

// Only what its clocks show. Uptimes are of one boot only where that is known.
EventFacts ClockOf(const EventFacts& event, bool same_boot) {
  EventFacts clock;
  clock.time = event.time;
  clock.time_us = event.time_us;
  clock.local_time = event.local_time;
  if (same_boot) clock.uptime_us = event.uptime_us;
  return clock;
}

// Of two sides of one store. A log whose lines name no host is that of one machine, and of one boot
// as far as no other is seen in it.
bool SameBoot(const EventFacts& first, const EventFacts& second) {
  if (first.boot_id || second.boot_id) return first.boot_id == second.boot_id;
  return first.uptime_us && second.uptime_us && first.source_id == second.source_id;
}

void FillTime(const Side& before, const Side& after, bool same_boot, Comparison& comparison) {
  const EventFacts& first = *before.record;
  const EventFacts& second = *after.record;
  comparison.seconds_between = SecondsFromTo(ClockOf(first, same_boot), ClockOf(second, same_boot));
  const bool by_year = first.time_us && second.time_us;
  const bool by_date = (first.local_time || first.time) && (second.local_time || second.time);
  if (comparison.seconds_between && by_date && !by_year)
    comparison.time_note = "the year is not in the text; the same one is assumed";
}

// Memory in use of swap, which lies outside of RAM.
Integer SwapUsedKb(const EventFacts& event) {
  if (event.mem && event.mem->total_swap_kb && event.mem->free_swap_kb)
    return *event.mem->total_swap_kb - *event.mem->free_swap_kb;
  const Integer total_kb = event.ValueKb("SwapTotal");
  const Integer free_kb = event.ValueKb("SwapFree");
  return total_kb && free_kb ? Integer(*total_kb - *free_kb) : event.ValueKb("Swap.used");
}

// What the store itemised of the state; of `free` the one figure that all count alike.
Result<std::vector<BalanceItem>> ItemsOf(RowReader& reader, const Side& side) {
  Result<std::vector<BalanceItem>> items = ReadItems(reader, side.balance()->id);
  if (!items) return items;
  if (items->empty() && side.state->free_kb) items->push_back({"free", *side.state->free_kb, ""});
  const Integer swap_kb = SwapUsedKb(*side.balance());
  if (swap_kb) items->push_back({"swap_used", *swap_kb, "outside"});
  return items;
}

// One reader twice, if both sides are of one store.
struct Readers {
  RowReader& before;
  RowReader& after;
};

Status FillMemory(const Readers& readers, const Side& before, const Side& after,
                  Comparison& comparison) {
  if (!before.balance() || !after.balance()) return {};
  const Result<std::vector<BalanceItem>> first = ItemsOf(readers.before, before);
  if (!first) return tl::unexpected(first.error());
  const Result<std::vector<BalanceItem>> second = ItemsOf(readers.after, after);
  if (!second) return tl::unexpected(second.error());
  if (first->empty() || second->empty()) return {};
  const bool alike = before.balance()->mem.has_value() == after.balance()->mem.has_value();
  MemoryChange memory;
  memory.items = CompareItems(*first, *second, alike);
  memory.ram_before_kb = comparison.before.ram_kb;
  memory.ram_after_kb = comparison.after.ram_kb;
  if (!alike) {
    memory.note =
        "A memory report counts by the lists of reclaim, /proc/meminfo by the kind of page.";
  }
  comparison.memory = std::move(memory);
  return {};
}

std::string PartNote(const Side& before, const Side& after) {
  std::string note;
  const std::pair<const Side*, const char*> sides[] = {{&before, "first"}, {&after, "second"}};
  for (const auto& [side, name] : sides) {
    const char* const why = !side->table->complete      ? "is incomplete"
                            : side->table->kind == "ps" ? "is of ps or top, which may be a part"
                                                        : nullptr;
    if (why)
      note += fmt::format("{}the table of the {} {}: what it lacks may still run",
                          note.empty() ? "" : "; ", name, why);
  }
  return note;
}

Status FillHolders(const Readers& readers, const Side& before, const Side& after,
                   Comparison& comparison) {
  if (!before.table || !after.table) return {};
  HoldersChange change;
  change.moment_before = MomentText(*before.table);
  change.moment_after = MomentText(*after.table);
  change.refused = TablesDiffer(*before.table, *after.table);
  if (change.refused.empty()) {
    const Result<std::vector<HolderSum>> first = ReadHolders(readers.before, before.table->id);
    if (!first) return tl::unexpected(first.error());
    const Result<std::vector<HolderSum>> second = ReadHolders(readers.after, after.table->id);
    if (!second) return tl::unexpected(second.error());
    change.holders = CompareHolders(*first, *second);
    change.total_before_kb = TotalKb(*first);
    change.total_after_kb = TotalKb(*second);
    change.note = PartNote(before, after);
  }
  comparison.holders = std::move(change);
  return {};
}

void FillLists(const Side& before, const Side& after, Comparison& comparison) {
  if (!before.lists() || !after.lists()) return;
  const Integer refused = std::max(RefusedOrder(before), RefusedOrder(after));
  ListChange lists = CompareLists(*before.lists(), *after.lists(),
                                  static_cast<int>(refused.value_or(kUsualPieceOrder)));
  lists.refused = refused.has_value();
  if (!lists.zones.empty()) comparison.lists = std::move(lists);
}

void FillSignature(Comparison& comparison) {
  const ComparedSide& before = comparison.before;
  const ComparedSide& after = comparison.after;
  if (!before.whole_incident || !after.whole_incident) return;
  comparison.same_signature = before.signature == after.signature;
  if (before.signature == after.signature)
    comparison.signature_why =
        NamesCulprit(after.signature)
            ? after.signature
            : fmt::format("the same cause, but no culprit is named: {}", after.signature);
  else if (before.cause != after.cause)
    comparison.signature_why =
        fmt::format("the causes differ: {}; {}", before.signature, after.signature);
  else
    comparison.signature_why = fmt::format("one cause, but another request or holder: {}; {}",
                                           before.signature, after.signature);
}

bool SameRecord(const Side& before, const Side& after) {
  return before.record->id == after.record->id && before.whole_incident() == after.whole_incident();
}

Status DescribeBoth(const Readers& readers, const Side& before, const Side& after,
                    Comparison& comparison) {
  const bool whole_paths =
      FileName(before.path) == FileName(after.path) && before.path != after.path;
  const auto called = [&](const Side& side) {
    return whole_paths ? side.path : FileName(side.path);
  };
  Result<ComparedSide> first = Describe(readers.before, before, called(before));
  if (!first) return tl::unexpected(first.error());
  Result<ComparedSide> second = Describe(readers.after, after, called(after));
  if (!second) return tl::unexpected(second.error());
  comparison.before = std::move(*first);
  comparison.after = std::move(*second);
  return {};
}

// Of two sides of one store, or of two.
Status FillDifferences(const Readers& readers, const Side& before, const Side& after,
                       Comparison& comparison) {
  const bool same_store = &readers.before == &readers.after;
  const bool same_boot = same_store && SameBoot(*before.record, *after.record);
  MachineMarks first = MarksOf(before);
  MachineMarks second = MarksOf(after);
  if (same_boot) first.boot = second.boot = 1;
  comparison.machine = JudgeMachine(first, second);
  if (same_store) comparison.commands = FindCommandsBetween(before, after);
  if (!comparison.commands.place.empty()) {
    comparison.machine.why +=
        fmt::format(" The command between them is in the text ({}).", comparison.commands.place);
  }
  FillTime(before, after, same_boot, comparison);
  FillLists(before, after, comparison);
  Status done = FillMemory(readers, before, after, comparison);
  if (done) done = FillHolders(readers, before, after, comparison);
  if (!done) return done;
  FillSignature(comparison);
  AddRemarks(before, after, comparison);
  comparison.unknowns = FindUnknowns(before, after);
  return {};
}

}  // namespace

Result<Comparison> Compare(const StoredSide& before, const StoredSide& after) {
  const bool same_store = before.database == after.database;
  RowReader first_reader(*before.database);
  RowReader second_reader(*after.database);
  const Readers readers{first_reader, same_store ? first_reader : second_reader};
  const Result<Side> first = LoadSide(readers.before, before.pick);
  if (!first) return tl::unexpected(first.error());
  const Result<Side> second = LoadSide(readers.after, after.pick);
  if (!second) return tl::unexpected(second.error());
  Comparison comparison;
  Status done = DescribeBoth(readers, *first, *second, comparison);
  comparison.same_record = same_store && SameRecord(*first, *second);
  if (done && !comparison.same_record) done = FillDifferences(readers, *first, *second, comparison);
  if (!done) return tl::unexpected(done.error());
  comparison.headline = ComparisonHeadline(comparison);
  return comparison;
}

Status PrintComparison(const StoredSide& before, const StoredSide& after,
                       const ReportOptions& options, std::ostream& out) {
  if (options.redact) {
    if (Status redacted = Database::RedactAlike(*before.database, *after.database); !redacted)
      return redacted;
  }
  const Result<Comparison> comparison = Compare(before, after);
  if (!comparison) return tl::unexpected(comparison.error());
  if (options.format == ReportFormat::kJson)
    out << ComparisonJson(*comparison).dump(2) << '\n';
  else
    RenderComparisonText(*comparison, options, out);
  return {};
}

}  // namespace kautopsy
