#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostRows = 14;
constexpr std::size_t kMostReruns = 8;  // memory reports whose sums a verbose report shows
constexpr int64_t kSmallHostKb = int64_t{8} << 20;  // below 8 GiB figures are given in MiB

// Nodes of the host's ordinary zones, at most as many as a line holds.
std::vector<int64_t> TimelineNodes(const std::vector<Snapshot>& snapshots) {
  constexpr std::size_t kMostNodes = 2;
  for (const Snapshot& snapshot : snapshots) {
    if (!snapshot.lists || snapshot.machine == Machine::kOther) continue;
    std::vector<int64_t> nodes = NodesOf(snapshot.lists->zones);
    if (nodes.size() > kMostNodes) nodes.clear();  // one column for all nodes
    return nodes;
  }
  return {};
}

std::string GapWords(const EventFacts* before, const EventFacts& event) {
  const std::optional<int64_t> seconds = before ? SecondsFromTo(*before, event) : std::nullopt;
  if (!seconds || *seconds <= 0) return "";
  return ", +" + SpanText(*seconds);
}

constexpr int64_t kBytesPerKb = 1024;

std::string PlainWhat(const BuildInput& input, const EventFacts& event) {
  if (!event.kills.empty()) {
    const KillFacts& kill = event.kills.front();
    return (kill.guest ? *kill.guest : CommName(kill.comm)) + " killed";
  }
  if (event.refusal) {
    const std::optional<PieceRequest> request = RequestOf(input.facts, event);
    // Of many pages that are mapped together the sum lacked, no piece.
    const Integer sum = LacksSum(event) ? event.refusal->size_bytes : Integer();
    const std::string what = sum       ? SizeText(*sum / kBytesPerKb)
                             : request ? PieceSize(event.page_kb() << request->order)
                                       : std::string("request");
    return what + (event.waits() || TriesAgain(event) ? " waited for" : " refused");
  }
  if (event.oom) return "OOM killer ran";
  return event.mem ? "memory report" : "";
}

void FillFigures(const Snapshot& snapshot, int order, const TimelineSection& section,
                 TimelineRow& row) {
  row.free_kb = snapshot.free_kb;
  row.cache_kb = snapshot.cache_kb;
  row.other_machine = snapshot.machine == Machine::kOther;
  if (section.nodes.empty()) row.pieces.push_back(PiecesFrom(snapshot, order, std::nullopt));
  for (const int64_t node : section.nodes) row.pieces.push_back(PiecesFrom(snapshot, order, node));
}

const Snapshot* SnapshotThatStartsWith(const std::vector<Snapshot>& snapshots,
                                       const EventFacts& event) {
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.events.front() == &event) return &snapshot;
  }
  return nullptr;
}

void AddRow(const BuildInput& input, const EventFacts& event, const EventFacts* before,
            ReferenceList& references, TimelineSection& section) {
  const Snapshot* const snapshot = SnapshotThatStartsWith(input.snapshots, event);
  TimelineRow row;
  row.moment = MomentText(event);
  row.kind = event.kind;
  row.what = PlainWhat(input, event);
  if (snapshot && !event.dated()) row.what = SnapshotLabel(*snapshot);
  if (row.what.empty() || (snapshot && snapshot->machine == Machine::kOther)) return;
  row.what += event.dated() ? GapWords(before, event) : "";
  if (snapshot) {
    FillFigures(*snapshot, PieceOrder(input.facts), section, row);
    row.refs = {SnapshotReference(references, *snapshot)};
    section.has_figures = true;
  }
  if (!event.kills.empty())
    row.refs = {KillReference(references, event, event.kills.front())};
  else if (event.refusal || (event.oom && !snapshot))
    row.refs = {HeaderReference(references, event)};
  section.rows.push_back(std::move(row));
}

