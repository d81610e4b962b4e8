#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "reports/builder.h"
#include "reports/diagnosis/evidence.h"

namespace kautopsy {
namespace {

std::string Key(std::string_view what, const EventFacts& event) {
  return fmt::format("{} {}", what, event.id);
}

}  // namespace

int ReferenceList::Number(const std::string& key, std::vector<Evidence> quotes) {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found != keys_.end()) return static_cast<int>(found - keys_.begin()) + 1;
  keys_.push_back(key);
  const int number = static_cast<int>(keys_.size());
  references_.push_back({number, std::move(quotes)});
  return number;
}

int KillReference(ReferenceList& references, const EventFacts& event, const KillFacts& kill) {
  std::vector<Evidence> quotes = {KillEvidence(event, kill)};
  for (const TaskFacts& task : event.tasks.biggest) {
    if (task.pid && task.pid == kill.pid) quotes.push_back(TaskEvidence(event, task));
  }
  return references.Number(fmt::format("{} {}", Key("kill", event), kill.pid.value_or(0)),
                           std::move(quotes));
}

int ZoneReference(ReferenceList& references, const EventFacts& event) {
  std::vector<Evidence> quotes;
  for (const ZoneFacts* const zone : MainZones(event)) quotes.push_back(ZoneEvidence(event, *zone));
  if (quotes.empty() && !event.zones.empty())
    quotes.push_back(ZoneEvidence(event, event.zones.back()));
  return references.Number(Key("zone", event), std::move(quotes));
}

int ListReference(ReferenceList& references, const EventFacts& event) {
  std::vector<Evidence> quotes;
  for (const ZoneFacts* const zone : MainZones(event))
    quotes.push_back(FreeListEvidence(event, *zone));
  if (quotes.empty() && !event.zones.empty())
    quotes.push_back(FreeListEvidence(event, event.zones.back()));
  return references.Number(Key("list", event), std::move(quotes));
}

int CounterReference(ReferenceList& references, const EventFacts& event) {
  std::vector<Evidence> quotes = {CounterEvidence(event, "active_anon:")};
  if (event.mem && event.mem->ram_pages) quotes.push_back(CounterEvidence(event, "pages RAM"));
  if (event.mem && event.mem->total_swap_kb) quotes.push_back(CounterEvidence(event, "Free swap"));
  return references.Number(Key("counter", event), std::move(quotes));
}

int HeaderReference(ReferenceList& references, const EventFacts& event) {
  return references.Number(Key("header", event), {HeaderEvidence(event)});
}

int SnapshotReference(ReferenceList& references, const Snapshot& snapshot) {
  const EventFacts& first = *snapshot.events.front();
  if (first.mem && first.zones.empty()) return CounterReference(references, first);
  if (first.mem) return ListReference(references, first);
  std::vector<Evidence> quotes;
  for (const EventFacts* event : snapshot.events) {
    quotes.push_back(
        FirstLineEvidence(*event, event->kind == "buddyinfo" ? "free_list" : "proc_value"));
  }
  return references.Number(Key("snapshot", *snapshot.events.front()), std::move(quotes));
}

}  // namespace kautopsy
