#include "reports/diagnosis/incidents.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/time.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/snapshots.h"

namespace kautopsy {
namespace {

constexpr int64_t kMicroseconds = 1000000;
constexpr int kAnyLeapYear = 2000;  // stands in for a year that the log did not print

struct Ungrouped {
  int64_t event_id = 0;
  int64_t source_id = 0;
  Text host;
  Integer boot_id;
  bool pasted = false;
  bool command = false;
  char clock = 'n';  // w: wall time, y: printed time without a year, u: uptime, n: none
  int64_t clock_us = 0;
  Integer incident_id;  // set for events that have one already
};

// Events of one key may belong together; no two keys ever do.
using Key = std::tuple<char, std::string, int64_t, int64_t>;  // clock, host, source, boot

Key KeyOf(const Ungrouped& event) {
  const bool by_source = !event.host || event.clock == 'n';
  return {event.clock, event.host.value_or(""), by_source ? event.source_id : 0,
          event.clock == 'u' ? event.boot_id.value_or(0) : 0};
}

void ReadClock(const Statement& row, int column, Ungrouped& event) {
  const Integer time_us = row.GetInteger(column);
  const Text local_time = row.GetText(column + 1);
  const Integer uptime_us = row.GetInteger(column + 2);
  if (time_us) {
    event.clock = 'w';
    event.clock_us = *time_us;
    return;
  }
  std::optional<PrintedTime> printed = local_time ? ParsePrintedTime(*local_time) : std::nullopt;
  if (printed) {
    printed->year = printed->year.value_or(kAnyLeapYear);
    event.clock = 'y';
    event.clock_us = MicrosecondsSinceEpoch(*printed).value_or(0);
  } else if (uptime_us) {
    event.clock = 'u';
    event.clock_us = *uptime_us;
  }
}

Result<std::vector<Ungrouped>> ReadEvents(Database& database, const std::string& condition) {
  const std::string sql =
      "SELECT event_id, source_id, host, boot_id, kind IN " + std::string(kPastedKindsSql) +
      " AND time_us IS NULL AND local_time IS NULL AND uptime_us IS NULL, "
      "time_us, local_time, uptime_us,"
      " incident_id, kind = 'command' FROM event WHERE kind NOT IN ('boot', 'lost_lines') AND " +
      condition + " ORDER BY source_id, first_line, first_column, event_id";
  Result<Statement> statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  std::vector<Ungrouped> events;
  Result<bool> row = statement->Step();
  for (; row && *row; row = statement->Step()) {
    Ungrouped event;
    event.event_id = statement->GetInteger(0).value_or(0);
    event.source_id = statement->GetInteger(1).value_or(0);
    event.host = statement->GetText(2);
    event.boot_id = statement->GetInteger(3);
    event.pasted = statement->GetInteger(4) == 1;
    ReadClock(*statement, 5, event);
    event.incident_id = statement->GetInteger(8);
    event.command = statement->GetInteger(9) == 1;
    events.push_back(std::move(event));
  }
  if (!row) return tl::unexpected(row.error());
  return events;
}

using Group = std::vector<const Ungrouped*>;

// Cuts one key's events where the clock shows a gap. `events` are sorted by the clock afterwards.
std::vector<Group> CutAtGaps(Group& events) {
  std::stable_sort(events.begin(), events.end(), [](const Ungrouped* one, const Ungrouped* other) {
    return one->clock_us < other->clock_us;
  });
  std::vector<Group> groups;
  for (const Ungrouped* event : events) {
    const bool joins =
        !groups.empty() && groups.back().size() < kMaxEventsPerIncident &&
        event->clock_us - groups.back().back()->clock_us <= kSameIncidentSeconds * kMicroseconds;
    if (!joins) groups.emplace_back();
    groups.back().push_back(event);
  }
  return groups;
}

// A command alone, without any output, is no incident.
bool HoldsMoreThanCommands(const Group& group) {
  return std::any_of(group.begin(), group.end(),
                     [](const Ungrouped* event) { return !event->command; });
}

std::vector<Group> GroupAll(const std::vector<Ungrouped>& fresh,
                            const std::vector<Ungrouped>& known) {
  std::set<int64_t> case_files;
  for (const Ungrouped& event : fresh) {
    if (event.pasted) case_files.insert(event.source_id);
  }
  std::map<int64_t, Group> by_file;
  std::map<Key, Group> by_key;
  for (const Ungrouped& event : fresh) {
    if (case_files.count(event.source_id) > 0)
      by_file[event.source_id].push_back(&event);
    else
      by_key[KeyOf(event)].push_back(&event);
  }
  for (const Ungrouped& event : known) {
    const auto found = by_key.find(KeyOf(event));
    if (found != by_key.end()) found->second.push_back(&event);
  }
  std::vector<Group> groups;
  for (auto& [source_id, events] : by_file) {
    if (HoldsMoreThanCommands(events)) groups.push_back(std::move(events));
  }
  for (auto& [key, events] : by_key) {
    for (Group& group : CutAtGaps(events)) groups.push_back(std::move(group));
  }
  return groups;
}

int64_t FirstEvent(const Group& group) {
  int64_t first = group.front()->event_id;
  for (const Ungrouped* event : group) first = std::min(first, event->event_id);
  return first;
}

// The host that most of the group's events name.
Text HostOf(const Group& group) {
  std::map<std::string, int64_t> counts;
  for (const Ungrouped* event : group) {
    if (event->host) ++counts[*event->host];
  }
  const auto most = std::max_element(
      counts.begin(), counts.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  return most == counts.end() ? Text() : Text(most->first);
}

class GroupWriter {
 public:
  static Result<GroupWriter> Open(Database& database) {
    Result<Statement> insert = database.Prepare("INSERT INTO incident (host) VALUES (?1)");
    if (!insert) return tl::unexpected(insert.error());
    Result<Statement> assign =
        database.Prepare("UPDATE event SET incident_id = ?1 WHERE event_id = ?2");
    if (!assign) return tl::unexpected(assign.error());
    return GroupWriter(database, std::move(*insert), std::move(*assign));
  }

  // The incident that now holds the group; none if all its events had one.
  Result<Integer> Write(const Group& group) {
    Integer incident_id;
    bool grown = false;
    for (const Ungrouped* event : group) {
      grown = grown || !event->incident_id;
      if (event->incident_id && !incident_id) incident_id = event->incident_id;
    }
    if (!grown) return Integer();
    if (!incident_id) {
      insert_.Reset();
      insert_.Bind(0, HostOf(group));
      const Result<bool> done = insert_.Step();
      if (!done) return tl::unexpected(done.error());
      incident_id = database_->LastInsertId();
    }
    for (const Ungrouped* event : group) {
      if (event->incident_id) continue;
      assign_.Reset();
      assign_.Bind(0, incident_id);
      assign_.Bind(1, Integer(event->event_id));
      const Result<bool> done = assign_.Step();
      if (!done) return tl::unexpected(done.error());
    }
    return incident_id;
  }

 private:
  GroupWriter(Database& database, Statement insert, Statement assign)
      : database_(&database), insert_(std::move(insert)), assign_(std::move(assign)) {}

  Database* database_;
  Statement insert_;
  Statement assign_;
};

// Events that already have an incident and whose clock is near one of the fresh ones.
Result<std::vector<Ungrouped>> ReadNeighbours(Database& database,
                                              const std::vector<Ungrouped>& fresh) {
  Integer from;
  Integer to;
  bool other_clock = false;
  for (const Ungrouped& event : fresh) {
    if (event.clock == 'w') {
      from = std::min(from.value_or(event.clock_us), event.clock_us);
      to = std::max(to.value_or(event.clock_us), event.clock_us);
    } else {
      other_clock = other_clock || event.host;
    }
  }
  constexpr int64_t kReach = kSameIncidentSeconds * kMicroseconds;
  constexpr int64_t kFarthest = int64_t{1} << 62;
  std::string condition = "incident_id IS NOT NULL AND (";
  condition += from ? fmt::format("time_us BETWEEN {} AND {}", std::max(*from, -kFarthest) - kReach,
                                  std::min(*to, kFarthest) + kReach)
                    : "0";
  if (other_clock) condition += " OR time_us IS NULL AND host IS NOT NULL";
  return ReadEvents(database, condition + ")");
}

}  // namespace

Result<std::vector<int64_t>> GroupEvents(Database& database) {
  const Result<std::vector<Ungrouped>> fresh = ReadEvents(database, "incident_id IS NULL");
  if (!fresh) return tl::unexpected(fresh.error());
  std::vector<int64_t> changed;
  if (fresh->empty()) return changed;
  const Result<std::vector<Ungrouped>> known = ReadNeighbours(database, *fresh);
  if (!known) return tl::unexpected(known.error());
  std::vector<Group> groups = GroupAll(*fresh, *known);
  std::stable_sort(groups.begin(), groups.end(), [](const Group& one, const Group& other) {
    return FirstEvent(one) < FirstEvent(other);
  });
  Result<GroupWriter> writer = GroupWriter::Open(database);
  if (!writer) return tl::unexpected(writer.error());
  for (const Group& group : groups) {
    const Result<Integer> incident = writer->Write(group);
    if (!incident) return tl::unexpected(incident.error());
    if (*incident) changed.push_back(**incident);
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

}  // namespace kautopsy
