#include <fmt/core.h>

#include <ostream>
#include <string>
#include <vector>

#include "base/text.h"
#include "store/query.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

struct Relation {
  std::string name;
  std::string sql;  // the CREATE statement as it was given, comments included
};

Result<std::vector<Relation>> ReadRelations(Database& database) {
  std::vector<Relation> relations;
  const Status read =
      ForEachRow(database,
                 "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') "
                 "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid",
                 [&](const Statement& row) {
                   relations.push_back({row.GetText(0).value_or(""), row.GetText(1).value_or("")});
                 });
  if (!read) return tl::unexpected(read.error());
  return relations;
}

std::string Names(const std::vector<Relation>& relations) {
  std::string names;
  for (const Relation& relation : relations) {
    if (!names.empty()) names += ", ";
    names += relation.name;
  }
  return names;
}

}  // namespace

Status PrintSchema(Database& database, const std::optional<std::string>& relation,
                   std::ostream& out) {
  const Result<std::vector<Relation>> relations = ReadRelations(database);
  if (!relations) return tl::unexpected(relations.error());
  bool found = false;
  for (const Relation& candidate : *relations) {
    if (relation && candidate.name != *relation) continue;
    if (found) out << '\n';
    out << candidate.sql << ";\n";
    found = true;
  }
  if (found) return {};
  return Fail(fmt::format("there is no relation {}; there are: {}",
                          EscapeForTerminal(relation.value_or("")), Names(*relations)));
}

Result<std::vector<std::string>> RelationNames(Database& database) {
  const Result<std::vector<Relation>> relations = ReadRelations(database);
  if (!relations) return tl::unexpected(relations.error());
  std::vector<std::string> names;
  for (const Relation& relation : *relations) names.push_back(relation.name);
  return names;
}

Result<std::vector<std::string>> ColumnNames(Database& database) {
  std::vector<std::string> names;
  const Status read =
      ForEachRow(database,
                 "SELECT DISTINCT c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
                 "WHERE m.type IN ('table', 'view') ORDER BY c.name",
                 [&](const Statement& row) { names.push_back(row.GetText(0).value_or("")); });
  if (!read) return tl::unexpected(read.error());
  return names;
}

}  // namespace kautopsy
