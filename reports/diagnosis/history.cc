#include "reports/diagnosis/history.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "reports/diagnosis/incidents.h"
#include "reports/diagnosis/signature.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kMicroseconds = 1000000;
constexpr std::size_t kMostNamed = 5;  // incidents of the same kind that a sentence names

const EventFacts* FirstMemoryReport(const IncidentFacts& facts) {
  const auto found = std::find_if(facts.events.begin(), facts.events.end(), [](const auto& event) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    return event.mem && event.dated() && !group;
  });
  return found == facts.events.end() ? nullptr : &*found;
}

void MeasureCounters(const EventFacts& event, std::vector<Measure>& measures) {
  const MemInfoFacts& mem = *event.mem;
  const std::pair<const char*, Integer> counters[] = {
      {"free", mem.free_pages},
      {"anon", mem.anon_pages},
      {"shmem", mem.shmem_pages},
      {"slab_unreclaimable", mem.slab_unreclaimable_pages},
      {"pagetables", mem.pagetables_pages}};
  for (const auto& [name, pages] : counters) {
    if (pages) measures.push_back({name, "", *pages * event.page_kb()});
  }
  if (mem.total_swap_kb && mem.free_swap_kb)
    measures.push_back({"swap_used", "", *mem.total_swap_kb - *mem.free_swap_kb});
}

void MeasurePieces(const EventFacts& event, std::vector<Measure>& measures) {
  for (const ZoneFacts* const zone : MainZones(event)) {
    if (zone->cells.empty() || ListIsCut(*zone)) continue;
    int64_t pieces = 0;
    for (const FreeCell& cell : zone->cells) {
      if (cell.order >= kMeasuredOrder) pieces += cell.count << (cell.order - kMeasuredOrder);
    }
    measures.push_back({"pieces", ZoneName(*zone), pieces});
  }
}

// Guests by name, else the largest commands, each with all of its processes that the facts kept.
void MeasureTasks(const IncidentFacts& facts, std::vector<Measure>& measures) {
  for (const EventFacts& event : facts.events) {
    if (event.tasks.biggest.empty() || !event.dated()) continue;
    const bool guests = !event.tasks.guests.empty();
    std::map<std::string, int64_t> by_name;
    for (const TaskFacts& task : guests ? event.tasks.guests : event.tasks.biggest) {
      const Text& name = guests && task.guest ? task.guest : task.comm;
      if (name && task.rss_kb) by_name[*name] += *task.rss_kb;
    }
    for (const auto& [name, kb] : by_name) measures.push_back({"rss", name, kb});
    return;
  }
}

std::string Ordinal(int64_t number) {
  const int64_t tens = number % 100;
  const int64_t ones = number % 10;
  const bool teens = tens >= 11 && tens <= 13;
  const char* const ending = teens       ? "th"
                             : ones == 1 ? "st"
                             : ones == 2 ? "nd"
                             : ones == 3 ? "rd"
                                         : "th";
  return fmt::format("{}{}", Thousands(number), ending);
}

bool Alike(const std::vector<int64_t>& spans) {
  const auto [shortest, longest] = std::minmax_element(spans.begin(), spans.end());
  return AlikeSpans(*shortest, *longest);
}

std::string RangeWords(const std::vector<int64_t>& spans) {
  const auto [shortest, longest] = std::minmax_element(spans.begin(), spans.end());
  return SpanRange(*shortest, *longest);
}

// The incidents of one signature so far.
struct Recurrence {
  std::vector<int64_t> episodes;   // ids of the incidents that began one
  std::vector<int64_t> gaps_s;     // from one episode to the next
  std::vector<int64_t> uptimes_s;  // of episodes, one per boot
  Integer last_boot;
  int64_t episode_from_us = 0;
  int64_t last_to_us = 0;
};

Finding HistoryFinding(std::string rule, Confidence confidence) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.role = Role::kContext;
  finding.confidence = confidence;
  return finding;
}

std::string EarlierWords(const Recurrence& past) {
  std::string words = past.episodes.size() == 2 ? "incident" : "incidents";
  const std::size_t earlier = past.episodes.size() - 1;
  const std::size_t from = earlier > kMostNamed ? earlier - kMostNamed : 0;
  for (std::size_t i = from; i < earlier; ++i)
    words += fmt::format("{} {}", i == from ? "" : ",", past.episodes[i]);
  return from > 0 ? words + fmt::format(" and {} before", Thousands(static_cast<int64_t>(from)))
                  : words;
}

