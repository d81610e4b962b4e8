#include "store/source_years.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/envelope/rotated_set.h"
#include "store/redate.h"
#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/tree_hosts.h"
#include "store/tree_moments.h"
#include "store/zone_cache.h"

namespace kautopsy {
namespace {

// The places by logs, of which one at a time is in memory: there may be 100,000 files.
constexpr char kSelectPaths[] =
    "SELECT p.path FROM source_path AS p JOIN source AS s USING (source_id) "
    "WHERE s.first_time IS NOT NULL";
constexpr char kInsertPath[] = "INSERT INTO temp.log_path VALUES (?1, ?2)";
constexpr char kSelectPlaces[] =
    "SELECT p.path, p.mtime_s, s.source_id, s.first_time, s.last_time, s.new_years, s.text_year, "
    "s.year, s.year_from, l.log, s.zone FROM temp.log_path AS l CROSS JOIN source_path AS p USING "
    "(path) "
    "JOIN source AS s USING (source_id) ORDER BY l.log, l.path";
// The sources at these places, and the best year that was found of each at one of them.
constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS log_path (log TEXT, path TEXT, PRIMARY KEY (log, path))"
    " WITHOUT ROWID; DELETE FROM temp.log_path;"
    "CREATE TEMP TABLE IF NOT EXISTS found_year (source_id INTEGER PRIMARY KEY, rank INTEGER, "
    "year INTEGER); DELETE FROM temp.found_year";
constexpr char kEnd[] = "DELETE FROM temp.log_path; DELETE FROM temp.found_year";
constexpr char kInsertFound[] = "INSERT OR IGNORE INTO temp.found_year (source_id) VALUES (?1)";
// Of two copies that were changed at different times, the older one is the original.
constexpr char kSetFound[] =
    "UPDATE temp.found_year SET rank = ?2, year = ?3 WHERE source_id = ?1 "
    "AND (rank IS NULL OR (?2, ?3) < (rank, year))";
constexpr char kSelectFound[] =
    "SELECT f.source_id, f.rank, f.year, s.year, s.year_from FROM temp.found_year AS f "
    "CROSS JOIN source AS s USING (source_id) ORDER BY f.source_id";
constexpr char kUpdate[] =
    "UPDATE source SET year = ?1, year_from = ?2, outdated = 1 WHERE source_id = ?3";

// A source at one of its places.
struct Place {
  int64_t source_id = 0;
  std::string path;
  RotatedName name;
  SetMember member;
};

class SourceDater {
 public:
  SourceDater(Database& database, TreeMoments moments)
      : database_(database), moments_(std::move(moments)) {}

  Status Run() {
    const std::pair<const char*, Statement*> statements[] = {{kInsertFound, &insert_found_},
                                                             {kSetFound, &set_found_}};
    if (Status ready = PrepareAll(database_, statements); !ready) return ready;
    return SortPaths().and_then([&] { return DateLogs(); }).and_then([&] { return WriteYears(); });
  }

 private:
  Status SortPaths() {
    Result<Statement> row = database_.Prepare(kSelectPaths);
    if (!row) return tl::unexpected(row.error());
    Result<Statement> insert = database_.Prepare(kInsertPath);
    if (!insert) return tl::unexpected(insert.error());
    Result<bool> step = row->Step();
    for (; step && *step; step = row->Step()) {
      const std::string path(row->ViewText(0));
      Status done = kautopsy::Run(*insert, ParseRotatedName(path).log, path);
      if (!done) return done;
    }
    return step ? Status() : tl::unexpected(step.error());
  }

  Status DateLogs() {
    Result<Statement> row = database_.Prepare(kSelectPlaces);
    if (!row) return tl::unexpected(row.error());
    std::string log;
    Result<bool> step = row->Step();
    Status done;
    for (; done && step && *step; step = row->Step()) {
      if (row->ViewText(9) != log) done = DateLog();
      log = row->ViewText(9);
      if (done) done = ReadPlace(*row);
    }
    if (!step) return tl::unexpected(step.error());
    return done ? DateLog() : done;
  }

