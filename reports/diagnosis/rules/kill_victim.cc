#include <fmt/core.h>

#include <cctype>

#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// What was printed and what was recomputed must agree, or a fact is missing.
Confidence ConfidenceOf(const KillChoice& choice) {
  if (choice.agreement == Agreement::kDiffers || choice.place == ScorePlace::kNotFirst)
    return Confidence::kLow;
  const bool stated = choice.kill->reason == "allocating_task" || choice.kill->reason == "group";
  const bool sure = choice.place == ScorePlace::kFirst || (choice.chosen && !choice.bigger);
  return stated || sure ? Confidence::kHigh : Confidence::kMedium;
}

std::string Sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

std::string Explanation(const IncidentFacts& facts, const KillChoice& choice) {
  std::string text = Sentence("why this one: " + WhyThisOne(choice));
  const std::string score = ScoreWords(choice);
  if (!score.empty()) text += " Score: " + score + ".";
  const std::string after = AfterWords(facts, *choice.event, *choice.kill);
  return after.empty() ? text : text + " After: " + after + ".";
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
    finding.confidence = ConfidenceOf(*choice);
    finding.event_id = event.id;
    finding.when = DayText(event);
    const Integer rss_kb = kill.RssKb();
    finding.title = fmt::format(
        "{}: {} was killed{}.", OnDayHost(facts, event), VictimName(kill),
        rss_kb ? fmt::format(", it held {}{}", SizeText(*rss_kb), InSwapWords(*choice)) : "");
    finding.brief = VictimName(kill) + " was killed";
    finding.explanation = Explanation(facts, *choice);
    finding.evidence.push_back(KillEvidence(event, kill));
    if (choice->row) finding.evidence.push_back(TaskEvidence(event, *choice->row));
    if (choice->bigger) finding.evidence.push_back(TaskEvidence(event, *choice->bigger));
    if (choice->child && choice->chosen)
      finding.evidence.push_back(TaskEvidence(event, *choice->chosen));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
