#include "reports/diagnosis/badness.h"

#include <algorithm>

#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/node_list.h"

namespace kautopsy {
namespace {

constexpr int64_t kPerMille = 1000;
constexpr int64_t kMostScore = 1000;
constexpr int64_t kRootPoints = 30;
constexpr int64_t kRootPercent = 3;
constexpr int64_t kNeverKilled = -1000;  // OOM_SCORE_ADJ_MIN, include/uapi/linux/oom.h
// A page of page table maps 512 pages on most machines; a few more pages map what lies apart.
constexpr int64_t kPagesPerTable = 512;
constexpr int64_t kScatteredTables = 64;
// The table is printed after the choice, while programs run on.
constexpr int64_t kDriftPoints = 1;

int64_t PagesOf(const Integer& kb, const EventFacts& event) {
  return kb.value_or(0) / event.page_kb();
}

// Swap in use at the event; all of it where only the total is known.
Integer UsedSwapPages(const IncidentFacts& facts, const EventFacts& event) {
  if (event.mem && event.mem->total_swap_kb && event.mem->free_swap_kb) {
    return std::max<int64_t>(*event.mem->total_swap_kb - *event.mem->free_swap_kb, 0) /
           event.page_kb();
  }
  const Integer total_kb = SwapKb(facts);
  return total_kb ? Integer(*total_kb / event.page_kb()) : Integer();
}

ScoreTerms TermsOf(const IncidentFacts& facts, const EventFacts& event, const TaskFacts& task) {
  ScoreTerms terms;
  const int64_t rss = task.rss_pages.value_or(0);
  const int64_t mapped = std::max<int64_t>(task.total_vm_pages.value_or(0), 0);
  const int64_t sure = rss + PagesOf(task.swap_kb, event) + PagesOf(task.pgtables_kb, event);
  terms.pages = {sure, sure};
  if (!task.swap_kb) {
    const int64_t absent = std::max<int64_t>(mapped - rss, 0);
    terms.pages.most += std::min(UsedSwapPages(facts, event).value_or(absent), absent);
  }
  if (!task.pgtables_kb) {
    const int64_t tables = mapped / kPagesPerTable + kScatteredTables;
    const Integer all = event.mem ? event.mem->pagetables_pages : Integer();
    terms.pages.most += std::min(all.value_or(tables), tables);
  }
  terms.oom_score_adj = task.oom_score_adj.value_or(0);
  terms.maybe_root = task.uid.value_or(0) == 0;
  return terms;
}

// By name where rows share the pid: damage, or a thread.
const TaskFacts* RowOf(const TaskTable& table, const Integer& pid, const Text& comm) {
  const TaskFacts* found = nullptr;
  for (const std::vector<TaskFacts>* rows : {&table.candidates, &table.guests, &table.biggest}) {
    for (const TaskFacts& row : *rows) {
      if (!row.pid || row.pid != pid) continue;
      if (row.comm == comm) return &row;
      if (!found) found = &row;
    }
  }
  return found;
}

bool IsCandidate(const TaskFacts& row) {
  return row.rss_pages && row.oom_score_adj && *row.oom_score_adj > kNeverKilled;
}

// What decides the comparison of one task with another.
struct Comparison {
  BadnessRule rule;
  ScoreRange base_pages;
  bool positive;
};

// A score is a straight line over the base, so its ends decide.
ScorePlace Compare(const Comparison& with, const ScoreTerms& chosen, const ScoreTerms& other) {
  bool always_more = true;
  bool always_less = true;
  bool always_equal = true;
  for (const int64_t base : {with.base_pages.least, with.base_pages.most}) {
    const ScoreRange one = ComparedScore(with.rule, chosen, base, with.positive);
    const ScoreRange two = ComparedScore(with.rule, other, base, with.positive);
    always_more = always_more && one.least > two.most;
    always_less = always_less && one.most < two.least;
    always_equal = always_equal && one.exact() && one == two;
  }
  if (always_more) return ScorePlace::kFirst;
  if (always_less) return ScorePlace::kNotFirst;
  return always_equal ? ScorePlace::kTied : ScorePlace::kPossible;
}

void FindRival(const IncidentFacts& facts, const Comparison& with, KillChoice& choice) {
  choice.place = ScorePlace::kFirst;
  const ScoreTerms chosen = TermsOf(facts, *choice.event, *choice.chosen);
  const TaskTable& table = choice.event->tasks;
  for (const std::vector<TaskFacts>* rows : {&table.candidates, &table.biggest}) {
    for (const TaskFacts& row : *rows) {
      if (row.pid == choice.chosen->pid || !IsCandidate(row)) continue;
      const ScorePlace place = Compare(with, chosen, TermsOf(facts, *choice.event, row));
      if (place <= choice.place) continue;
      choice.place = place;
      choice.rival = &row;
    }
  }
}

void FindBigger(KillChoice& choice) {
  int64_t rank = 1;
  for (const TaskFacts& row : choice.event->tasks.biggest) {
    const bool larger = row.rss_pages && choice.chosen->rss_pages &&
                        *row.rss_pages > *choice.chosen->rss_pages && row.pid != choice.chosen->pid;
    if (!larger) continue;
    ++rank;
    if (!choice.bigger) choice.bigger = &row;
  }
  choice.rank = choice.chosen->badness_rank ? choice.chosen->badness_rank : Integer(rank);
}

Agreement Agree(const Integer& printed, const ScoreRange& score) {
  if (!printed) return Agreement::kNotPrinted;
  if (score.exact() && score.least == *printed) return Agreement::kEqual;
  const bool inside =
      *printed >= score.least - kDriftPoints && *printed <= score.most + kDriftPoints;
  return inside ? Agreement::kInRange : Agreement::kDiffers;
}

// Without a kernel's release the columns tell: page tables and swap are printed since 3.6.
BadnessRule RuleOf(const IncidentFacts& facts, const EventFacts& event, const TaskFacts& row) {
  if (!row.oom_score_adj) return BadnessRule::kHeuristic;
  const KernelVersion kernel = KernelOf(facts, event);
  if (!row.swap_kb) return BadnessRule::kPerMille;
  return kernel.known() ? std::max(RuleOfKernel(kernel), BadnessRule::kRootLess30)
                        : BadnessRule::kRootLess30;
}

// Its oom_score_adj takes off all that it could score.
bool IsFloored(const Comparison& with, const ScoreTerms& terms) {
  if (terms.oom_score_adj >= 0 || !with.positive) return false;
  for (const int64_t base : {with.base_pages.least, with.base_pages.most}) {
    const int64_t most = with.rule == BadnessRule::kPerMille
                             ? terms.pages.most * kPerMille / base + terms.oom_score_adj
                             : ComparedScore(with.rule, terms, base, false).most;
    if (most > 1) return false;
  }
  return true;
}

ScoreRange ScoreOf(const IncidentFacts& facts, const Comparison& with, const KillChoice& choice,
                   const TaskFacts& row) {
  const ScoreTerms terms = TermsOf(facts, *choice.event, row);
  const ScoreRange one = PrintedScore(with.rule, terms, with.base_pages.most, with.positive);
  const ScoreRange two = PrintedScore(with.rule, terms, with.base_pages.least, with.positive);
  return {std::min(one.least, two.least), std::max(one.most, two.most)};
}

// The printed score, if the chosen one's figures give just that by the smallest base: the machine
// has no more swap then. Root's programs have one of two scores, by their capabilities.
bool GivesPrinted(const Comparison& with, const ScoreTerms& terms, const Integer& printed) {
  if (!printed || !terms.pages.exact()) return false;
  const ScoreRange score = PrintedScore(with.rule, terms, with.base_pages.least, with.positive);
  return printed == score.least || printed == score.most;
}

void ComputeScores(const IncidentFacts& facts, KillChoice& choice) {
  std::optional<ScoreRange> base = ScoreBasePages(facts, *choice.event);
  if (!base || choice.rule == BadnessRule::kHeuristic || !IsCandidate(*choice.chosen)) return;
  Comparison with{choice.rule, *base, !KernelOf(facts, *choice.event).AtLeast(5, 9)};
  const ScoreTerms terms = TermsOf(facts, *choice.event, *choice.chosen);
  const bool gives_printed = GivesPrinted(with, terms, choice.kill->score);
  choice.least_base = gives_printed && !base->exact();
  if (choice.least_base) base = with.base_pages = {base->least, base->least};
  choice.kb_per_point = static_cast<double>(base->least * choice.event->page_kb()) / kPerMille;
  FindRival(facts, with, choice);
  const TaskFacts* const other = choice.bigger ? choice.bigger : choice.rival;
  choice.floored = choice.place == ScorePlace::kTied && other && IsCandidate(*other) &&
                   IsFloored(with, terms) && IsFloored(with, TermsOf(facts, *choice.event, *other));
  choice.score = ScoreOf(facts, with, choice, *choice.chosen);
  if (choice.bigger && IsCandidate(*choice.bigger))
    choice.bigger_score = ScoreOf(facts, with, choice, *choice.bigger);
  if (gives_printed) choice.score = ScoreRange{*choice.kill->score, *choice.kill->score};
  choice.exact = terms.pages.exact() && base->exact();
  choice.agreement = Agree(choice.kill->score, *choice.score);
}

// Memory of the nodes that the request was limited to, and all swap: constrained_alloc(). Since 5.4
// ("mm, oom: consider present pages for the node size") what is present, before what is spanned:
// holes counted, too. Zones that the report leaves out add to it.
std::optional<ScoreRange> NodesBase(const IncidentFacts& facts, const EventFacts& event) {
  const Text& list =
      event.oom->constraint_kind == "cpuset" ? event.oom->mems_allowed : event.oom->nodemask;
  const std::vector<int64_t> nodes = ParseNodeList(list.value_or(""));
  const Integer swap_kb = SwapKb(facts);
  int64_t kb = swap_kb.value_or(0);
  bool found = false;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.node || !zone.present_kb) continue;
    if (std::find(nodes.begin(), nodes.end(), *zone.node) == nodes.end()) continue;
    kb += *zone.present_kb;
    found = true;
  }
  if (!found || kb <= 0) return std::nullopt;
  const bool exact =
      KernelOf(facts, event).AtLeast(5, 4) && swap_kb && event.complete && !LeftOutOf(event).above;
  if (exact) return ScoreRange{kb / event.page_kb(), kb / event.page_kb()};
  return ScoreRange{kb / event.page_kb(),
                    std::max(kb / event.page_kb(), event.oom->score_base_most_pages.value_or(0))};
}

