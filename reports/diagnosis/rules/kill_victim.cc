#include <fmt/core.h>

#include <cmath>

#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

std::string WhyThisOne(const KillChoice& choice) {
  if (choice.kill->reason == "allocating_task") {
    return "The kernel was told to kill whoever asks [vm.oom_kill_allocating_task].";
  }
  if (!choice.row) return "Its row of the process table is not in the text.";
  if (!choice.bigger) {
    return choice.rank == 1 ? "It was the largest program in the process table." : "";
  }
  const int64_t apart_kb = choice.bigger->rss_kb.value_or(0) - choice.row->rss_kb.value_or(0);
  std::string text =
      fmt::format("{} was larger by {}.", CommName(choice.bigger->comm), SizeText(apart_kb));
  if (choice.tie && choice.kb_per_point) {
    text += fmt::format(
        " Probably a tie: a point of score is {}, and page tables or swap, which this kernel "
        "counts but does not print, decide.",
        SizeText(std::llround(*choice.kb_per_point)));
  } else if (choice.row->oom_score_adj.value_or(0) > choice.bigger->oom_score_adj.value_or(0)) {
    text += fmt::format(" Its setting [oom_score_adj {}] made it the first choice.",
                        *choice.row->oom_score_adj);
  } else {
    text += " What decided is not in the text.";
  }
  return text;
}

}  // namespace

// Who was killed, and why this one.
std::optional<Finding> RuleKillVictim(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const std::optional<KillChoice> choice = ExplainKill(facts, event);
    if (!choice) continue;
    const KillFacts& kill = *choice->kill;
    Finding finding;
    finding.rule = "kill_victim";
    finding.role = Role::kContext;
    finding.severity = Severity::kMajor;
    finding.confidence =
        choice->exact || (choice->row && !choice->bigger) ? Confidence::kHigh : Confidence::kMedium;
    finding.event_id = event.id;
    finding.when = DayText(event);
    const Integer rss_kb = kill.RssKb();
    finding.title = fmt::format("{}: {} was killed{}.", OnDayHost(facts, event), VictimName(kill),
                                rss_kb ? fmt::format(", it held {}", SizeText(*rss_kb)) : "");
    finding.brief = VictimName(kill) + " was killed";
    finding.explanation = WhyThisOne(*choice);
    if (choice->score_by_rss && kill.score) {
      finding.explanation += fmt::format(" Score by memory alone {:.1f}, printed {}.",
                                         *choice->score_by_rss, *kill.score);
    }
    finding.evidence.push_back(KillEvidence(event, kill));
    if (choice->row) finding.evidence.push_back(TaskEvidence(event, *choice->row));
    if (choice->bigger) finding.evidence.push_back(TaskEvidence(event, *choice->bigger));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
