#include "reports/diagnosis/choice_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "reports/diagnosis/moments.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kNeverKilled = -1000;

int64_t Adjustment(const TaskFacts& row) { return row.oom_score_adj.value_or(0); }

std::string NameOf(const TaskFacts& row) {
  return row.pid ? fmt::format("{} [pid {}]", CommName(row.comm), *row.pid) : CommName(row.comm);
}

std::string Apart(const KillChoice& choice) {
  const Integer more = choice.bigger->rss_kb;
  const Integer less = choice.chosen->rss_kb;
  if (more && less) return SizeText(*more - *less);
  return Thousands(choice.bigger->rss_pages.value_or(0) - choice.chosen->rss_pages.value_or(0)) +
         " pages";
}

// Its place by memory among the tasks or guests that the table shows.
std::string PlaceWords(const KillChoice& choice, bool sentence = false) {
  const std::vector<TaskFacts>& guests = choice.event->tasks.guests;
  const bool guest = choice.chosen->guest.has_value() && guests.size() > 1;
  if (guest && choice.chosen->rss_pages == guests.back().rss_pages) {
    return fmt::format("{} is the smallest of {} by {}", sentence ? "It" : "it",
                       Counted(static_cast<int64_t>(guests.size()), "guest"), Apart(choice));
  }
  return fmt::format("{} was larger by {}", CommName(choice.bigger->comm), Apart(choice));
}

// The larger one is let off by its setting, or the chosen one is preferred by its own.
std::string SettingWords(const KillChoice& choice) {
  const int64_t own = Adjustment(*choice.chosen);
  const int64_t other = Adjustment(*choice.bigger);
  const std::string setting = fmt::format("[oom_score_adj {}]", other < 0 ? other : own);
  if (other == kNeverKilled) return PlaceWords(choice) + ", but is never killed " + setting;
  if (other < 0)
    return fmt::format("{}, but its setting {} spares it", PlaceWords(choice), setting);
  return fmt::format("its setting {}; {}", setting, PlaceWords(choice));
}

// A score below 1 counts as 1 until 5.8 (badness.h).
std::string FlooredWords(const KillChoice& choice, const TaskFacts& other) {
  const int64_t own = Adjustment(*choice.chosen);
  const int64_t its = Adjustment(other);
  return fmt::format(
      "a tie: settings [oom_score_adj {}] take {} to the least score, 1, whatever they hold, and "
      "the order of the list decides",
      own == its ? fmt::format("{}", own) : fmt::format("{} and {}", own, its),
      choice.bigger ? "both" : "it and " + NameOf(other));
}

std::string TieWords(const KillChoice& choice) {
  if (choice.floored) return FlooredWords(choice, *choice.bigger) + ". " + PlaceWords(choice, true);
  if (choice.rule == BadnessRule::kPerMille && !choice.exact && choice.kb_per_point) {
    return fmt::format(
        "probably a tie. {}; a point of score is {}; what decides [swap, page tables] is not "
        "printed",
        PlaceWords(choice, true), SizeText(std::llround(*choice.kb_per_point)));
  }
  if (choice.place == ScorePlace::kTied)
    return "a tie: the order of the list decides. " + PlaceWords(choice, true);
  return PlaceWords(choice) + ", but root's programs may count 3 % less";
}

// The printed score is of more than the table shows of the chosen one. Programs of root may be let
// off a part of it, so they held more.
std::string OutscoredWords(const KillChoice& choice) {
  const TaskFacts& chosen = *choice.chosen;
  const int64_t points = *choice.kill->score - Adjustment(chosen);
  const int64_t scored_kb = std::llround(static_cast<double>(points) * *choice.kb_per_point);
  const Integer& bigger_vm_kb = choice.bigger->total_vm_kb;
  return fmt::format(
      "{}, but scores {} at most{}; {} points are {}, so {} held {} {} in swap and page tables, "
      "which this table does not print",
      PlaceWords(choice), choice.bigger_score->most,
      bigger_vm_kb ? fmt::format(" with all its address space of {}", SizeText(*bigger_vm_kb)) : "",
      points, SizeText(scored_kb), CommName(chosen.comm),
      chosen.uid.value_or(0) == 0 ? "at least" : "about", SizeText(scored_kb - *chosen.rss_kb));
}