  Status ReadPlace(const Statement& row) {
    const std::optional<PrintedTime> first = ReadTimeCell(row.ViewText(3));
    const std::optional<PrintedTime> newest = ReadTimeCell(row.ViewText(4));
    if (!first || !newest) return {};
    Place place;
    place.path = row.GetText(0).value_or("");
    place.name = ParseRotatedName(place.path);
    place.source_id = row.GetInteger(2).value_or(0);
    place.member.span = {*first, *newest};
    place.member.span.newest.new_years = static_cast<int>(row.GetInteger(5).value_or(0));
    place.member.mtime = row.GetInteger(1);
    if (const PrintedTime* const collected = FindTree(moments_, place.path))
      place.member.collected = SecondsOf(zones_.ToUtc(*collected, row.GetText(10)));
    if (const Integer year = row.GetInteger(6)) place.member.text_year = static_cast<int>(*year);
    if (ParseYearFrom(row.ViewText(8)) == YearFrom::kOption)
      place.member.given_year = static_cast<int>(row.GetInteger(7).value_or(0));
    places_.push_back(std::move(place));
    return kautopsy::Run(insert_found_, places_.back().source_id);
  }

  // A log that was rotated by number and later by date, or the other way round, is two sets, which
  // share the newest file.
  Status DateLog() {
    const std::vector<Place> places = SortedPlaces();
    using Form = RotatedName::Form;
    bool rotated = false;
    for (const Form form : {Form::kDate, Form::kNumber, Form::kCurrent}) {
      std::vector<const Place*> set = PlacesOf(places, form);
      if (set.empty() || (form == Form::kCurrent && rotated)) continue;
      rotated = true;
      if (form != Form::kCurrent)
        std::ranges::copy(PlacesOf(places, Form::kCurrent), std::back_inserter(set));
      if (Status done = DateSet(set); !done) return done;
    }
    return {};
  }

  std::vector<Place> SortedPlaces() {
    std::vector<Place> places = std::exchange(places_, {});
    std::ranges::stable_sort(places, {}, [](const Place& place) { return place.name.order; });
    return places;
  }

  static std::vector<const Place*> PlacesOf(const std::vector<Place>& places,
                                            RotatedName::Form form) {
    std::vector<const Place*> found;
    for (const Place& place : places) {
      if (place.name.form == form) found.push_back(&place);
    }
    return found;
  }

  Status DateSet(const std::vector<const Place*>& set) {
    std::vector<SetMember> members;
    for (const Place* const place : set) {
      members.push_back(place->member);
      members.back().path = place->path;
    }
    const std::vector<std::optional<FoundYear>> found = YearsOfSet(members);
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (!found[i]) continue;
      Status done = kautopsy::Run(set_found_, set[i]->source_id,
                                  static_cast<int64_t>(found[i]->from), found[i]->year);
      if (!done) return done;
    }
    return {};
  }

  Status WriteYears() {
    Statement row;
    Statement update;
    const std::pair<const char*, Statement*> statements[] = {{kSelectFound, &row},
                                                             {kUpdate, &update}};
    if (Status ready = PrepareAll(database_, statements); !ready) return ready;
    Result<bool> step = row.Step();
    for (; step && *step; step = row.Step()) {
      Text from;
      if (!row.IsNull(1)) from = YearFromWord(static_cast<YearFrom>(row.GetInteger(1).value_or(0)));
      if (row.GetInteger(2) == row.GetInteger(3) && from == row.GetText(4)) continue;
      Status done = kautopsy::Run(update, row.GetInteger(2), from, row.GetInteger(0));
      if (!done) return done;
    }
    return step ? Redate(database_) : tl::unexpected(step.error());
  }

  static std::optional<int64_t> SecondsOf(const PrintedTime& time) {
    const std::optional<int64_t> micros = MicrosecondsSinceEpoch(time);
    return micros ? std::optional(*micros / 1'000'000) : std::nullopt;
  }

  Database& database_;
  const TreeMoments moments_;
  ZoneCache zones_;
  Statement insert_found_;
  Statement set_found_;
  std::vector<Place> places_;  // of the log at hand, by path
};

}  // namespace

Status DateSources(Database& database) {
  return InTransaction(database, [&] {
    return database.Execute(kCreate)
        .and_then([&] { return ReadMoments(database); })
        .and_then(
            [&](TreeMoments&& moments) { return SourceDater(database, std::move(moments)).Run(); })
        .and_then([&] { return database.Execute(kEnd); });
  });
}

}  // namespace kautopsy
