#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "reports/diagnosis/row_reader.h"
#include "reports/model.h"

namespace kautopsy {

// A process of a table that the log prints. What the table lacks is none.
struct ProcessRow {
  Text comm, guest;
  Integer pid, uid, oom_score_adj;
  Integer rss_kb, anon_kb, file_kb, shmem_kb, swap_kb, pgtables_kb;
  Integer score, score_rank;  // recomputed by the kernel's rule
  Integer rss_rank;
  Integer before_kb;  // rss of the process of that name in the table before, where it can be told
  Integer change_kb;  // rss_kb less that
  bool killed = false;
};

// The process table of one event, biggest first.
struct ProcessTable {
  int64_t event_id = 0;
  std::string title;    // of the event
  int64_t printed = 0;  // rows in the log; `rows` may be fewer
  std::vector<ProcessRow> rows;
  std::string before;  // title of the table before of the same machine; empty if there is none
};

// Rows that the tables of one incident show together; a page with more gets slow to open.
constexpr std::size_t kMostProcessRows = 2000;

// The process tables of an incident's events, in their order.
Result<std::vector<ProcessTable>> ReadProcessTables(RowReader& reader,
                                                    const IncidentReport& report);

}  // namespace kautopsy
