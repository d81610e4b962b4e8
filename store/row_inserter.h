#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/row.h"
#include "store/batch_table.h"
#include "store/database.h"

namespace kautopsy {

// The prepared INSERT for the rows of one relation with one list of columns, used again for every
// event that has such rows. Lives no longer than its Database.
class RowInserter {
 public:
  // The names are ours, never a log's. `table` must outlive the inserter.
  RowInserter(BatchTable& table, const RowBatch& batch);

  // True if `batch` is of the kind that it was made for.
  bool Fits(const RowBatch& batch) const;

  // Adds the rows of `batch`, which must fit, to event `event_id`. An error (also: the schema lacks
  // the relation or a column) leaves the rows before it to be undone by the caller.
  Status Insert(Database& database, int64_t event_id, const RowBatch& batch);

 private:
  std::string Sql() const;

  BatchTable* table_;
  std::string relation_;
  std::span<const std::string_view> columns_;
  Statement statement_;  // prepared when first needed
};

}  // namespace kautopsy