// `named`: the signature holds a culprit; else only the cause is known to be the same.
Finding DescribeRecurrence(const Recurrence& past, bool named) {
  Finding finding = HistoryFinding("recurrence", Confidence::kHigh);
  const std::string nth = Ordinal(static_cast<int64_t>(past.episodes.size()));
  std::string rhythm = fmt::format("{} after the one before", SpanText(past.gaps_s.back()));
  if (past.gaps_s.size() >= kGapsForPeriod) {
    const std::string range = RangeWords(past.gaps_s);
    rhythm = Alike(past.gaps_s) ? "every " + range : "irregularly, " + range + " apart";
  }
  const std::string_view what = named ? "kind" : "cause";
  finding.title = fmt::format("The {} incident of this {} on this host, {}.", nth, what, rhythm);
  finding.brief = fmt::format("{} of its {} here, {}", nth, what, rhythm);
  finding.explanation =
      named ? fmt::format("Same signature: {}.", EarlierWords(past))
            : fmt::format(
                  "Same cause: {}. No culprit is named in them, so they need not be the "
                  "same trouble.",
                  EarlierWords(past));
  if (past.uptimes_s.size() >= kGapsForPeriod && Alike(past.uptimes_s)) {
    const std::string after = RangeWords(past.uptimes_s);
    finding.explanation +=
        fmt::format(" Each time {} after boot, in {} boots: something grows from boot on.", after,
                    past.uptimes_s.size());
    finding.brief += fmt::format(", each {} after boot", after);
  }
  return finding;
}

Finding DescribeContinuation(int64_t first, bool named) {
  Finding finding = HistoryFinding("continuation", Confidence::kHigh);
  if (!named) {
    finding.confidence = Confidence::kMedium;
    finding.title = fmt::format("The same cause as in incident {}, which seems to go on.", first);
    finding.brief = fmt::format("same cause as incident {} just before", first);
    finding.explanation = fmt::format("Same cause, without a named culprit, and not {} apart.",
                                      SpanRange(kSameIncidentSeconds, kSameIncidentSeconds));
    return finding;
  }
  finding.title = fmt::format("The same trouble as in incident {}, which goes on here.", first);
  finding.brief = fmt::format("goes on from incident {}", first);
  finding.explanation = fmt::format("Same signature, and not {} without a word between them.",
                                    SpanRange(kSameIncidentSeconds, kSameIncidentSeconds));
  return finding;
}

void RelateToSameKind(const PastIncident& incident, Recurrence& past, Relation& relation) {
  const bool begins = past.episodes.empty() ||
                      incident.from_us - past.last_to_us > kSameIncidentSeconds * kMicroseconds;
  if (!past.episodes.empty()) relation.same_as = past.episodes.front();
  past.last_to_us = begins ? incident.to_us : std::max(past.last_to_us, incident.to_us);
  if (begins) {
    if (!past.episodes.empty()) {
      relation.gap_s = (incident.from_us - past.episode_from_us) / kMicroseconds;
      past.gaps_s.push_back(*relation.gap_s);
    }
    past.episodes.push_back(incident.id);
    past.episode_from_us = incident.from_us;
    const bool new_boot = incident.boot_id && incident.boot_id != past.last_boot;
    if (new_boot && incident.uptime_us)
      past.uptimes_s.push_back(*incident.uptime_us / kMicroseconds);
    past.last_boot = incident.boot_id;
  }
  relation.occurrence = static_cast<int64_t>(past.episodes.size());
  const bool named = NamesCulprit(incident.signature);
  if (!begins)
    relation.findings.push_back(DescribeContinuation(past.episodes.back(), named));
  else if (relation.occurrence > 1)
    relation.findings.push_back(DescribeRecurrence(past, named));
}

// What is watched for growth: only what does not come and go with load.
struct Watched {
  std::string_view measure;
  std::string_view cause;
  std::string_view words;
};
constexpr Watched kWatched[] = {
    {"slab_unreclaimable", "slab_leak", "kernel objects [slab_unreclaimable]"},
    {"pagetables", "pagetables", "page tables"},
    {"shmem", "shmem", "shared memory and tmpfs [shmem]"},
    {"rss ", "task_leak", ""}};

