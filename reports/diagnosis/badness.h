#pragma once

#include <optional>

#include "base/row.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// How a kernel scores the candidates of its OOM killer: mm/oom_kill.c, oom_badness(). It counts the
// pages of a task (resident, in swap, since 2.6.39 or 3.0 page tables) and its oom_score_adj,
// against all pages that the request could have had. The task that scores most is killed.
enum class BadnessRule {
  kHeuristic,   // until 2.6.35, badness(): address space, run time, niceness, children; no report
                // prints these
  kPerMille,    // Linux kernel commit a63d83f427fb ("oom: badness heuristic rewrite") (in v2.6.36),
                // EL6 by backport: whole 1/1000, from 1 to 1000; tasks with CAP_SYS_ADMIN 30 less
                // (3.4.y: 3 % less)
  kRootLess30,  // Linux kernel commit a7f638f999ff ("mm, oom: normalize oom scores to
                // oom_score_adj scale only for userspace") (in v3.6): pages; with CAP_SYS_ADMIN
                // 30/1000 of all less
  kRootLess3Percent,  // 3.14 to 4.16: with CAP_SYS_ADMIN 3 % of its own pages less
  kPages,             // from 4.17: the same for all
};

struct ScoreRange {
  int64_t least = 0;
  int64_t most = 0;
  bool exact() const { return least == most; }
  bool operator==(const ScoreRange&) const = default;
};

// A task's pages by what the table prints of it, as a range where it lacks a term.
struct ScoreTerms {
  ScoreRange pages;
  int64_t oom_score_adj = 0;
  bool maybe_root = false;  // of uid 0, or of an unknown one: it may have CAP_SYS_ADMIN
};

// The score as the kernel compares it: 1/1000 for kPerMille, else pages. `positive`: a sum below 1
// counts as 1, as until 5.8 (Linux kernel commit 9066e5cfb73c ("mm, oom: make the calculation of
// oom badness more accurate") (in v5.9)). REQUIRES: a rule that can be computed, `base_pages` > 0.
ScoreRange ComparedScore(BadnessRule rule, const ScoreTerms& terms, int64_t base_pages,
                         bool positive);
// The score as the kernel prints it ("score 318", until 5.0): in 1/1000.
ScoreRange PrintedScore(BadnessRule rule, const ScoreTerms& terms, int64_t base_pages,
                        bool positive);

// What the recomputed scores say of the chosen task.
enum class ScorePlace {
  kUnknown,   // nothing to compute with
  kFirst,     // it scores most
  kTied,      // it scores as much as another: their order in the list decides
  kPossible,  // the ranges overlap: what is not printed decides
  kNotFirst,  // another one surely scores more: a fact is missing
};

// What a recomputed score says of the printed one.
enum class Agreement { kNotPrinted, kEqual, kInRange, kDiffers };

// What can be said of how the OOM killer ranked its candidates.
struct KillChoice {
  const EventFacts* event = nullptr;
  const KillFacts* kill = nullptr;
  const TaskFacts* row = nullptr;     // the victim's row of the process table
  const TaskFacts* chosen = nullptr;  // of the task that was chosen: the victim, or its parent
  const TaskFacts* bigger = nullptr;  // the largest row, if it is larger than the chosen one's
  const TaskFacts* rival = nullptr;   // of a task that scores as much, or may score more
  BadnessRule rule = BadnessRule::kHeuristic;
  ScorePlace place = ScorePlace::kUnknown;
  Integer rank;                     // of the chosen one by score, from 1, as the table prints it
  std::optional<ScoreRange> score;  // of the chosen one, as it would be printed
  std::optional<ScoreRange> bigger_score;  // likewise of `bigger`
  Agreement agreement = Agreement::kNotPrinted;
  Real kb_per_point;   // memory that one point of score stands for
  bool child = false;  // a child of the chosen one was killed instead (until 5.0)
  bool exact = false;  // the table prints all that the score counts
  // The chosen one and the one it ties with, `bigger` if there is one, would score less than 1 by
  // their oom_score_adj, so both count as 1, whatever they hold.
  bool floored = false;
  // The printed score is that of a machine without (more) swap, whose swap the text does not tell.
  bool least_base = false;
};

// The choice behind `kill`, which is a kill of `event`.
KillChoice ExplainKill(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill);
// Of the first kill of `event`; none if it killed nothing.
std::optional<KillChoice> ExplainKill(const IncidentFacts& facts, const EventFacts& event);

// What scores of that event are measured by: RAM and swap, or what the request was limited to. None
// if nothing tells.
std::optional<ScoreRange> ScoreBasePages(const IncidentFacts& facts, const EventFacts& event);

// True if `bigger` could not score as much as was printed of the chosen one, whatever of its
// address space lay in swap: the table lacks what the chosen one held beside `rss`.
bool Outscored(const KillChoice& choice);

// All swap of the machine, as far as the incident knows it.
Integer SwapKb(const IncidentFacts& facts);

// Of kernels since 2.6.36; where the release is unknown or backports the code, the rule with the
// wider ranges.
BadnessRule RuleOfKernel(const KernelVersion& kernel);

// False for kernels until 2.6.35, whose scores have no bound; EL6 has the newer ones by backport.
bool ScoresPerMille(const KernelVersion& kernel);

}  // namespace kautopsy
