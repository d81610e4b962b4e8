#pragma once

#include <vector>

#include "base/row.h"
#include "parsers/kernel/task_rows.h"

namespace kautopsy {

// The pages that the OOM killer measures scores by: `totalpages` of mm/oom_kill.c,
// constrained_alloc(). RAM and swap, or what the request was limited to. Both are the same where
// the report tells it exactly.
struct ScoreBase {
  Integer least_pages;
  Integer most_pages;  // none if nothing bounds it
};

// The score of each of `rows` and its place, by oom_badness() of the kernels since
// 2.6.36: pages resident, in swap and of page tables, plus oom_score_adj * (base / 1000). Those
// that are never killed get neither; before 2.6.36 nobody does, since that heuristic counts what no
// report prints. The score is missing where the table lacks a term of it or the base is not exact,
// the rank then goes by what is there. What root's programs are let off before v4.17 (see
// reports/diagnosis/badness.h) is left out.
std::vector<TaskScore> ScoreTasks(const TaskRows& rows, const ScoreBase& base,
                                  const Integer& page_size_kb);

}  // namespace kautopsy
