#include "store/source_writer.h"

#include <cassert>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "parsers/input/collection_file.h"
#include "store/printed_clocks.h"
#include "store/redate.h"
#include "store/run_statement.h"
#include "store/source_times.h"

namespace kautopsy {
namespace {

constexpr char kInsert[] =
    "INSERT INTO source (source_id, path, content_hash, bytes, lines, kind, lines_claimed, "
    "lines_noise, lines_unclaimed_kernel, lines_not_kernel, lines_damaged, quotes, damage, "
    "first_time, last_time, new_years, text_year, zone, zone_from, sha256, crash_time, "
    "last_uptime_us, year, year_from, outdated, first_clock, last_clock) VALUES (?, ?, ?, ?, ?, "
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// What the user says of a source that was known already.
constexpr char kSetYear[] =
    "UPDATE source SET year = ?2, year_from = ?3, outdated = 1 WHERE source_id = ?1 "
    "AND new_years IS NOT NULL AND (year IS NOT ?2 OR year_from IS NOT ?3)";
constexpr char kSetZone[] =
    "UPDATE source SET zone = ?2, zone_from = 'option', outdated = 1 WHERE source_id = ?1 "
    "AND (zone IS NOT ?2 OR zone_from IS NOT 'option')";
constexpr char kNoteZone[] =
    "INSERT OR IGNORE INTO temp.rezoned SELECT source_id, zone FROM source WHERE source_id = ?1 "
    "AND zone IS NOT ?2 AND zone_from = 'option'";
// Asked for when the content was known already.
constexpr char kSetSha256[] = "UPDATE source SET sha256 = ?2 WHERE source_id = ?1";
constexpr char kInsertPath[] =
    "INSERT INTO source_path (path, source_id, mtime_s, absolute) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (path) DO UPDATE SET source_id = ?2, mtime_s = ?3, absolute = ?4";
// Hosts may have one each: the path's own goes first.
constexpr char kFind[] =
    "SELECT source_id FROM source WHERE content_hash = ? ORDER BY source_id NOT IN "
    "(SELECT source_id FROM source_path WHERE path = ?), source_id LIMIT 1";

// Where `path` is, if only that tells when a crash was saved there: in a later ingest the folder in
// which the program runs may be another one.
Text TellingPlace(std::string_view path) {
  if (path.starts_with('/') || TimeOfSavedCrash(path)) return std::nullopt;
  std::error_code error;
  const std::filesystem::path place = std::filesystem::absolute(path, error).lexically_normal();
  return !error && TimeOfSavedCrash(place.native()) ? Text(place.native()) : std::nullopt;
}

}  // namespace

Result<SourceWriter> SourceWriter::Create(Database& database, std::optional<int> year) {
  SourceWriter writer;
  writer.year_ = year;
  if (Status created = database.Execute(kCreateRezoned); !created)
    return tl::unexpected(created.error());
  const std::pair<const char*, Statement*> statements[] = {
      {kInsert, &writer.insert_},        {kInsertPath, &writer.insert_path_},
      {kSetSha256, &writer.set_sha256_}, {kSetYear, &writer.set_year_},
      {kSetZone, &writer.set_zone_},     {kFind, &writer.find_},
      {kNoteZone, &writer.note_zone_}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  return writer;
}

Result<Integer> SourceWriter::Find(const SourceSummary& summary, std::string_view path) {
  find_.Bind(0, summary.content_hash);
  find_.Bind(1, path);
  Result<Integer> source_id =
      find_.Step().map([&](bool row) { return row ? find_.GetInteger(0) : Integer(); });
  find_.Reset();
  return source_id;
}

Status SourceWriter::Update(int64_t source_id, const SourceSummary& summary) {
  Status done;
  if (summary.sha256) done = Run(set_sha256_, source_id, summary.sha256);
  if (done && year_) done = Run(set_year_, source_id, *year_, YearFromWord(YearFrom::kOption));
  if (done && summary.zone) done = Run(note_zone_, source_id, summary.zone->name());
  if (done && summary.zone) done = Run(set_zone_, source_id, summary.zone->name());
  return done;
}

Status SourceWriter::Write(const Place& place, const SourceSummary& summary, bool mixed) {
  const LineLedger& ledger = summary.ledger;
  assert(ledger.lines == ledger.claimed + ledger.noise + ledger.unclaimed_kernel +
                             ledger.not_kernel + ledger.damaged);
  const SourceTimes times = TimesOf(summary);
  const bool dated = year_ && times.new_years;
  const bool outdated = dated || (mixed && !times.new_years);
  const Integer year = dated ? Integer(*year_) : std::nullopt;
  const Text year_from = dated ? Text(YearFromWord(YearFrom::kOption)) : std::nullopt;
  const Text zone_from = times.zone ? Text("option") : std::nullopt;
  return Run(insert_, place.source_id, place.path, summary.content_hash, summary.bytes,
             ledger.lines, place.kind, ledger.claimed, ledger.noise, ledger.unclaimed_kernel,
             ledger.not_kernel, ledger.damaged, summary.quotes, summary.damage, times.first,
             times.last, times.new_years, times.text_year, times.zone, zone_from, summary.sha256,
             times.crash_time, summary.last_uptime_us, year, year_from, outdated, times.first_clock,
             times.last_clock);
}

Status SourceWriter::WritePath(const Place& place, const SourceSummary& summary) {
  if (place.kind == "stdin") return {};
  return Run(insert_path_, place.path, place.source_id, summary.mtime, TellingPlace(place.path));
}

}  // namespace kautopsy
