#include "reports/diagnosis/event_groups.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "reports/diagnosis/incidents.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/snapshots.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr int64_t kMicroseconds = 1000000;
constexpr int kAnyLeapYear = 2000;  // stands in for a year that the log did not print

// A log may hold millions of events: they are sorted into groups in temporary tables, which SQLite
// moves to a file as they grow. Events of one key may belong together, no two keys ever do; a group
// is named by its first event. incident_id is set for events that have one already. Groups of one
// chain are parts of a storm: no gap is between them.
constexpr char kCreateTables[] =
    "CREATE TEMP TABLE IF NOT EXISTS clocked"
    " (event_id INTEGER PRIMARY KEY, key INTEGER, clock_us INTEGER, incident_id INTEGER);"
    "CREATE TEMP TABLE IF NOT EXISTS grouped"
    " (first_event INTEGER, from_event INTEGER, to_event INTEGER, incident_id INTEGER,"
    " chain INTEGER, parted INTEGER);";
constexpr char kEmptyTables[] = "DELETE FROM temp.clocked; DELETE FROM temp.grouped;";
constexpr char kInsertClocked[] =
    "INSERT OR IGNORE INTO temp.clocked (event_id, key, clock_us, incident_id) VALUES (?1, ?2, ?3, "
    "?4)";
constexpr char kSelectClocked[] =
    "SELECT event_id, key, clock_us, incident_id FROM temp.clocked ORDER BY key, clock_us, "
    "event_id";
constexpr char kInsertGrouped[] =
    "INSERT INTO temp.grouped (first_event, from_event, to_event, incident_id, chain)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";
// An incident whose events have come apart, because their times or hosts are known better, goes on
// where its first event is; its others are as new. Of incidents that are not outdated only the
// events nearby are grouped, so that a gap between those tells nothing.
constexpr char kPart[] =
    "UPDATE temp.grouped SET incident_id = NULL, parted = 1 FROM (SELECT incident_id AS known,"
    " chain AS kept, min(from_event) FROM temp.grouped WHERE incident_id IN (SELECT incident_id"
    " FROM incident WHERE outdated = 1) GROUP BY incident_id)"
    " WHERE incident_id = known AND chain <> kept;"
    "UPDATE event SET incident_id = NULL WHERE event_id IN (SELECT e.event_id FROM temp.grouped"
    " AS g CROSS JOIN event AS e WHERE g.parted AND e.event_id BETWEEN g.from_event AND "
    "g.to_event)";
// What is to be grouped: new events, and those whose time or host may have changed.
constexpr char kFresh[] =
    "(incident_id IS NULL OR incident_id IN (SELECT incident_id FROM incident WHERE outdated = 1))";

struct EventClock {
  int64_t event_id = 0;
  int64_t source_id = 0;
  Text host;
  Integer boot_id;
  std::string date;  // in words that are not known: equal or not is all that it tells
  bool command = false;
  bool of_tree = false;  // the state of a host, as a file of its tree holds it
  char clock = 'n';      // w: wall time, y: printed time without a year, u: uptime, n: none
  int64_t clock_us = 0;
  Integer incident_id;  // set for events that have one already
};

// A hash: a central log names more hosts than fit into memory.
int64_t Key(char clock, std::string_view host, int64_t source_id, int64_t boot_id) {
  return static_cast<int64_t>(
      QuickHash(fmt::format("{} {} {} {}", clock, source_id, boot_id, host)));
}

int64_t KeyOf(const EventClock& event) {
  const bool by_source = !event.host || (event.clock == 'n' && !event.of_tree);
  return Key(event.clock, event.host.value_or("") + event.date, by_source ? event.source_id : 0,
             event.clock == 'u' ? event.boot_id.value_or(0) : 0);
}

void ReadClock(const Statement& row, int column, EventClock& event) {
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
  } else if (local_time) {
    event.date = "\n" + std::string(DateWords(*local_time));
  }
}

