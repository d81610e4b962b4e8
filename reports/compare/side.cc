#include "reports/compare/side.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/facts_reader.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

bool Holds(const Snapshot& snapshot, int64_t event_id) {
  return std::any_of(snapshot.events.begin(), snapshot.events.end(),
                     [event_id](const EventFacts* event) { return event->id == event_id; });
}

const Snapshot* SnapshotWith(const std::vector<Snapshot>& snapshots, int64_t event_id) {
  const auto found =
      std::find_if(snapshots.begin(), snapshots.end(),
                   [event_id](const Snapshot& snapshot) { return Holds(snapshot, event_id); });
  return found == snapshots.end() ? nullptr : &*found;
}

Result<Integer> PrimaryEvent(RowReader& reader, int64_t incident_id) {
  Integer event_id;
  const Status read = reader.ForEach(
      "SELECT event_id FROM finding WHERE incident_id = ?1 AND role = 'primary' ORDER BY rank",
      incident_id, [&](const Statement& row) {
        if (!event_id) event_id = row.GetInteger(0);
      });
  if (!read) return tl::unexpected(read.error());
  return event_id;
}

// The state that the cause rests on, else the first memory report, else the last output that
// somebody pasted, of another machine only if there is none of the host.
const Snapshot* StateOf(const Side& side, const Integer& primary) {
  if (primary) {
    const Snapshot* const about = SnapshotWith(side.snapshots, *primary);
    if (about) return about;
  }
  const Snapshot* last = nullptr;
  for (const Snapshot& snapshot : side.snapshots) {
    if (snapshot.events.front()->mem) return &snapshot;
    if (!last || snapshot.machine != Machine::kOther || last->machine == Machine::kOther)
      last = &snapshot;
  }
  return last;
}

Status ChooseOfIncident(RowReader& reader, Side& side) {
  const Result<Integer> primary = PrimaryEvent(reader, side.facts.id);
  if (!primary) return tl::unexpected(primary.error());
  side.state = StateOf(side, *primary);
  for (const EventFacts& event : side.facts.events) side.events.push_back(&event);
  const EventFacts* const about = *primary ? FindEvent(side.facts, **primary) : nullptr;
  side.record = side.state ? side.state->events.front() : about ? about : side.events.front();
  return {};
}

Status ChooseOfPlace(Side& side) {
  const std::vector<int64_t>& ids = side.pick.event_ids;
  side.state = SnapshotWith(side.snapshots, ids.front());
  const bool one_moment = std::all_of(ids.begin(), ids.end(), [&](int64_t id) {
    return id == ids.front() || (side.state && Holds(*side.state, id));
  });
  if (!one_moment) {
    std::string records;
    for (const int64_t id : ids) {
      const EventFacts* const event = FindEvent(side.facts, id);
      if (!event) continue;
      records += fmt::format("\n  {}:{}:{} {}", side.pick.name.file, event->first_line,
                             event->first_column, event->title);
    }
    return Fail(fmt::format("{}: several records stand there; name one by its column:{}",
                            side.pick.name.text, records));
  }
  if (side.state)
    side.events = side.state->events;
  else if (const EventFacts* const event = FindEvent(side.facts, ids.front()))
    side.events = {event};
  if (side.events.empty()) return Fail(side.pick.name.text + ": its record is gone");
  side.record = side.events.front();
  return {};
}

// A process table: of the state's moment if it has one, else the one with most guests.
Status FindTable(RowReader& reader, Side& side) {
  constexpr const char* kSql =
      "SELECT event_id FROM event WHERE incident_id = ?1 AND EXISTS"
      " (SELECT 1 FROM task WHERE task.event_id = event.event_id) ORDER BY event_id";
  const EventFacts* const guests = GuestTable(side.facts);
  return reader.ForEach(kSql, side.facts.id, [&](const Statement& row) {
    const int64_t id = row.GetInteger(0).value_or(0);
    for (const EventFacts* event : side.events) {
      if (event->id != id) continue;
      const bool better =
          !side.table || event == side.record || (event == guests && side.table != side.record);
      if (better) side.table = event;
    }
  });
}

}  // namespace

const EventFacts* Side::balance() const {
  if (!state) return nullptr;
  return state->events.front()->mem ? state->events.front() : state->values;
}

Result<Side> LoadSide(RowReader& reader, const SidePick& pick) {
  Result<IncidentFacts> facts = ReadIncidentFacts(reader, pick.incident_id);
  if (!facts) return tl::unexpected(facts.error());
  if (facts->events.empty()) return Fail(pick.name.text + ": its incident has no records");
  Side side;
  side.pick = pick;
  side.facts = std::move(*facts);
  side.snapshots = CollectSnapshots(side.facts);
  Status done = side.whole_incident() ? ChooseOfIncident(reader, side) : ChooseOfPlace(side);
  if (done) done = FindTable(reader, side);
  if (!done) return tl::unexpected(done.error());
  const int64_t source_id = side.whole_incident() ? side.record->source_id : pick.source_id;
  done = reader.ForEach("SELECT path FROM source WHERE source_id = ?1", source_id,
                        [&](const Statement& row) { side.path = row.GetText(0).value_or("?"); });
  if (!done) return tl::unexpected(done.error());
  return side;
}

}  // namespace kautopsy
