#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostRefusals = 2;
constexpr std::size_t kMostRows = 14;
constexpr std::size_t kMostReruns = 8;  // memory reports whose sums a verbose report shows
constexpr int64_t kSmallHostKb = int64_t{8} << 20;  // below 8 GiB figures are given in MiB

struct SameRefusals {
  const EventFacts* first = nullptr;
  int64_t count = 0;
};

bool SameKind(const RefusalFacts& one, const RefusalFacts& other) {
  return one.order == other.order && one.gfp_mask == other.gfp_mask &&
         one.blame_symbol == other.blame_symbol && one.blame_module == other.blame_module;
}

std::vector<SameRefusals> GroupRefusals(const IncidentFacts& facts) {
  std::vector<SameRefusals> groups;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const SameRefusals& group) {
      return SameKind(*group.first->refusal, *event.refusal);
    });
    if (same != groups.end())
      ++same->count;
    else
      groups.push_back({&event, 1});
  }
  return groups;
}

std::string WhatRefused(const EventFacts& event, const std::optional<PieceRequest>& request,
                        const CallPath& path) {
  if (!request && event.refusal->size_bytes)
    return fmt::format("{} bytes [{}]", Thousands(*event.refusal->size_bytes),
                       event.refusal->kind.value_or("failure"));
  if (!request) return "a request of unknown size";
  std::string what = fmt::format("{}, mode {}", PieceWords(request->order, event.page_kb()),
                                 GfpWords(event.refusal->gfp_mask, request->gfp));
  const bool known = event.refusal->gfp_mask || event.refusal->gfp_flags;
  if (known && !request->gfp.may_reclaim)
    what += ": must not wait, so it cannot reclaim or compact";
  if (!path.where.empty()) what += ". From " + path.where;
  return what;
}

// "node 1 460 of 16 KiB and 14 of 32 KiB, none larger".
std::string LargePieces(const ZoneFacts& zone) {
  std::vector<std::string> words;
  for (const FreeCell& cell : zone.cells) {
    if (cell.order >= 2 && cell.count > 0)
      words.push_back(fmt::format("{} of {}", Thousands(cell.count), PieceSize(cell.block_kb)));
  }
  const std::optional<int> largest = LargestOrder(zone);
  const bool plain = zone.node && zone.zone == "Normal";
  const std::string name = plain ? fmt::format("node {}", *zone.node) : ZoneName(zone);
  constexpr std::size_t kMostSizes = 3;
  if (words.empty()) return name + (largest ? " only orders 0-1" : " nothing");
  if (words.size() > kMostSizes) return fmt::format("{} up to order {}", name, *largest);
  return fmt::format("{} {}, none larger", name, JoinWords(words));
}

// Output that stands directly above the refusal in the document: about its time, not its moment.
const Snapshot* Beside(const std::vector<Snapshot>& snapshots, const EventFacts& event) {
  constexpr int64_t kNearLines = 4;
  const Snapshot* beside = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    const EventFacts& first = *snapshot.events.front();
    const bool near = first.source_id == event.source_id && first.first_line < event.first_line &&
                      event.first_line - first.first_line <= kNearLines;
    if (near && !snapshot.dated() && snapshot.lists && snapshot.machine != Machine::kOther)
      beside = &snapshot;
  }
  return beside;
}

void AddBeside(const Snapshot& beside, const EventFacts& event, ReferenceList& references,
               RefusalSection& section) {
  // A year taken from a full date in the text is one that heads these lines.
  const bool same_day = event.time_quality.find("year_inferred") != std::string::npos;
  std::string text =
      fmt::format("{} [{}], not the same moment: ", same_day ? "that day" : "stands beside it",
                  SnapshotReference(references, beside));
  std::vector<std::string> words;
  for (const ZoneFacts& zone : beside.lists->zones) {
    if (IsOrdinaryZone(zone.zone) && !zone.cells.empty()) words.push_back(LargePieces(zone));
  }
  const Integer anon_kb = beside.values ? beside.values->ValueKb("AnonPages") : Integer();
  if (anon_kb) words.push_back("AnonPages " + SizeText(*anon_kb));
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : "; ") + words[i];
  section.lines.push_back({"buddy", "", text});
}

RefusalSection DescribeRefusal(const BuildInput& input, const SameRefusals& group,
                               ReferenceList& references) {
  const EventFacts& event = *group.first;
  const CallPath path = ReadCallPath(event);
  RefusalSection section;
  section.day = DayText(event);
  section.what = WhatRefused(event, RequestOf(input.facts, event), path);
  const Snapshot* const beside = Beside(input.snapshots, event);
  if (beside) AddBeside(*beside, event, references, section);
  if (!path.chain.empty()) {
    std::string chain = path.chain;
    if (path.all_unreliable) {
      chain += fmt::format("; all {} frames are marked ?, so the order of calls is a guess",
                           event.frames.size());
    }
    section.lines.push_back({"path", "", chain});
  }
  const std::string seen =
      group.count == 1 ? "Seen once." : fmt::format("Seen {} times.", Thousands(group.count));
  section.lines.push_back({"means", "", path.meaning.empty() ? seen : path.meaning + " " + seen});
  const bool interrupted =
      path.where.find("softirq") != std::string::npos || path.where == "an interrupt";
  const Text comm = event.refusal->comm ? event.refusal->comm : event.comm;
  const Integer pid = event.refusal->pid ? event.refusal->pid : event.pid;
  if (comm && interrupted) {
    section.lines.push_back(
        {"", "",
         fmt::format("{}{} was only what the interrupt stopped.", CommName(comm),
                     pid ? fmt::format(" [pid {}]", *pid) : "")});
  }
  section.refs = {HeaderReference(references, event)};
  return section;
}

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

std::string PlainWhat(const BuildInput& input, const EventFacts& event) {
  if (!event.kills.empty()) {
    const KillFacts& kill = event.kills.front();
    return (kill.guest ? *kill.guest : CommName(kill.comm)) + " killed";
  }
  if (event.refusal) {
    const std::optional<PieceRequest> request = RequestOf(input.facts, event);
    const std::string what =
        request ? PieceSize(event.page_kb() << request->order) : std::string("request");
    return what + (event.kind == "alloc_stall" ? " waited for" : " refused");
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

void BuildRefusals(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  for (const SameRefusals& group : GroupRefusals(input.facts)) {
    if (report.refusals.size() >= kMostRefusals) return;
    report.refusals.push_back(DescribeRefusal(input, group, references));
  }
}

void BuildTimeline(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  TimelineSection section;
  section.piece_kb = EventFacts::kUsualPageKb << PieceOrder(input.facts);
  section.nodes = TimelineNodes(input.snapshots);
  section.small_host = input.facts.ram_kb && *input.facts.ram_kb < kSmallHostKb;
  section.note = YearNote(input.facts);
  const EventFacts* before = nullptr;
  for (const EventFacts& event : input.facts.events) {
    if (section.rows.size() >= kMostRows) {
      section.left_out += PlainWhat(input, event).empty() ? 0 : 1;
      continue;
    }
    AddRow(input, event, before, references, section);
    if (event.dated()) before = &event;
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
    for (const int order : {0, 1, 2, 3, kUsualPieceOrder}) {
      for (const ZoneCheck& check : CheckZones(input.facts, event, OrdinaryRequest(order))) {
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
