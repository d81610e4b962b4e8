#pragma once

#include <cstddef>

#include "base/result.h"
#include "base/row.h"
#include "store/database.h"

namespace kautopsy {

// The rows of a batch as an SQL table, so that one INSERT ... SELECT stores them all. Measured: to
// bind every cell and to start a statement for every few rows took a fifth of the time of storing.
// The table's columns are called c0, c1, ..., in the order of the batch's.
class BatchTable {
 public:
  static constexpr char kName[] = "row_batch";
  static constexpr std::size_t kMaxColumns = 128;

  // Makes the table known to `database`, which must outlive it, and where it is the only one of
  // this name.
  static Result<BatchTable> Create(Database& database, const char* name = kName);

  // From now on the table shows the rows of `batch`, which must outlive every statement that reads
  // it. Log text that SQL cannot hold is cleaned (cell_text.h).
  void Show(const RowBatch& batch) { shown_->batch = &batch; }

 private:
  friend struct BatchTableModule;
  struct Shown {
    const RowBatch* batch = nullptr;
  };
  explicit BatchTable(Shown* shown) : shown_(shown) {}

  Shown* shown_;  // the database's
};

}  // namespace kautopsy