std::optional<ScoreRange> PrintedBase(const IncidentFacts& facts, const EventFacts& event) {
  const Integer& least = event.oom->score_base_least_pages;
  if (!least || *least <= 0) return std::nullopt;
  if (event.oom->score_base_most_pages) {
    return ScoreRange{*least, std::max(*least, *event.oom->score_base_most_pages)};
  }
  // What swap adds is not printed; machines with more of it than memory are rare.
  const Integer swap_kb = SwapKb(facts);
  return ScoreRange{*least, *least + (swap_kb ? *swap_kb / event.page_kb() : *least)};
}

}  // namespace

Integer SwapKb(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (event.mem && event.mem->total_swap_kb) return event.mem->total_swap_kb;
    const Integer total_kb = event.ValueKb("SwapTotal");
    if (total_kb) return total_kb;
  }
  return std::nullopt;
}

bool ScoresPerMille(const KernelVersion& kernel) {
  return kernel.el == 6 || !kernel.Below(2, 6, 36);
}

BadnessRule RuleOfKernel(const KernelVersion& kernel) {
  if (!kernel.known() || kernel.el == 6) return BadnessRule::kPerMille;
  if (kernel.Below(3, 6)) return BadnessRule::kPerMille;
  // EL7 is 3.10 with newer code; where root's share is not known the larger one bounds it.
  if (kernel.Below(3, 14) || kernel.el == 7) return BadnessRule::kRootLess30;
  return kernel.Below(4, 17) ? BadnessRule::kRootLess3Percent : BadnessRule::kPages;
}

