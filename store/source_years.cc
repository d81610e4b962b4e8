#include "store/source_years.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/envelope/rotated_set.h"
#include "store/redate.h"
#include "store/run_statement.h"
#include "store/time_cell.h"

namespace kautopsy {
namespace {

// The places by logs, of which one at a time is in memory: there may be 100,000 files.
constexpr char kSelectPaths[] =
    "SELECT p.path FROM source_path AS p JOIN source AS s USING (source_id) "
    "WHERE s.first_time IS NOT NULL";
constexpr char kInsertPath[] = "INSERT INTO temp.log_path VALUES (?1, ?2)";
constexpr char kSelectPlaces[] =
    "SELECT p.path, p.mtime_s, s.source_id, s.first_time, s.last_time, s.new_years, s.text_year, "
    "s.year, s.year_from, l.log FROM temp.log_path AS l CROSS JOIN source_path AS p USING (path) "
    "JOIN source AS s USING (source_id) ORDER BY l.log, l.path";
constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS log_path (log TEXT, path TEXT, PRIMARY KEY (log, path))"
    " WITHOUT ROWID; DELETE FROM temp.log_path";
constexpr char kEnd[] = "DELETE FROM temp.log_path";
constexpr char kUpdate[] =
    "UPDATE source SET year = ?1, year_from = ?2, outdated = 1 WHERE source_id = ?3";

// A source at one of its places.
struct Place {
  int64_t source_id = 0;
  std::string path;
  RotatedName name;
  SetMember member;
};

struct Years {
  std::optional<FoundYear> stored;
  std::optional<FoundYear> found;  // the best of all its places
};

class SourceDater {
 public:
  explicit SourceDater(Database& database) : database_(database) {}

  Status Run() {
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
    for (; step && *step; step = row->Step()) {
      if (row->ViewText(9) != log) DateLog();
      log = row->ViewText(9);
      ReadPlace(*row);
    }
    DateLog();
    return step ? Status() : tl::unexpected(step.error());
  }

  void ReadPlace(const Statement& row) {
    const std::optional<PrintedTime> first = ReadTimeCell(row.ViewText(3));
    const std::optional<PrintedTime> newest = ReadTimeCell(row.ViewText(4));
    if (!first || !newest) return;
    Place place;
    place.path = row.GetText(0).value_or("");
    place.name = ParseRotatedName(place.path);
    place.source_id = row.GetInteger(2).value_or(0);
    place.member.span = {*first, *newest};
    place.member.span.newest.new_years = static_cast<int>(row.GetInteger(5).value_or(0));
    place.member.mtime = row.GetInteger(1);
    if (const Integer year = row.GetInteger(6)) place.member.text_year = static_cast<int>(*year);
    Years& years = years_[place.source_id];
    const std::optional<YearFrom> from = ParseYearFrom(row.ViewText(8));
    if (from == YearFrom::kOption)
      place.member.given_year = static_cast<int>(row.GetInteger(7).value_or(0));
    if (from) years.stored = FoundYear{static_cast<int>(row.GetInteger(7).value_or(0)), *from};
    places_.push_back(std::move(place));
  }

  // A log that was rotated by number and later by date, or the other way round, is two sets, which
  // share the newest file.
  void DateLog() {
    const std::vector<Place> places = SortedPlaces();
    using Form = RotatedName::Form;
    bool rotated = false;
    for (const Form form : {Form::kDate, Form::kNumber, Form::kCurrent}) {
      std::vector<const Place*> set = PlacesOf(places, form);
      if (set.empty() || (form == Form::kCurrent && rotated)) continue;
      rotated = true;
      if (form != Form::kCurrent)
        std::ranges::copy(PlacesOf(places, Form::kCurrent), std::back_inserter(set));
      DateSet(set);
    }
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

  void DateSet(const std::vector<const Place*>& set) {
    std::vector<SetMember> members;
    for (const Place* const place : set) {
      members.push_back(place->member);
      members.back().path = place->path;
    }
    const std::vector<std::optional<FoundYear>> found = YearsOfSet(members);
    for (std::size_t i = 0; i < set.size(); ++i) {
      std::optional<FoundYear>& best = years_[set[i]->source_id].found;
      if (found[i] && (!best || Rank(*found[i]) < Rank(*best))) best = found[i];
    }
  }

  // Of two copies that were changed at different times, the older one is the original.
  static std::pair<YearFrom, int> Rank(const FoundYear& year) { return {year.from, year.year}; }

  Status WriteYears() {
    Result<Statement> update = database_.Prepare(kUpdate);
    if (!update) return tl::unexpected(update.error());
    for (const auto& entry : years_) {
      const int64_t source_id = entry.first;
      const Years& years = entry.second;
      if (years.found == years.stored) continue;
      Integer year;
      Text from;
      if (years.found) {
        year = years.found->year;
        from = YearFromWord(years.found->from);
      }
      if (Status done = kautopsy::Run(*update, year, from, source_id); !done) return done;
    }
    return Redate(database_);
  }

  Database& database_;
  std::vector<Place> places_;       // of the log at hand, by path
  std::map<int64_t, Years> years_;  // by source
};

}  // namespace

Status DateSources(Database& database) {
  return InTransaction(database, [&] {
    return database.Execute(kCreate)
        .and_then([&] { return SourceDater(database).Run(); })
        .and_then([&] { return database.Execute(kEnd); });
  });
}

}  // namespace kautopsy