template <class Body>
Status ForEachEvent(Database& database, const std::string& condition, Body&& body) {
  const std::string sql =
      "SELECT event_id, source_id, host, boot_id, kind = 'command', time_us, local_time, uptime_us,"
      " incident_id, kind IN ('meminfo', 'vmstat', 'buddyinfo', 'zoneinfo', 'pagetypeinfo',"
      " 'slabinfo', 'free', 'swaps', 'ps') AND time_us IS NULL AND EXISTS (SELECT 1 FROM source"
      " WHERE source.source_id = event.source_id AND tree_host IS NOT NULL)"
      " FROM event WHERE kind NOT IN ('boot', 'lost_lines', 'sysctl') AND " +
      condition;
  return ForEachRow(database, sql, [&](const Statement& row) {
    EventClock event;
    event.event_id = row.GetInteger(0).value_or(0);
    event.source_id = row.GetInteger(1).value_or(0);
    event.host = row.GetText(2);
    event.boot_id = row.GetInteger(3);
    event.command = row.GetInteger(4) == 1;
    ReadClock(row, 5, event);
    event.incident_id = row.GetInteger(8);
    event.of_tree = row.GetInteger(9) == 1;
    return body(event);
  });
}

// The fresh events, by key, and the ones near them that are in no such incident.
class EventSorter {
 public:
  explicit EventSorter(Database& database) : database_(database) {}

  // Fills `clocked`.
  Status Sort() {
    Status done = ReadCaseFiles();
    Result<Statement> insert = database_.Prepare(kInsertClocked);
    if (!insert) return tl::unexpected(insert.error());
    if (done) {
      done = ForEachEvent(database_, kFresh, [&](const EventClock& event) {
        const int64_t key = FreshKeyOf(event);
        NoteReach(event);
        return Run(*insert, event.event_id, key, event.clock_us, event.incident_id);
      });
    }
    TidyKeys();
    if (!done || keys_.empty()) return done;
    return ForEachEvent(database_, NeighbourCondition(), [&](const EventClock& event) {
      const int64_t key = KeyOf(event);
      if (!std::binary_search(keys_.begin(), keys_.end(), key)) return Status();
      return Run(*insert, event.event_id, key, event.clock_us, event.incident_id);
    });
  }

  // True if all events of the key are one incident.
  bool IsCaseFile(int64_t key) const { return case_keys_.contains(key); }
  // A case file's command alone, without any output, is no incident.
  bool HoldsMoreThanCommands(int64_t case_key) const { return case_keys_.at(case_key); }

 private:
  Status ReadCaseFiles() {
    const std::string sql =
        "SELECT DISTINCT source_id FROM event WHERE " + std::string(kFresh) + " AND kind IN " +
        std::string(kPastedKindsSql) +
        " AND time_us IS NULL AND local_time IS NULL AND uptime_us IS NULL"
        " AND source_id NOT IN (SELECT source_id FROM source WHERE tree_host IS NOT NULL)";
    return ForEachRow(database_, sql, [&](const Statement& row) {
      case_files_.insert(row.GetInteger(0).value_or(0));
      return Status();
    });
  }

  int64_t FreshKeyOf(const EventClock& event) {
    const bool case_file = case_files_.contains(event.source_id);
    const int64_t key = case_file ? Key('c', "", event.source_id, 0) : KeyOf(event);
    if (case_file) {
      bool& has_output = case_keys_[key];
      has_output = has_output || !event.command;
    }
    if (keys_.size() == keys_.capacity()) TidyKeys();
    keys_.push_back(key);
    return key;
  }

