#include "reports/diagnosis/badness.h"

#include <cmath>

namespace kautopsy {
namespace {

// Two tasks whose scores by rss alone lie within this many points may tie once page tables and swap
// are counted: 128 GiB of rss needs 0.25 GiB of page tables, which is a point on such a host.
constexpr double kTiePoints = 1.5;

const TaskFacts* RowOf(const TaskTable& table, const KillFacts& kill) {
  const TaskFacts* same_pid = nullptr;
  for (const std::vector<TaskFacts>* rows : {&table.guests, &table.biggest}) {
    for (const TaskFacts& row : *rows) {
      if (!row.pid || row.pid != kill.pid) continue;
      if (row.comm == kill.comm) return &row;
      if (!same_pid) same_pid = &row;
    }
  }
  return same_pid;
}

// Tasks protected by oom_score_adj (-1000 is never killed) are no candidates.
bool Candidate(const TaskFacts& row) { return row.oom_score_adj.value_or(0) > -1000; }

Real Score(const Integer& kb, const Integer& adjustment, const Integer& base_kb) {
  if (!kb || !base_kb || *base_kb <= 0) return std::nullopt;
  const double points = static_cast<double>(*kb) * 1000.0 / static_cast<double>(*base_kb);
  return points + static_cast<double>(adjustment.value_or(0));
}

void CompareWithBiggest(const TaskTable& table, const Integer& base_kb, KillChoice& choice) {
  int64_t rank = 1;
  for (const TaskFacts& row : table.biggest) {
    if (&row == choice.row || !Candidate(row)) continue;
    const bool larger = row.rss_pages && choice.row->rss_pages &&
                        *row.rss_pages > *choice.row->rss_pages && row.pid != choice.row->pid;
    if (!larger) continue;
    ++rank;
    if (!choice.bigger) choice.bigger = &row;
  }
  if (static_cast<std::size_t>(rank) <= table.biggest.size()) choice.rank = rank;
  if (!choice.bigger) return;
  const Real other = Score(choice.bigger->rss_kb, choice.bigger->oom_score_adj, base_kb);
  choice.tie = !choice.exact && other && choice.score_by_rss &&
               std::abs(*other - *choice.score_by_rss) < kTiePoints;
}

}  // namespace

Integer ScoreBaseKb(const IncidentFacts& facts, bool& swap_known) {
  swap_known = false;
  if (!facts.ram_kb) return std::nullopt;
  for (const EventFacts& event : facts.events) {
    Integer swap = event.mem ? event.mem->total_swap_kb : Integer();
    if (!swap) swap = event.ValueKb("SwapTotal");
    if (!swap) continue;
    swap_known = true;
    return *facts.ram_kb + *swap;
  }
  return facts.ram_kb;
}

std::optional<KillChoice> ExplainKill(const IncidentFacts& facts, const EventFacts& event) {
  if (event.kills.empty()) return std::nullopt;
  KillChoice choice;
  choice.event = &event;
  choice.kill = &event.kills.front();
  choice.row = RowOf(event.tasks, *choice.kill);
  bool swap_known = false;
  const Integer base_kb = ScoreBaseKb(facts, swap_known);
  if (base_kb) choice.kb_per_point = static_cast<double>(*base_kb) / 1000.0;
  if (!choice.row) return choice;
  // Page tables and swap count in the score, so both must be printed to recompute it.
  choice.exact = choice.row->pgtables_kb && choice.row->swap_kb && swap_known;
  const KernelVersion kernel = KernelOf(facts, event);
  const bool per_mille = kernel.AtLeast(2, 6, 36) || (kernel.el == 6 && kernel.el_build >= 131);
  if (per_mille) {
    choice.score_by_rss = Score(choice.row->rss_kb, choice.row->oom_score_adj, base_kb);
  }
  CompareWithBiggest(event.tasks, base_kb, choice);
  return choice;
}

}  // namespace kautopsy
