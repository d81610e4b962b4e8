#include <fmt/core.h>

#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Of 1000: nearly all of RAM and swap (mm/oom_kill.c, oom_badness(), since 2.6.36).
constexpr int64_t kNearlyAll = 900;
constexpr int64_t kMost = 1000;

// The setting of the victim, which is part of its score, where the text tells it.
Integer SettingOf(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill) {
  if (kill.oom_score_adj) return kill.oom_score_adj;
  if (const TaskFacts* const row = ExplainKill(facts, event, kill).chosen)
    return row->oom_score_adj;
  // A thread of the same name shares the setting of its process.
  const bool asked_itself = kill.comm && event.oom->invoker_comm == kill.comm;
  return asked_itself ? event.oom->oom_score_adj : Integer();
}

bool HeldNearlyAll(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill) {
  if (!kill.score || kill.repeated || !ScoresPerMille(KernelOf(facts, event))) return false;
  return *kill.score >= kNearlyAll && *kill.score <= kMost && SettingOf(facts, event, kill) == 0;
}

}  // namespace

// Where the memory report is lost, the score of the victim tells its share of RAM and swap.
std::optional<Finding> RuleFullByScore(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool cut = event.oom && !event.mem && event.zones.empty() && !event.oom->sysrq;
    if (!cut || OfGroup(event) || StatesConstraint(event) || event.kills.empty()) continue;
    const KillFacts& kill = event.kills.front();
    if (!HeldNearlyAll(facts, event, kill)) continue;
    const std::string share =
        PercentNumber(static_cast<double>(*kill.score), static_cast<double>(kMost));
    Finding finding = DraftCause("host_exhausted", event);
    finding.rule = "full_by_score";
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the score is the share of RAM and swap; the memory report is lost";
    finding.title =
        fmt::format("{}: {} held {} % of RAM and swap, by its score of {}.",
                    OnDayHost(facts, event), VictimName(kill), share, Thousands(*kill.score));
    finding.brief =
        fmt::format("{} held {} % of RAM and swap, by its score", VictimName(kill), share);
    finding.explanation =
        "The kernel scores a program by its memory, its swap and its page tables, in thousandths "
        "of RAM and swap; no setting [oom_score_adj] raised this one.";
    finding.evidence.push_back(KillEvidence(event, kill));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
