#include "store/row_inserter.h"

#include <cassert>

#include "store/run_statement.h"

namespace kautopsy {

RowInserter::RowInserter(BatchTable& table, const RowBatch& batch)
    : table_(&table), relation_(batch.relation()), columns_(batch.columns()) {
  assert(columns_.size() <= BatchTable::kMaxColumns);
}

bool RowInserter::Fits(const RowBatch& batch) const {
  return batch.columns().data() == columns_.data() && batch.relation() == relation_;
}

// OR FAIL: with the default, ABORT, SQLite would keep a copy of every page to undo just this
// statement. A failure undoes the whole source anyhow.
std::string RowInserter::Sql() const {
  std::string sql = "INSERT OR FAIL INTO \"" + relation_ + "\" (event_id";
  for (const std::string_view column : columns_) sql.append(", \"").append(column).append("\"");
  sql += ") SELECT ?1";
  for (std::size_t i = 0; i < columns_.size(); ++i) sql += ", c" + std::to_string(i);
  return sql + " FROM " + BatchTable::kName;
}

Status RowInserter::Insert(Database& database, int64_t event_id, const RowBatch& batch) {
  if (!statement_.handle()) {
    Result<Statement> prepared = database.Prepare(Sql());
    if (!prepared) return tl::unexpected(prepared.error());
    statement_ = std::move(*prepared);
  }
  table_->Show(batch);
  return Run(statement_, event_id);
}

}  // namespace kautopsy
