#include "store/tree_hosts.h"

#include <utility>

#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS source_host (source_id INTEGER PRIMARY KEY, host TEXT);"
    "DELETE FROM temp.source_host";
constexpr char kSelectSources[] =
    "SELECT source_id, path FROM source_path ORDER BY source_id, rowid";
constexpr char kInsert[] = "INSERT OR IGNORE INTO temp.source_host VALUES (?1, ?2)";
constexpr char kNameBoots[] =
    "UPDATE boot SET host = named.host FROM (SELECT e.boot_id, s.host FROM event AS e JOIN "
    "temp.source_host AS s USING (source_id) WHERE e.host IS NULL) AS named "
    "WHERE boot.boot_id = named.boot_id AND boot.host IS NULL";
constexpr char kNameEvents[] =
    "UPDATE event SET host = (SELECT host FROM temp.source_host AS s "
    "WHERE s.source_id = event.source_id) WHERE host IS NULL "
    "AND source_id IN (SELECT source_id FROM temp.source_host)";

Status FindSources(Database& database, const TreeHosts& trees) {
  Result<Statement> sources = database.Prepare(kSelectSources);
  if (!sources) return tl::unexpected(sources.error());
  Result<Statement> insert = database.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  Result<bool> row = sources->Step();
  for (; row && *row; row = sources->Step()) {
    const std::string* const host = FindTree(trees, sources->ViewText(1));
    if (host == nullptr) continue;
    if (Status done = Run(*insert, sources->GetInteger(0), *host); !done) return done;
  }
  return row ? Status() : tl::unexpected(row.error());
}

}  // namespace

Status NameHostsOfTrees(Database& database, const TreeHosts& trees) {
  if (trees.empty()) return {};
  Status done = database.Execute("BEGIN IMMEDIATE")
                    .and_then([&] { return database.Execute(kCreate); })
                    .and_then([&] { return FindSources(database, trees); })
                    .and_then([&] { return database.Execute(kNameBoots); })
                    .and_then([&] { return database.Execute(kNameEvents); })
                    .and_then([&] { return database.Execute("COMMIT"); });
  if (!done) database.Rollback();
  return done;
}

}  // namespace kautopsy