bool TellsHidden(const KillChoice& choice) {
  if (!Outscored(choice) || !choice.kb_per_point) return false;
  const int64_t points = *choice.kill->score - Adjustment(*choice.chosen);
  return static_cast<double>(points) * *choice.kb_per_point >
         static_cast<double>(*choice.chosen->rss_kb);
}

bool LiesInSwap(const TaskFacts* row) {
  return row && row->rss_kb && row->swap_kb.value_or(0) > *row->rss_kb;
}

bool MayBeLetOff(const KillChoice& choice) {
  return choice.rule < BadnessRule::kPages && choice.bigger->uid == 0 && choice.chosen->uid != 0;
}

std::string WhyNotBigger(const KillChoice& choice) {
  const bool by_setting = Adjustment(*choice.chosen) > Adjustment(*choice.bigger);
  const bool level = choice.place == ScorePlace::kTied || choice.place == ScorePlace::kPossible;
  if (choice.floored) return TieWords(choice);
  if (by_setting) return SettingWords(choice);
  if (TellsHidden(choice)) return OutscoredWords(choice);
  if (level && (choice.rule == BadnessRule::kPerMille || choice.place == ScorePlace::kTied))
    return TieWords(choice);
  if (MayBeLetOff(choice)) return TieWords(choice);
  if (choice.place == ScorePlace::kFirst && LiesInSwap(choice.chosen))
    return fmt::format("{}, but {} held more with {} in swap", PlaceWords(choice),
                       CommName(choice.chosen->comm), SizeText(*choice.chosen->swap_kb));
  if (choice.place == ScorePlace::kFirst)
    return PlaceWords(choice) + ", but held less with swap and page tables";
  return "not in the text. " + PlaceWords(choice, true);
}

std::string RowMissing(const KillChoice& choice) {
  return choice.event->tasks.rows > 0 ? "its row of the process table is not in the text"
                                      : "no process table stands in the text";
}

std::string ChosenName(const KillFacts& kill) {
  return kill.chosen_pid ? fmt::format("{} [pid {}]", CommName(kill.chosen_comm), *kill.chosen_pid)
                         : CommName(kill.chosen_comm);
}

// The killed process stands in the table, the chosen one does not: that is a thread of it, whose
// number the line prints; children are of other processes (mm/oom_kill.c, select_bad_process() and
// find_lock_task_mm()).
bool IsThread(const KillChoice& choice) {
  return !choice.chosen && choice.row && choice.kill->comm == choice.kill->chosen_comm;
}

std::string ParentWords(const KillChoice& choice) {
  if (IsThread(choice))
    return fmt::format(
        "{} was chosen, which is most likely a thread of it: the table has no such "
        "process",
        ChosenName(*choice.kill));
  // mm/oom_kill.c, oom_kill_process(): the child of the highest score that has memory of its own,
  // until commit bbbe48029720 ("mm, oom: remove 'prefer children over parent' heuristic") in 5.1.
  std::string words =
      fmt::format("{} was chosen, and a child of it dies first", ChosenName(*choice.kill));
  if (choice.chosen && choice.bigger) words += "; " + PlaceWords(choice);
  return words;
}

std::string RangeText(const ScoreRange& score) {
  return score.exact() ? Thousands(score.least)
                       : fmt::format("{} to {}", Thousands(score.least), Thousands(score.most));
}

// The row of the killed process in the table of a later report.
const TaskFacts* StillThere(const EventFacts& later, const KillFacts& kill) {
  for (const std::vector<TaskFacts>* rows :
       {&later.tasks.candidates, &later.tasks.guests, &later.tasks.biggest}) {
    for (const TaskFacts& row : *rows) {
      if (row.pid && row.pid == kill.pid && row.comm == kill.comm) return &row;
    }
  }
  return nullptr;
}

std::string ReaperWords(const KillFacts& kill) {
  const int64_t anon_kb = kill.reaped_anon_rss_kb.value_or(0);
  const int64_t shmem_kb = kill.reaped_shmem_rss_kb.value_or(0);
  std::string words = anon_kb == 0 ? "its memory came back at once [oom_reaper: anon-rss 0 kB]"
                                   : SizeText(anon_kb) + " of it did not come back [oom_reaper]";
  if (shmem_kb > 0) words += fmt::format("; {} of it is shared and stays", SizeText(shmem_kb));
  return words;
}

