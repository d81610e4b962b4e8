#include "store/tree_hosts.h"

#include <fmt/core.h>

#include <memory>
#include <utility>

#include "store/guests.h"
#include "store/run_statement.h"
#include "store/tree_copies.h"
#include "store/tree_names.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS tree_path (path TEXT, source_id INTEGER, host TEXT);"
    "DELETE FROM temp.tree_path";
constexpr char kSelectPaths[] = "SELECT path, source_id FROM source_path ORDER BY rowid";
constexpr char kInsert[] = "INSERT INTO temp.tree_path VALUES (?1, ?2, ?3)";
constexpr char kSelectTreePaths[] =
    "SELECT path, source_id, host FROM temp.tree_path ORDER BY rowid";

// A source has the full name of its tree's host, if a file has that, in whatever order they were
// read. Which name is used is decided later.
constexpr char kNameTrees[] =
    "UPDATE source SET tree_host = named.host FROM (SELECT p.source_id, t.host,"
    " max(printf('%04d', length(t.host)) || t.host) FROM temp.tree_path AS t"
    " JOIN source_path AS p USING (path) JOIN source AS s ON s.source_id = p.source_id"
    " WHERE {} GROUP BY p.source_id) AS named"
    " WHERE source.source_id = named.source_id AND source.tree_host <> named.host";

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
  Status done =
      PlacePaths(database, **copies)
          .and_then([&] {
            return database.Execute(fmt::format(kNameTrees, SameHostSql("s.tree_host", "t.host")));
          })
          .and_then([&] { return (*copies)->SplitEvents(); });
  if (!done) return tl::unexpected(done.error());
  return TreeSplit{(*copies)->sources(), (*copies)->events()};
}

}  // namespace

Result<TreeSplit> NameHostsOfTrees(Database& database, TreeHosts& trees) {
  TreeSplit split;
  Status done = AddTreesOfLogs(database, trees);
  if (!done) return tl::unexpected(done.error());
  if (trees.empty()) return split;
  done = InTransaction(database, [&] {
    return database.Execute(kCreate)
        .and_then([&] { return FindPaths(database, trees); })
        .and_then([&]() -> Status {
          const Result<TreeSplit> copied = Split(database);
          if (!copied) return tl::unexpected(copied.error());
          split = *copied;
          return {};
        })
        .and_then([&] { return ChooseHostNames(database); })
        .and_then([&] { return CallHosts(database, trees); });
  });
  if (!done) return tl::unexpected(done.error());
  return split;
}

}  // namespace kautopsy