std::string YearNote(const IncidentFacts& facts) {
  std::string year;
  std::string day;
  bool unknown = false;
  bool undated = false;
  for (const EventFacts& event : facts.events) {
    undated = undated || (!event.dated() && !event.command);
    if (event.time_quality.find("year_inferred") != std::string::npos && event.time &&
        year.empty()) {
      year = event.time->substr(0, 4);
      day = DayText(event);
    }
    unknown = unknown || (event.local_time && !event.time);
  }
  std::string note;
  if (!year.empty())
    note = unknown ? fmt::format("{} only on {}", year, day)
                   : fmt::format("year: {}, from a full date in the text", year);
  else if (unknown)
    note = "year: not in the text";
  if (undated) note += note.empty() ? "~ undated, where it stands" : "; ~ undated";
  return note;
}

// What compaction alone did, between two snapshots of one machine.
std::string CompactionNote(const BuildInput& input) {
  const int order = PieceOrder(input.facts);
  const std::optional<CompactionPair> pair = FindCompactionPair(input.snapshots, order);
  if (!pair) return "";
  const bool other = pair->before->machine == Machine::kOther;
  return fmt::format("{}, lines {}, {}: by compaction alone {} to {} such pieces",
                     other ? "Another machine" : "Here", pair->before->events.front()->first_line,
                     pair->after->events.front()->first_line, Thousands(pair->before_pieces),
                     Thousands(pair->after_pieces));
}

}  // namespace

void BuildTimeline(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  TimelineSection section;
  section.piece_kb = PieceKb(input.facts);
  section.nodes = TimelineNodes(input.snapshots);
  section.small_host = input.facts.ram_kb && *input.facts.ram_kb < kSmallHostKb;
  section.note = YearNote(input.facts);
  const EventFacts* before = nullptr;
  const EventFacts* first = nullptr;
  for (const EventFacts& event : input.facts.events) {
    if (section.rows.size() >= kMostRows) {
      section.left_out += PlainWhat(input, event).empty() ? 0 : 1;
      continue;
    }
    const std::size_t rows = section.rows.size();
    AddRow(input, event, before, references, section);
    if (!event.dated()) continue;
    before = &event;
    if (section.rows.size() == rows) continue;
    if (!first) first = &event;
    section.rows.back().after_s = SecondsFromTo(*first, event);
  }
  const std::string compaction = CompactionNote(input);
  if (!compaction.empty()) section.notes.push_back(compaction);
  if (section.rows.size() > 1) report.timeline = std::move(section);
}

void BuildNotes(const BuildInput& input, IncidentReport& report) {
  for (const SelfCheck& check : report.checks) {
    report.notes.push_back(fmt::format("{}: {}",
                                       check.note ? "note"
                                       : check.ok ? "agrees"
                                                  : "DIFFERS",
                                       check.text));
  }
  std::size_t reports = 0;
  for (const EventFacts& event : input.facts.events) {
    if (!event.rerun || ++reports > kMostReruns) continue;
    for (const ZoneCheck& check : event.rerun->checks) {
      if (!event.rerun->request.assumed)
        report.notes.push_back(
            fmt::format("{} the request itself: {}", DayText(event), CheckWords(check)));
    }
    for (const int order : {0, 1, 2, 3, kUsualPieceOrder}) {
      PieceRequest ordinary = OrdinaryRequest(order);
      ordinary.assumed = event.rerun->request.assumed;
      for (const ZoneCheck& check : CheckZones(input.facts, event, ordinary)) {
        report.notes.push_back(
            fmt::format("{} order {}: {}", DayText(event), order, CheckWords(check)));
      }
    }
  }
  for (const Snapshot& snapshot : input.snapshots) {
    if (snapshot.machine != Machine::kOther) continue;
    report.notes.push_back(
        fmt::format("line {}: another machine, its zone DMA or MemTotal differs from {}'s",
                    snapshot.events.front()->first_line, HostName(input.facts)));
  }
}

}  // namespace kautopsy
