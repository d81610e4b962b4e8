#include "store/tree_hosts.h"

#include <utility>

#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS source_host (source_id INTEGER PRIMARY KEY, host TEXT);"
    "DELETE FROM temp.source_host";
constexpr char kSelectSources[] = "SELECT source_id, path FROM source ORDER BY source_id";
constexpr char kInsert[] = "INSERT INTO temp.source_host VALUES (?1, ?2)";
constexpr char kNameBoots[] =
    "UPDATE boot SET host = named.host FROM (SELECT e.boot_id, s.host FROM event AS e JOIN "
    "temp.source_host AS s USING (source_id) WHERE e.event_id > ?1 AND e.host IS NULL) AS named "
    "WHERE boot.boot_id = named.boot_id AND boot.host IS NULL";
constexpr char kNameEvents[] =
    "UPDATE event SET host = (SELECT host FROM temp.source_host AS s "
    "WHERE s.source_id = event.source_id) WHERE event_id > ?1 AND host IS NULL "
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

Status NameAll(Database& database, int64_t last_event_id) {
  for (const char* const sql : {kNameBoots, kNameEvents}) {
    Result<Statement> statement = database.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    if (Status done = Run(*statement, last_event_id); !done) return done;
  }
  return {};
}

}  // namespace

Status NameHostsOfTrees(Database& database, const TreeHosts& trees, int64_t last_event_id) {
  if (trees.empty()) return {};
  Status done = database.Execute("BEGIN IMMEDIATE")
                    .and_then([&] { return database.Execute(kCreate); })
                    .and_then([&] { return FindSources(database, trees); })
                    .and_then([&] { return NameAll(database, last_event_id); })
                    .and_then([&] { return database.Execute("COMMIT"); });
  if (!done) database.Rollback();
  return done;
}

}  // namespace kautopsy
