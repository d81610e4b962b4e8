#include "store/redate.h"

#include <array>
#include <map>
#include <utility>

#include "base/time_zone.h"
#include "parsers/envelope/stamp.h"
#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/time_quality.h"

namespace kautopsy {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"name", "text", "mtime", "set"};

// Read to its end before anything is changed.
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.redated_event;"
    "CREATE TEMP TABLE redated_event AS SELECT e.event_id, e.local_time, e.incident_id, p.year, "
    "p.new_years, s.year AS first_year, s.year_from, s.zone FROM event_source AS p "
    "JOIN event AS e USING (event_id) JOIN source AS s ON s.source_id = p.source_id "
    "WHERE e.local_time IS NOT NULL AND p.event_id IN (SELECT o.event_id FROM event_source AS o "
    "WHERE o.source_id IN (SELECT source_id FROM temp.redated)) ORDER BY p.event_id;"
    "DROP TABLE IF EXISTS temp.redated_boot;"
    "CREATE TEMP TABLE redated_boot AS SELECT p.boot_id, p.first_time, p.first_new_years, "
    "p.last_time, p.last_new_years, s.year AS first_year, s.zone FROM boot_source AS p "
    "JOIN source AS s USING (source_id) WHERE p.boot_id IN (SELECT o.boot_id FROM boot_source AS o "
    "WHERE o.source_id IN (SELECT source_id FROM temp.redated)) ORDER BY p.boot_id";
constexpr char kSelectEvents[] = "SELECT * FROM temp.redated_event ORDER BY rowid";
constexpr char kSelectBoots[] = "SELECT * FROM temp.redated_boot ORDER BY rowid";
constexpr char kUpdateEvent[] =
    "UPDATE event SET time = ?2, time_us = ?3, time_quality = ?4 WHERE event_id = ?1 "
    "AND time_us IS NOT ?3";
constexpr char kOutdateIncident[] = "UPDATE incident SET outdated = 1 WHERE incident_id = ?1";
constexpr char kUpdateBoot[] = "UPDATE boot SET first_time = ?2, last_time = ?3 WHERE boot_id = ?1";
constexpr char kDrop[] = "DROP TABLE temp.redated_event; DROP TABLE temp.redated_boot";

class Redater {
 public:
  explicit Redater(Database& database) : database_(database) {}

  Status Run() {
    const std::pair<const char*, Statement*> statements[] = {{kSelectEvents, &events_},
                                                             {kSelectBoots, &boots_},
                                                             {kUpdateEvent, &update_event_},
                                                             {kOutdateIncident, &outdate_},
                                                             {kUpdateBoot, &update_boot_}};
    for (const auto& [sql, target] : statements) {
      Result<Statement> statement = database_.Prepare(sql);
      if (!statement) return tl::unexpected(statement.error());
      *target = std::move(*statement);
    }
    return DateEvents().and_then([&] { return DateBoots(); });
  }

 private:
  // What the sources of one event tell of its time.
  struct Event {
    int64_t event_id = 0;
    Integer incident_id;
    Text local_time;
    bool has_year = false;
    std::optional<std::pair<YearFrom, int>> year;  // the best
    Text zone;                                     // of that source
  };

  struct Boot {
    int64_t boot_id = 0;
    Text first_time;
    Text last_time;
  };

  Status DateEvents() {
    Event event;
    Result<bool> row = events_.Step();
    for (; row && *row; row = events_.Step()) {
      const int64_t event_id = events_.GetInteger(0).value_or(0);
      if (event_id != event.event_id) {
        if (Status done = Write(event); !done) return done;
        event = Event{event_id, events_.GetInteger(2), events_.GetText(1), false, {}, {}};
      }
      ReadEvent(event);
    }
    events_.Reset();
    return row ? Write(event) : tl::unexpected(row.error());
  }

  void ReadEvent(Event& event) {
    event.has_year = event.has_year || !events_.IsNull(3);
    const std::optional<YearFrom> from = ParseYearFrom(events_.ViewText(6));
    const Integer new_years = events_.GetInteger(4);
    if (!from || !new_years) return;
    const std::pair year(*from, static_cast<int>(events_.GetInteger(5).value_or(0) + *new_years));
    if (event.year && *event.year <= year) return;
    event.year = year;
    event.zone = events_.GetText(7);
  }

  Status Write(const Event& event) {
    const std::optional<Stamp> stamp =
        event.has_year || !event.local_time ? std::nullopt : ParseStamp(*event.local_time);
    if (!stamp || stamp->clock.year) return {};
    PrintedTime time = stamp->clock;
    if (event.year) time.year = event.year->second;
    time = InZone(time, event.zone);
    Status done = kautopsy::Run(update_event_, event.event_id, Iso8601Utc(time),
                                MicrosecondsSinceEpoch(time), TimeQuality(time, std::nullopt));
    if (done && event.incident_id && sqlite3_changes(database_.handle()) > 0)
      done = kautopsy::Run(outdate_, event.incident_id);
    return done;
  }

  Status DateBoots() {
    Boot boot;
    Result<bool> row = boots_.Step();
    for (; row && *row; row = boots_.Step()) {
      const int64_t boot_id = boots_.GetInteger(0).value_or(0);
      if (boot_id != boot.boot_id) {
        if (Status done = Write(boot); !done) return done;
        boot = Boot{boot_id, {}, {}};
      }
      const Text first = BootTime(1);
      const Text last = BootTime(3);
      if (first && (!boot.first_time || *first < *boot.first_time)) boot.first_time = first;
      if (last && (!boot.last_time || *last > *boot.last_time)) boot.last_time = last;
    }
    boots_.Reset();
    return row ? Write(boot) : tl::unexpected(row.error());
  }

  // A time of the row's and the New Years before it, as UTC.
  Text BootTime(int column) {
    std::optional<PrintedTime> time = ReadTimeCell(boots_.ViewText(column));
    if (!time || time->year) return boots_.GetText(column);
    const Integer year = boots_.GetInteger(5);
    const Integer new_years = boots_.GetInteger(column + 1);
    if (!year || !new_years) return std::nullopt;
    time->year = static_cast<int>(*year + *new_years);
    return Iso8601Utc(InZone(*time, boots_.GetText(6)));
  }

  Status Write(const Boot& boot) {
    return boot.boot_id == 0
               ? Status()
               : kautopsy::Run(update_boot_, boot.boot_id, boot.first_time, boot.last_time);
  }

  PrintedTime InZone(const PrintedTime& time, const Text& name) {
    if (!name) return time;
    auto found = zones_.find(*name);
    if (found == zones_.end()) found = zones_.emplace(*name, TimeZone::Find(*name)).first;
    return found->second ? found->second->ToUtc(time) : time;
  }

  Database& database_;
  Statement events_;
  Statement boots_;
  Statement update_event_;
  Statement outdate_;
  Statement update_boot_;
  std::map<std::string, Result<TimeZone>> zones_;
};

}  // namespace

std::string_view YearFromWord(YearFrom from) { return kWords.at(static_cast<std::size_t>(from)); }

std::optional<YearFrom> ParseYearFrom(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords.at(i) == word) return static_cast<YearFrom>(i);
  }
  return std::nullopt;
}

Status Redate(Database& database) {
  return database.Execute(kCreate).and_then([&] { return Redater(database).Run(); }).and_then([&] {
    return database.Execute(kDrop);
  });
}

}  // namespace kautopsy
