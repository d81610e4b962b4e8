#include "store/boots_of_sets.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/envelope/rotated_set.h"
#include "store/boot_merger.h"
#include "store/run_statement.h"
#include "store/time_cell.h"

namespace kautopsy {
namespace {

// A file that is missing leaves a gap as long as it is, about as long as the one before it: more
// than half of that is one. A machine may be silent for half a day, since logs are rotated once a
// day at most (logrotate(8), daily), or by size, when they are not silent. Numbers tell of what is
// missing themselves, if all files of a set were read at once; else it is a week or more, as
// distributions rotate (logrotate.conf, weekly).
constexpr int64_t kSilentSeconds = 12 * 3600;
constexpr int64_t kWeekSeconds = 7 * 24 * 3600;

constexpr char kAny[] =
    "SELECT 1 FROM boot WHERE host IS NOT NULL AND banner IS NULL GROUP BY host "
    "HAVING (SELECT count(*) FROM boot AS o WHERE o.host = boot.host) > 1 LIMIT 1";
// The boots that the lines of a host begin and end with in each source, and those of known uptime.
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.boot_end;"
    "CREATE TEMP TABLE boot_end AS SELECT DISTINCT source_id, host, "
    "first_value(boot_id) OVER (PARTITION BY source_id, host ORDER BY first_new_years, "
    "p.first_time, boot_id) AS first, "
    "first_value(boot_id) OVER (PARTITION BY source_id, host ORDER BY first_new_years DESC, "
    "p.first_time DESC, boot_id DESC) AS last "
    "FROM boot_source AS p JOIN boot AS b USING (boot_id) WHERE host IS NOT NULL;"
    "CREATE INDEX temp.boot_end_by_source ON boot_end (source_id);"
    "DROP TABLE IF EXISTS temp.boot_uptime;"
    "CREATE TEMP TABLE boot_uptime (boot_id INTEGER PRIMARY KEY);"
    "INSERT INTO temp.boot_uptime SELECT DISTINCT boot_id FROM event "
    "WHERE boot_id IS NOT NULL AND uptime_us IS NOT NULL;"
    "DROP TABLE IF EXISTS temp.set_place;"
    "CREATE TEMP TABLE set_place (log TEXT, form INTEGER, place INTEGER, path TEXT, "
    "source_id INTEGER, PRIMARY KEY (log, form, place, path)) WITHOUT ROWID";
constexpr char kSelectPaths[] =
    "SELECT path, source_id FROM source_path WHERE source_id IN "
    "(SELECT source_id FROM temp.boot_end)";
constexpr char kInsertPlace[] = "INSERT INTO temp.set_place VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr char kSelectPlaces[] =
    "SELECT l.log, l.form, l.place, l.source_id, s.first_time, s.last_time, s.new_years, s.year "
    "FROM temp.set_place AS l JOIN source AS s USING (source_id) "
    "ORDER BY l.log, l.form, l.place, l.path";
constexpr char kSelectEnds[] =
    "SELECT a.last, b.first FROM temp.boot_end AS a JOIN temp.boot_end AS b USING (host) "
    "WHERE a.source_id = ?1 AND b.source_id = ?2 ORDER BY host";
constexpr char kGoesOn[] =
    "SELECT 1 FROM boot AS a JOIN boot AS b ON b.boot_id = ?2 WHERE a.boot_id = ?1 "
    "AND (a.ended IS NULL OR a.last_time > b.first_time) "
    "AND b.banner IS NULL AND b.command_line IS NULL "
    "AND coalesce(a.journal_boot_id = b.journal_boot_id, 1) "
    "AND (coalesce(a.kernel_release = b.kernel_release, 1) OR a.kernel_from IS NOT NULL "
    "OR b.kernel_from IS NOT NULL) "
    "AND (SELECT count(*) FROM temp.boot_uptime WHERE boot_id IN (?1, ?2)) < 2";
constexpr char kJoinUptimes[] =
    "INSERT OR IGNORE INTO temp.boot_uptime SELECT min(?1, ?2) FROM temp.boot_uptime "
    "WHERE boot_id IN (?1, ?2)";
constexpr char kDrop[] =
    "DROP TABLE temp.boot_end; DROP TABLE temp.boot_uptime; DROP TABLE temp.set_place";

// A source at one of its places.
struct Place {
  RotatedName::Form form = RotatedName::Form::kCurrent;
  int64_t order = 0;
  int64_t source_id = 0;
  PrintedTime first;
  PrintedTime newest;
};

bool FollowsUpon(const Place& older, const Place& newer) {
  const bool numbered = older.form == RotatedName::Form::kNumber;
  if (numbered && newer.order - older.order != 1) return false;
  const int64_t length = SecondsBetween(older.first, older.newest);
  const int64_t gap = SecondsBetween(older.newest, newer.first);
  return SecondsBetween(older.first, newer.newest) >= 0 &&
         gap < std::max(numbered ? kWeekSeconds : kSilentSeconds, length / 2);
}

class SetJoiner {
 public:
  explicit SetJoiner(Database& database) : database_(database), merger_(database) {}

