#include "store/printed_clocks.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time_zone.h"
#include "parsers/envelope/stamp.h"
#include "store/run_statement.h"
#include "store/time_cell.h"

namespace kautopsy {
namespace {

constexpr char kAny[] = "SELECT 1 FROM temp.rezoned LIMIT 1";
constexpr char kSelectClocks[] =
    "SELECT DISTINCT p.source_id, e.local_time FROM event_source AS p JOIN event AS e USING "
    "(event_id) WHERE p.source_id IN (SELECT source_id FROM temp.rezoned) AND e.time_us IS NOT "
    "NULL AND (e.local_time IS NOT NULL OR e.time_quality NOT LIKE 'boot_relative%')";
constexpr char kSelectBoots[] =
    "SELECT b.rowid, b.source_id, b.first_time, b.last_time, z.zone FROM boot_source AS b "
    "JOIN temp.rezoned AS z USING (source_id) ORDER BY b.rowid";
constexpr char kUpdate[] =
    "UPDATE boot_source SET first_time = ?2, last_time = ?3 WHERE rowid = ?1";
constexpr char kEnd[] = "DELETE FROM temp.rezoned";

bool PrintsZone(const Text& local_time) {
  const std::optional<Stamp> stamp = local_time ? ParseStamp(*local_time) : std::nullopt;
  return !stamp || stamp->ahead || stamp->clock.utc;
}

// What the clock of `zone` showed at the time in `cell`; `cell`, if it shows no such time.
Text Printed(const Text& cell, const TimeZone& zone) {
  const std::optional<PrintedTime> time = cell ? ReadTimeCell(*cell) : std::nullopt;
  if (!time || !time->utc) return cell;
  // No zone has been further from UTC, or off by other steps, since there are logs of Linux.
  constexpr std::chrono::minutes kFarthest = std::chrono::hours(15);
  constexpr std::chrono::minutes kStep(15);
  for (std::chrono::minutes ahead = -kFarthest; ahead <= kFarthest; ahead += kStep) {
    PrintedTime local = InUtc(*time, -ahead);
    local.utc = false;
    if (MicrosecondsSinceEpoch(zone.ToUtc(local)) == MicrosecondsSinceEpoch(*time))
      return ClockCell(local);
  }
  return cell;
}

Result<std::set<int64_t>> FindUnsure(Database& database) {
  std::set<int64_t> unsure;
  const Status read = ForEachRow(database, kSelectClocks, [&](const Statement& row) {
    if (PrintsZone(row.GetText(1))) unsure.insert(row.GetInteger(0).value_or(0));
  });
  if (!read) return tl::unexpected(read.error());
  return unsure;
}

struct BootClocks {
  Integer rowid;
  Text first_time;
  Text last_time;
};

Result<std::vector<BootClocks>> FindClocks(Database& database, const std::set<int64_t>& unsure) {
  std::vector<BootClocks> clocks;
  const Status read = ForEachRow(database, kSelectBoots, [&](const Statement& row) {
    const Result<TimeZone> zone = TimeZone::Find(row.GetText(4).value_or(""));
    if (!zone || unsure.contains(row.GetInteger(1).value_or(0))) return;
    clocks.push_back(
        {row.GetInteger(0), Printed(row.GetText(2), *zone), Printed(row.GetText(3), *zone)});
  });
  if (!read) return tl::unexpected(read.error());
  return clocks;
}

Status RestoreAll(Database& database) {
  const Result<std::set<int64_t>> unsure = FindUnsure(database);
  if (!unsure) return tl::unexpected(unsure.error());
  const Result<std::vector<BootClocks>> clocks = FindClocks(database, *unsure);
  if (!clocks) return tl::unexpected(clocks.error());
  Result<Statement> update = database.Prepare(kUpdate);
  if (!update) return tl::unexpected(update.error());
  for (const BootClocks& boot : *clocks) {
    if (Status done = Run(*update, boot.rowid, boot.first_time, boot.last_time); !done) return done;
  }
  return database.Execute(kEnd);
}

}  // namespace

Status RestorePrintedClocks(Database& database) {
  if (Status created = database.Execute(kCreateRezoned); !created) return created;
  const Result<bool> row = HasRow(database, kAny);
  if (!row) return tl::unexpected(row.error());
  return *row ? RestoreAll(database) : Status();
}

}  // namespace kautopsy
