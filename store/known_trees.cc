#include "store/known_trees.h"

#include <string_view>

#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kInsert[] =
    "INSERT INTO host_tree (root, host, name_rank) VALUES (?1, ?2, ?3) ON CONFLICT (root) DO "
    "UPDATE SET host = ?2, name_rank = ?3 WHERE ?3 <= name_rank";
constexpr char kSelect[] = "SELECT root, host FROM host_tree ORDER BY root";

bool HasPath(std::string_view root) { return !root.empty() && root != "./"; }

Status Insert(Database& database, const TreeRanks& ranks, const TreeHosts& trees) {
  Result<Statement> insert = database.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  Status done;
  for (const auto& [root, host] : trees) {
    const auto rank = ranks.find(root);
    if (done && HasPath(root) && rank != ranks.end())
      done = Run(*insert, root, host, static_cast<int64_t>(rank->second));
  }
  return done;
}

}  // namespace

Status KeepTrees(Database& database, const TreeRanks& ranks, TreeHosts& trees) {
  return InTransaction(database, [&] { return Insert(database, ranks, trees); }).and_then([&] {
    return ForEachRow(database, kSelect, [&](const Statement& row) {
      trees.insert_or_assign(row.GetText(0).value_or(""), row.GetText(1).value_or(""));
    });
  });
}

}  // namespace kautopsy
