#include "store/redate.h"

#include <array>
#include <utility>

#include "parsers/envelope/stamp.h"
#include "store/printed_clocks.h"
#include "store/run_statement.h"
#include "store/source_times.h"
#include "store/time_cell.h"
#include "store/time_quality.h"
#include "store/zone_cache.h"

namespace kautopsy {
namespace {

constexpr std::array<std::string_view, 6> kWords = {"option", "name",      "text",
                                                    "mtime",  "collected", "set"};

// Read to its end before anything is changed.
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.redated;"
    "CREATE TEMP TABLE redated AS SELECT source_id FROM source WHERE outdated;"
    "DROP TABLE IF EXISTS temp.redated_event;"
    "CREATE TEMP TABLE redated_event AS SELECT e.event_id, e.local_time, e.incident_id, p.year, "
    "p.new_years, s.year AS first_year, s.year_from, s.zone, e.time_quality FROM event_source AS p "
    "JOIN event AS e USING (event_id) JOIN source AS s ON s.source_id = p.source_id "
    "WHERE e.local_time IS NOT NULL AND p.event_id IN (SELECT o.event_id FROM event_source AS o "
    "WHERE o.source_id IN (SELECT source_id FROM temp.redated)) ORDER BY p.event_id, p.rowid;"
    "DROP TABLE IF EXISTS temp.redated_boot;"
    "CREATE TEMP TABLE redated_boot AS SELECT p.boot_id, p.first_time, p.first_new_years, "
    "p.last_time, p.last_new_years, s.year AS first_year, s.zone FROM boot_source AS p "
    "JOIN source AS s USING (source_id) WHERE p.boot_id IN (SELECT o.boot_id FROM boot_source AS o "
    "WHERE o.source_id IN (SELECT source_id FROM temp.redated)) ORDER BY p.boot_id";
constexpr char kAny[] = "SELECT 1 FROM source WHERE outdated LIMIT 1";
constexpr char kSelectEvents[] = "SELECT * FROM temp.redated_event ORDER BY rowid";
constexpr char kSelectBoots[] = "SELECT * FROM temp.redated_boot ORDER BY rowid";
constexpr char kUpdateEvent[] =
    "UPDATE event SET time = ?2, time_us = ?3, time_quality = ?4 WHERE event_id = ?1 "
    "AND (time_us IS NOT ?3 OR time_quality <> ?4)";
constexpr char kOutdateIncident[] = "UPDATE incident SET outdated = 1 WHERE incident_id = ?1";
constexpr char kUpdateBoot[] = "UPDATE boot SET first_time = ?2, last_time = ?3 WHERE boot_id = ?1";
constexpr char kEnd[] =
    "DROP TABLE temp.redated_event; DROP TABLE temp.redated_boot; DROP TABLE temp.redated;"
    "UPDATE source SET outdated = 0 WHERE outdated";

class Redater {
 public:
  explicit Redater(Database& database) : database_(database) {}

  Status Run() {
    const std::pair<const char*, Statement*> statements[] = {{kSelectEvents, &events_},
                                                             {kSelectBoots, &boots_},
                                                             {kUpdateEvent, &update_event_},
                                                             {kOutdateIncident, &outdate_},
                                                             {kUpdateBoot, &update_boot_}};
    if (Status ready = PrepareAll(database_, statements); !ready)
      return tl::unexpected(ready.error());
    return DateEvents().and_then([&] { return DateBoots(); });
  }

 private:
  // What the sources of one event tell of its time.
  struct Event {
    int64_t event_id = 0;
    Integer incident_id;
    Text local_time;
    std::string quality;
    std::optional<std::pair<int, int>> year;  // the best: how good it is (0 is best), and itself
    Text zone;                                // of that source, else of the first that has one
  };

  // Of clocks whose zone is known, and of others.
  struct Boot {
    int64_t boot_id = 0;
    std::array<Text, 2> first_time;
    std::array<Text, 2> last_time;
  };