ScoreRange ComparedScore(BadnessRule rule, const ScoreTerms& terms, int64_t base_pages,
                         bool positive) {
  const int64_t adj = terms.oom_score_adj;
  if (rule == BadnessRule::kPerMille) {
    const int64_t root = terms.maybe_root ? kRootPoints : 0;
    return {
        std::clamp<int64_t>(terms.pages.least * kPerMille / base_pages - root + adj, 1, kMostScore),
        std::clamp<int64_t>(terms.pages.most * kPerMille / base_pages + adj, 1, kMostScore)};
  }
  const int64_t added = adj * (base_pages / kPerMille);
  ScoreRange score{terms.pages.least + added, terms.pages.most + added};
  if (terms.maybe_root && rule == BadnessRule::kRootLess30)
    score.least -= kRootPoints * (base_pages / kPerMille);
  if (terms.maybe_root && rule == BadnessRule::kRootLess3Percent)
    score.least -= terms.pages.least * kRootPercent / 100;
  if (positive) score = {std::max<int64_t>(score.least, 1), std::max<int64_t>(score.most, 1)};
  return score;
}

ScoreRange PrintedScore(BadnessRule rule, const ScoreTerms& terms, int64_t base_pages,
                        bool positive) {
  const ScoreRange score = ComparedScore(rule, terms, base_pages, positive);
  if (rule == BadnessRule::kPerMille) return score;
  return {score.least * kPerMille / base_pages, score.most * kPerMille / base_pages};
}