  void TidyKeys() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  }

  void NoteReach(const EventClock& event) {
    if (event.clock == 'w') {
      from_us_ = std::min(from_us_.value_or(event.clock_us), event.clock_us);
      to_us_ = std::max(to_us_.value_or(event.clock_us), event.clock_us);
    } else {
      other_clock_ = other_clock_ || event.host;
    }
  }

  // Events that already have an incident and whose clock is near one of the fresh ones.
  std::string NeighbourCondition() const {
    constexpr int64_t kReach = kSameIncidentSeconds * kMicroseconds;
    constexpr int64_t kFarthest = int64_t{1} << 62;
    std::string condition = "incident_id IS NOT NULL AND (";
    condition += from_us_ ? fmt::format("time_us BETWEEN {} AND {}",
                                        std::max(*from_us_, -kFarthest) - kReach,
                                        std::min(*to_us_, kFarthest) + kReach)
                          : "0";
    if (other_clock_) condition += " OR time_us IS NULL AND host IS NOT NULL";
    return condition + ")";
  }

  Database& database_;
  std::set<int64_t> case_files_;  // sources
  std::vector<int64_t> keys_;  // of fresh events; a set of as many hosts takes five times as much
  std::map<int64_t, bool> case_keys_;  // of case files: true if there is more than commands
  Integer from_us_;
  Integer to_us_;
  bool other_clock_ = false;
};

// Events of one group whose ids follow each other, as those of most logs do.
struct Span {
  int64_t from = 0;
  int64_t to = 0;
  Integer incident_id;
};

class Group {
 public:
  std::size_t size() const { return size_; }

  void Add(int64_t event_id, const Integer& incident_id) {
    ++size_;
    const bool follows = !spans_.empty() && spans_.back().to + 1 == event_id &&
                         spans_.back().incident_id == incident_id;
    if (follows)
      spans_.back().to = event_id;
    else
      spans_.push_back({event_id, event_id, incident_id});
  }

  Status Store(Statement& insert, int64_t chain) const {
    int64_t first_event = std::numeric_limits<int64_t>::max();
    for (const Span& span : spans_) first_event = std::min(first_event, span.from);
    Status done;
    for (const Span& span : spans_) {
      if (done) done = Run(insert, first_event, span.from, span.to, span.incident_id, chain);
    }
    return done;
  }

 private:
  std::size_t size_ = 0;
  std::vector<Span> spans_;
};

// Fills `grouped`: cuts one key's events where the clock shows a gap, or a storm is too long.
Status CutAtGaps(Database& database, const EventSorter& sorter) {
  Result<Statement> insert = database.Prepare(kInsertGrouped);
  if (!insert) return tl::unexpected(insert.error());
  Group group;
  int64_t key_of_group = 0;
  int64_t last_us = 0;
  int64_t chain = 0;
  const auto close = [&]() -> Status {
    const bool wanted = group.size() > 0 && (!sorter.IsCaseFile(key_of_group) ||
                                             sorter.HoldsMoreThanCommands(key_of_group));
    return wanted ? group.Store(*insert, chain) : Status();
  };
  Status done = ForEachRow(database, kSelectClocked, [&](const Statement& row) -> Status {
    const int64_t key = row.GetInteger(1).value_or(0);
    const int64_t clock_us = row.GetInteger(2).value_or(0);
    const bool one_chain =
        key == key_of_group &&
        (sorter.IsCaseFile(key) || clock_us - last_us <= kSameIncidentSeconds * kMicroseconds);
    const bool full = group.size() == kMaxEventsPerIncident && !sorter.IsCaseFile(key);
    if (!one_chain || full) {
      if (Status closed = close(); !closed) return closed;
      group = {};
    }
    if (!one_chain) ++chain;
    key_of_group = key;
    last_us = clock_us;
    group.Add(row.GetInteger(0).value_or(0), row.GetInteger(3));
    return {};
  });
  return done ? close() : done;
}

}  // namespace

Status SortIntoGroups(Database& database) {
  EventSorter sorter(database);
  return database.Execute(kCreateTables)
      .and_then([&] { return database.Execute(kEmptyTables); })
      .and_then([&] { return sorter.Sort(); })
      .and_then([&] { return CutAtGaps(database, sorter); })
      .and_then([&] { return database.Execute(kPart); });
}

Status ForgetGroups(Database& database) { return database.Execute(kEmptyTables); }

}  // namespace kautopsy
