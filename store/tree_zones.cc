#include "store/tree_zones.h"

#include <map>
#include <string_view>
#include <utility>

#include "store/redate.h"
#include "store/run_statement.h"
#include "store/tree_hosts.h"

namespace kautopsy {
namespace {

constexpr char kSelectSources[] =
    "SELECT source_id, path FROM source_path ORDER BY source_id, rowid";
// What comes later, a year for instance, is read with the zone.
constexpr char kUpdateSource[] =
    "UPDATE source SET zone = ?2, zone_from = 'tree', outdated = 1 WHERE source_id = ?1 "
    "AND zone IS NULL";

// By source.
using SourceZones = std::map<int64_t, const TimeZone*>;

Result<SourceZones> FindSources(Database& database, const TreeZones& zones) {
  SourceZones found;
  const Status read = ForEachRow(database, kSelectSources, [&](const Statement& row) {
    const TimeZone* const zone = FindTree(zones, row.ViewText(1));
    if (zone != nullptr) found.emplace(row.GetInteger(0).value_or(0), zone);
  });
  if (!read) return tl::unexpected(read.error());
  return found;
}

Status KeepZones(Database& database, const SourceZones& zones) {
  Result<Statement> update = database.Prepare(kUpdateSource);
  if (!update) return tl::unexpected(update.error());
  for (const auto& [source_id, zone] : zones) {
    if (Status done = Run(*update, source_id, zone->name()); !done) return done;
  }
  return {};
}

Status SetAll(Database& database, const TreeZones& trees) {
  const Result<SourceZones> zones = FindSources(database, trees);
  if (!zones) return tl::unexpected(zones.error());
  return KeepZones(database, *zones).and_then([&] { return Redate(database); });
}

}  // namespace

Status SetZonesOfTrees(Database& database, const TreeZones& zones) {
  if (zones.empty()) return {};
  return InTransaction(database, [&] { return SetAll(database, zones); });
}

}  // namespace kautopsy
