#include "store/tree_hosts.h"

#include <memory>
#include <utility>

#include "store/run_statement.h"
#include "store/tree_copies.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS tree_path (path TEXT, source_id INTEGER, host TEXT);"
    "DELETE FROM temp.tree_path";
constexpr char kSelectPaths[] = "SELECT path, source_id FROM source_path ORDER BY rowid";
constexpr char kInsert[] = "INSERT INTO temp.tree_path VALUES (?1, ?2, ?3)";
constexpr char kSelectTreePaths[] =
    "SELECT path, source_id, host FROM temp.tree_path ORDER BY rowid";
constexpr char kNameBoots[] =
    "UPDATE boot SET host = named.host FROM (SELECT e.boot_id, s.tree_host AS host, min(e.event_id)"
    " FROM event AS e JOIN event_source AS p USING (event_id) JOIN source AS s"
    " ON s.source_id = p.source_id WHERE e.host IS NULL AND s.tree_host IS NOT NULL"
    " GROUP BY e.boot_id) AS named WHERE boot.boot_id = named.boot_id AND boot.host IS NULL";
constexpr char kNameEvents[] =
    "UPDATE event SET host = named.host FROM (SELECT e.event_id, s.tree_host AS host, min(p.rowid)"
    " FROM event AS e JOIN event_source AS p USING (event_id) JOIN source AS s"
    " ON s.source_id = p.source_id WHERE e.host IS NULL AND s.tree_host IS NOT NULL"
    " GROUP BY e.event_id) AS named WHERE event.event_id = named.event_id";

Status FindPaths(Database& database, const TreeHosts& trees) {
  Result<Statement> paths = database.Prepare(kSelectPaths);
  if (!paths) return tl::unexpected(paths.error());
  Result<Statement> insert = database.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  Result<bool> row = paths->Step();
  for (; row && *row; row = paths->Step()) {
    const std::string path(paths->ViewText(0));
    const std::string* const host = FindTree(trees, path);
    if (host == nullptr) continue;
    if (Status done = Run(*insert, path, paths->GetInteger(1), *host); !done) return done;
  }
  return row ? Status() : tl::unexpected(row.error());
}

Status PlacePaths(Database& database, TreeCopies& copies) {
  Result<Statement> paths = database.Prepare(kSelectTreePaths);
  if (!paths) return tl::unexpected(paths.error());
  Result<bool> row = paths->Step();
  for (; row && *row; row = paths->Step()) {
    Status done =
        copies.PlacePath(paths->ViewText(0), paths->GetInteger(1).value_or(0), paths->ViewText(2));
    if (!done) return done;
  }
  return row ? Status() : tl::unexpected(row.error());
}

Result<TreeSplit> Split(Database& database) {
  const Result<std::unique_ptr<TreeCopies>> copies = TreeCopies::Create(database);
  if (!copies) return tl::unexpected(copies.error());
  Status done = PlacePaths(database, **copies).and_then([&] { return (*copies)->SplitEvents(); });
  if (!done) return tl::unexpected(done.error());
  return TreeSplit{(*copies)->sources(), (*copies)->events()};
}

}  // namespace

Result<TreeSplit> NameHostsOfTrees(Database& database, const TreeHosts& trees) {
  TreeSplit split;
  if (trees.empty()) return split;
  Status done = database.Execute("BEGIN IMMEDIATE")
                    .and_then([&] { return database.Execute(kCreate); })
                    .and_then([&] { return FindPaths(database, trees); })
                    .and_then([&]() -> Status {
                      const Result<TreeSplit> copied = Split(database);
                      if (!copied) return tl::unexpected(copied.error());
                      split = *copied;
                      return {};
                    })
                    .and_then([&] { return database.Execute(kNameBoots); })
                    .and_then([&] { return database.Execute(kNameEvents); })
                    .and_then([&] { return database.Execute("COMMIT"); });
  if (done) return split;
  database.Rollback();
  return tl::unexpected(done.error());
}

}  // namespace kautopsy
