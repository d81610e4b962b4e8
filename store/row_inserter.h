#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "store/database.h"

namespace kautopsy {

// The prepared INSERTs for the rows of one relation with one list of columns, used again for every
// event that has such rows. Lives no longer than its Database.
class RowInserter {
 public:
  // The names are ours, never a log's.
  RowInserter(std::string_view relation, const std::vector<std::string_view>& columns);

  bool Fits(std::string_view relation, const std::vector<std::string_view>& columns) const;

  // Adds the rows of `batch`, which must fit, to event `event_id`. An error (also: the schema lacks
  // the relation or a column) leaves the rows before it to be undone by the caller.
  Status Insert(Database& database, int64_t event_id, const RowBatch& batch);

 private:
  // Rows per INSERT. Measured: starting and ending a statement costs twice as much as a row, so
  // that 32 rows at once take a third of the time of 32 statements.
  static constexpr std::array<std::size_t, 3> kBlockRows = {32, 8, 1};

  Result<sqlite3_stmt*> StatementFor(Database& database, std::size_t block);

  std::string relation_;
  std::vector<std::string> columns_;
  std::array<Statement, kBlockRows.size()> statements_;  // each prepared when first needed
};

}  // namespace kautopsy