  Status Run() {
    const std::pair<const char*, Statement*> statements[] = {
        {kSelectEnds, &ends_}, {kGoesOn, &goes_on_}, {kJoinUptimes, &join_uptimes_}};
    if (Status ready = PrepareAll(database_, statements); !ready) return ready;
    return SortPlaces().and_then([&] { return JoinLogs(); }).and_then([&] {
      return merger_.Finish();
    });
  }

 private:
  Status SortPlaces() {
    Result<Statement> insert = database_.Prepare(kInsertPlace);
    if (!insert) return tl::unexpected(insert.error());
    return ForEachRow(database_, kSelectPaths, [&](const Statement& row) {
      const std::string path(row.ViewText(0));
      const RotatedName name = ParseRotatedName(path);
      return kautopsy::Run(*insert, name.log, static_cast<int>(name.form), name.order, path,
                           row.GetInteger(1));
    });
  }

  // One log at a time is in memory.
  Status JoinLogs() {
    std::string log;
    return ForEachRow(database_, kSelectPlaces,
                      [&](const Statement& row) {
                        Status done;
                        if (row.ViewText(0) != log) done = JoinLog();
                        log = row.ViewText(0);
                        ReadPlace(row);
                        return done;
                      })
        .and_then([&] { return JoinLog(); });
  }

  void ReadPlace(const Statement& row) {
    std::optional<PrintedTime> first = ReadTimeCell(row.ViewText(4));
    std::optional<PrintedTime> newest = ReadTimeCell(row.ViewText(5));
    if (!first || !newest) return;
    if (const Integer year = row.GetInteger(7); year && !first->year) {
      first->year = static_cast<int>(*year);
      newest->year = static_cast<int>(*year + row.GetInteger(6).value_or(0));
    }
    places_.push_back({static_cast<RotatedName::Form>(row.GetInteger(1).value_or(0)),
                       row.GetInteger(2).value_or(0), row.GetInteger(3).value_or(0), *first,
                       *newest});
  }

  // The file that is written to is the newest one, by whatever the others are named.
  Status JoinLog() {
    const std::vector<Place> places = std::exchange(places_, {});
    using Form = RotatedName::Form;
    for (const Form form : {Form::kDate, Form::kNumber}) {
      std::vector<Place> set;
      std::ranges::copy_if(places, std::back_inserter(set),
                           [&](const Place& place) { return place.form == form; });
      std::ranges::copy_if(places, std::back_inserter(set),
                           [&](const Place& place) { return place.form == Form::kCurrent; });
      for (std::size_t i = 1; i < set.size(); ++i) {
        if (!FollowsUpon(set[i - 1], set[i])) continue;
        if (Status done = JoinEnds(set[i - 1], set[i]); !done) return done;
      }
    }
    return {};
  }

  Status JoinEnds(const Place& older, const Place& newer) {
    BindCell(ends_, 0, older.source_id);
    BindCell(ends_, 1, newer.source_id);
    return ForEachRow(ends_, [&](const Statement& row) {
      const int64_t last = merger_.Resolve(row.GetInteger(0).value_or(0));
      const int64_t first = merger_.Resolve(row.GetInteger(1).value_or(0));
      return last != first ? JoinIfItGoesOn(last, first) : Status();
    });
  }

  Status JoinIfItGoesOn(int64_t last, int64_t first) {
    BindCell(goes_on_, 0, last);
    BindCell(goes_on_, 1, first);
    const Result<bool> goes_on = goes_on_.Step();
    goes_on_.Reset();
    if (!goes_on) return tl::unexpected(goes_on.error());
    if (!*goes_on) return {};
    return kautopsy::Run(join_uptimes_, last, first).and_then([&] {
      return merger_.Merge(last, first);
    });
  }

  Database& database_;
  BootMerger merger_;
  Statement ends_;
  Statement goes_on_;
  Statement join_uptimes_;
  std::vector<Place> places_;  // of the log at hand
};

}  // namespace

Status JoinBootsOfSets(Database& database) {
  const Result<bool> row = HasRow(database, kAny);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return {};
  return database.Execute(kCreate)
      .and_then([&] { return SetJoiner(database).Run(); })
      .and_then([&] { return database.Execute(kDrop); });
}

}  // namespace kautopsy