std::string LaterWords(const EventFacts& event, const EventFacts& later) {
  const std::optional<int64_t> seconds = SecondsFromTo(event, later);
  if (!seconds || *seconds < 0) return "in the next report";
  return *seconds == 0 ? "less than 1 s later" : SpanText(*seconds) + " later";
}

// The next event of the same boot that has what `has` looks for.
template <class Has>
const EventFacts* NextOf(const IncidentFacts& facts, const EventFacts& event, Has&& has) {
  bool behind = false;
  for (const EventFacts& other : facts.events) {
    if (behind && other.boot_id == event.boot_id && has(other)) return &other;
    behind = behind || other.id == event.id;
  }
  return nullptr;
}

}  // namespace

std::string WhyThisOne(const KillChoice& choice) {
  if (choice.kill->reason == "allocating_task" && choice.child)
    return fmt::format(
        "a child of {}, which asked: the kernel kills who asks [oom_kill_allocating_task], and to "
        "5.0 a child of it in its place",
        ChosenName(*choice.kill));
  if (choice.kill->reason == "allocating_task")
    return "it asked, and the kernel kills who asks [oom_kill_allocating_task]";
  if (choice.kill->reason == "group")
    return "all of its control group die together [memory.oom.group]";
  if (choice.child) return ParentWords(choice);
  if (!choice.row) return RowMissing(choice);
  if (choice.rule == BadnessRule::kHeuristic) {
    const std::string place =
        choice.bigger ? PlaceWords(choice) : "the largest program of the table";
    return place + "; kernels to 2.6.35 count run time and children, which are not printed";
  }
  if (choice.bigger) return WhyNotBigger(choice);
  if (choice.place == ScorePlace::kNotFirst && choice.rival)
    return fmt::format("not in the text; {} would score more", NameOf(*choice.rival));
  if (choice.floored) return FlooredWords(choice, *choice.rival);
  if (choice.place == ScorePlace::kTied && choice.rival)
    return fmt::format("a tie with {}: the order of the list decides", NameOf(*choice.rival));
  return LiesInSwap(choice.row) ? "the largest program of the table, most of it in swap"
                                : "the largest program of the table";
}

std::string InSwapWords(const KillChoice& choice) {
  return LiesInSwap(choice.row) ? fmt::format(" and {} in swap", SizeText(*choice.row->swap_kb))
                                : "";
}

std::string ScoreWords(const KillChoice& choice) {
  std::string words;
  if (choice.kill->score) words = fmt::format("{} printed", Thousands(*choice.kill->score));
  // A wide range alone tells nothing.
  if (choice.score && (choice.kill->score || choice.score->exact())) {
    words += fmt::format("{}{} recomputed", words.empty() ? "" : ", ", RangeText(*choice.score));
    if (choice.agreement == Agreement::kDiffers) words += ": they disagree";
    if (choice.least_base) words += " with no swap to add";
  }
  const bool ranked = choice.rank && choice.chosen && choice.exact;
  if (ranked && choice.event->tasks.rows > 1)
    words += fmt::format(", place {} of {}", *choice.rank, Thousands(choice.event->tasks.rows));
  return words;
}

std::string AfterWords(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill) {
  const EventFacts* const table =
      NextOf(facts, event, [](const EventFacts& other) { return other.tasks.rows > 0; });
  const TaskFacts* const row = table ? StillThere(*table, kill) : nullptr;
  if (row && row->rss_kb.value_or(0) > 0)
    return fmt::format("{} still there with {}", LaterWords(event, *table), SizeText(*row->rss_kb));
  if (kill.reaped) return ReaperWords(kill);
  const EventFacts* const report = NextOf(
      facts, event, [](const EventFacts& other) { return other.mem && other.mem->free_pages; });
  if (!report || !event.mem || !event.mem->free_pages) return "";
  return fmt::format("{} {} free, {} then", LaterWords(event, *report),
                     SizeText(*report->mem->free_pages * report->page_kb()),
                     SizeText(*event.mem->free_pages * event.page_kb()));
}

}  // namespace kautopsy
