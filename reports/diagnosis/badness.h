#pragma once

#include "base/row.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What can be said of how the OOM killer ranked its candidates.
struct KillChoice {
  const EventFacts* event = nullptr;
  const KillFacts* kill = nullptr;
  const TaskFacts* row = nullptr;     // the victim's row of the process table
  const TaskFacts* bigger = nullptr;  // the largest row, if that is another task
  Integer rank;                       // of the victim by rss among the rows kept, from 1
  Real score_by_rss;                  // victim's score recomputed from rss alone, in 1/1000
  Real kb_per_point;                  // memory that one point of score stands for
  bool tie = false;                   // the larger task scores the same but for what is not printed
  bool exact = false;                 // the table prints all that the score counts
};

// The choice of the first kill of `event`; none if it killed nothing. Scores are per mille of RAM
// plus swap: mm/oom_kill.c, oom_badness(), since Linux kernel commit a63d83f427fb ("oom: badness
// heuristic rewrite") (in v2.6.36), in EL6 by backport. Before, the score was a heuristic that
// cannot be recomputed.
std::optional<KillChoice> ExplainKill(const IncidentFacts& facts, const EventFacts& event);

// RAM plus swap in KiB as far as the incident knows; none without RAM. `swap_known` tells if swap
// is counted in.
Integer ScoreBaseKb(const IncidentFacts& facts, bool& swap_known);

}  // namespace kautopsy