const Watched* WatchedAs(std::string_view measure) {
  for (const Watched& watched : kWatched) {
    const bool by_name = watched.measure.back() == ' ';
    if (by_name ? measure.starts_with(watched.measure) : measure == watched.measure)
      return &watched;
  }
  return nullptr;
}

// Values that never fell, from incident to incident of one boot.
struct Rise {
  int64_t first_kb = 0;
  int64_t before_last_kb = 0;
  int64_t last_kb = 0;
  int64_t since_us = 0;
  int64_t points = 0;
};

constexpr int64_t kPointsForTrend = 3;
constexpr int64_t kLeastGrowthKb = 64 * 1024;  // less is noise on any machine that logs of it

void Extend(Rise& rise, int64_t value_kb, int64_t at_us) {
  if (rise.points == 0 || value_kb < rise.last_kb) rise = {value_kb, value_kb, value_kb, at_us, 0};
  rise.before_last_kb = rise.last_kb;
  rise.last_kb = value_kb;
  ++rise.points;
}

bool Tells(const Rise& rise) {
  const int64_t growth = rise.last_kb - rise.first_kb;
  return rise.points >= kPointsForTrend && growth >= kLeastGrowthKb && 2 * growth >= rise.first_kb;
}

Finding DescribeRise(const std::string& measure, const Watched& watched, const Rise& rise,
                     int64_t at_us) {
  Finding finding = HistoryFinding("trend", Confidence::kMedium);
  finding.cause = std::string(watched.cause);
  const std::string what =
      watched.words.empty() ? measure.substr(watched.measure.size()) : std::string(watched.words);
  const std::string span = SpanText((at_us - rise.since_us) / kMicroseconds);
  finding.title = fmt::format("{} grew from {} to {} in {}, over {} incidents of one boot.", what,
                              SizeText(rise.first_kb), SizeText(rise.last_kb), span, rise.points);
  finding.brief = fmt::format("{} grew from {} to {} in {}", what, SizeText(rise.first_kb),
                              SizeText(rise.last_kb), span);
  const int64_t last_step = rise.last_kb - rise.before_last_kb;
  const int64_t before = rise.before_last_kb - rise.first_kb;
  finding.explanation = last_step > 3 * before
                            ? "Most of it came in the last step: a spike rather than a leak."
                            : "It never fell in between: a leak is likely.";
  return finding;
}

using Rises = std::map<std::string, Rise, std::less<>>;

void FollowMeasures(const PastIncident& incident, Rises& rises, Relation& relation) {
  for (const auto& [measure, value] : incident.measures) {
    const Watched* const watched = WatchedAs(measure);
    if (!watched) continue;
    Rise& rise = rises[measure];
    Extend(rise, value, incident.from_us);
    if (Tells(rise))
      relation.findings.push_back(DescribeRise(measure, *watched, rise, incident.from_us));
  }
}

}  // namespace

bool AlikeSpans(int64_t shortest, int64_t longest) {
  return shortest > 0 && longest <= 2 * shortest;
}

std::vector<Measure> MeasuresOf(const IncidentFacts& facts) {
  std::vector<Measure> measures;
  if (const EventFacts* const report = FirstMemoryReport(facts)) {
    MeasureCounters(*report, measures);
    MeasurePieces(*report, measures);
  }
  MeasureTasks(facts, measures);
  return measures;
}

std::vector<Relation> RelateIncidents(const std::vector<PastIncident>& incidents) {
  std::vector<Relation> relations;
  std::map<std::string_view, Recurrence> recurrences;
  Rises rises;  // of one boot
  Integer boot;
  for (const PastIncident& incident : incidents) {
    Relation& relation = relations.emplace_back();
    relation.incident_id = incident.id;
    RelateToSameKind(incident, recurrences[incident.signature], relation);
    if (!incident.boot_id || incident.boot_id != boot) rises.clear();
    boot = incident.boot_id;
    FollowMeasures(incident, rises, relation);
  }
  return relations;
}

}  // namespace kautopsy