  Status DateEvents() {
    Event event;
    Result<bool> row = events_.Step();
    for (; row && *row; row = events_.Step()) {
      const int64_t event_id = events_.GetInteger(0).value_or(0);
      if (event_id != event.event_id) {
        if (Status done = Write(event); !done) return done;
        event = Event{event_id,
                      events_.GetInteger(2),
                      events_.GetText(1),
                      std::string(events_.ViewText(8)),
                      {},
                      {}};
      }
      ReadEvent(event);
    }
    events_.Reset();
    return row ? Write(event) : tl::unexpected(row.error());
  }

  void ReadEvent(Event& event) {
    const Text zone = events_.GetText(7);
    if (!event.zone) event.zone = zone;
    const std::optional<std::pair<int, int>> year = ReadYear();
    if (!year || (event.year && *event.year <= *year)) return;
    event.year = year;
    if (zone) event.zone = zone;
  }

  // The user goes before the text, and that before what was concluded.
  std::optional<std::pair<int, int>> ReadYear() const {
    constexpr int kOfText = static_cast<int>(YearFrom::kOption) + 1;
    const std::optional<YearFrom> from = ParseYearFrom(events_.ViewText(6));
    const Integer new_years = events_.GetInteger(4);
    const Integer own = events_.GetInteger(3);
    const bool given = from == YearFrom::kOption && new_years;
    if (own && !given) return std::pair(kOfText, static_cast<int>(*own));
    if (!from || !new_years) return std::nullopt;
    const auto year = static_cast<int>(events_.GetInteger(5).value_or(0) + *new_years);
    return std::pair(given ? 0 : kOfText + static_cast<int>(*from), year);
  }

  Status Write(const Event& event) {
    const std::optional<Stamp> stamp =
        event.local_time ? ParseStamp(*event.local_time) : std::nullopt;
    if (!stamp || stamp->ahead || stamp->clock.utc) return {};
    PrintedTime time = stamp->clock;
    if (!time.year && event.year) time.year = event.year->second;
    time.from_uptime = event.quality.starts_with("boot_relative");
    time = zones_.ToUtc(time, event.zone);
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
        boot = Boot();
        boot.boot_id = boot_id;
      }
      ReadBoot(boot);
    }
    boots_.Reset();
    return row ? Write(boot) : tl::unexpected(row.error());
  }

  void ReadBoot(Boot& boot) {
    if (const std::optional<PrintedTime> time = BootTime(1)) {
      Text& first = boot.first_time[time->utc ? 0 : 1];
      const Text own = Iso8601Utc(*time);
      if (own && (!first || *own < *first)) first = own;
    }
    if (const std::optional<PrintedTime> time = BootTime(3)) {
      Text& last = boot.last_time[time->utc ? 0 : 1];
      const Text own = Iso8601Utc(*time);
      if (own && (!last || *own > *last)) last = own;
    }
  }

  // A time of the row's and the New Years before it, in UTC if the zone is known.
  std::optional<PrintedTime> BootTime(int column) {
    std::optional<PrintedTime> time = ReadTimeCell(boots_.ViewText(column));
    if (!time) return std::nullopt;
    const Integer year = boots_.GetInteger(5);
    const Integer new_years = boots_.GetInteger(column + 1);
    if (!time->year && year && new_years) time->year = static_cast<int>(*year + *new_years);
    return zones_.ToUtc(*time, boots_.GetText(6));
  }

  Status Write(const Boot& boot) {
    if (boot.boot_id == 0) return {};
    const auto best = [](const std::array<Text, 2>& times) {
      return times[0] ? times[0] : times[1];
    };
    return kautopsy::Run(update_boot_, boot.boot_id, best(boot.first_time), best(boot.last_time));
  }

  Database& database_;
  Statement events_;
  Statement boots_;
  Statement update_event_;
  Statement outdate_;
  Statement update_boot_;
  ZoneCache zones_;
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
  const Result<bool> row = HasRow(database, kAny);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return {};
  return RestorePrintedClocks(database)
      .and_then([&] { return database.Execute(kCreate); })
      .and_then([&] { return Redater(database).Run(); })
      .and_then([&] { return RedateSourceTimes(database); })
      .and_then([&] { return database.Execute(kEnd); });
}

}  // namespace kautopsy