std::optional<ScoreRange> ScoreBasePages(const IncidentFacts& facts, const EventFacts& event) {
  const Text constraint = event.oom ? event.oom->constraint_kind : std::nullopt;
  if (constraint == "cpuset" || constraint == "memory_policy") return NodesBase(facts, event);
  if (event.oom) {
    const std::optional<ScoreRange> printed = PrintedBase(facts, event);
    if (printed || constraint == "memcg") return printed;
  }
  if (!facts.ram_kb || *facts.ram_kb <= 0) return std::nullopt;
  const Integer swap_kb = SwapKb(facts);
  const int64_t ram_pages = *facts.ram_kb / event.page_kb();
  const int64_t all_pages = (*facts.ram_kb + swap_kb.value_or(0)) / event.page_kb();
  return ScoreRange{all_pages, swap_kb ? all_pages : 2 * ram_pages};
}

KillChoice ExplainKill(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill) {
  KillChoice choice;
  choice.event = &event;
  choice.kill = &kill;
  choice.row = RowOf(event.tasks, kill.pid, kill.comm);
  choice.child = kill.chosen_pid && kill.chosen_pid != kill.pid;
  choice.chosen = choice.child ? RowOf(event.tasks, kill.chosen_pid, kill.chosen_comm) : choice.row;
  if (!choice.chosen) return choice;
  choice.rule = RuleOf(facts, event, *choice.chosen);
  FindBigger(choice);
  ComputeScores(facts, choice);
  return choice;
}

bool Outscored(const KillChoice& choice) {
  if (!choice.bigger_score || !choice.kill->score || !choice.chosen->rss_kb) return false;
  return choice.rule == BadnessRule::kPerMille && choice.bigger->total_vm_pages.value_or(0) > 0 &&
         *choice.kill->score > choice.bigger_score->most + kDriftPoints;
}

std::optional<KillChoice> ExplainKill(const IncidentFacts& facts, const EventFacts& event) {
  if (event.kills.empty()) return std::nullopt;
  return ExplainKill(facts, event, event.kills.front());
}

}  // namespace kautopsy
