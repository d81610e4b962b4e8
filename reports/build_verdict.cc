#include <fmt/core.h>

#include "reports/builder.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/signature.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

VerdictLine ToLine(const Finding& finding, std::string label) {
  VerdictLine line;
  line.label = std::move(label);
  line.text = finding.brief;
  line.code = finding.role == Role::kRuledOut ? "" : finding.cause.value_or("");
  line.when = finding.role == Role::kRuledOut ? "" : finding.when;
  line.confidence = ConfidenceName(finding.confidence);
  return line;
}

// The kill's own lines say what the primary cause says: a group's limit, or a binding to nodes.
bool StatesCause(const EventFacts& event, const Finding& primary) {
  if (primary.cause == "memcg_limit") return OfGroup(event);
  const bool bound =
      event.oom && event.oom->constraint_kind && event.oom->constraint_kind != "none";
  return primary.cause == "numa_constraint" && bound;
}

// Kills that the primary cause does not explain, because their own day holds no memory report.
void AddUnsureKill(const BuildInput& input, const Finding* primary, IncidentReport& report) {
  for (const EventFacts& event : input.facts.events) {
    const bool explained = primary && primary->event_id == event.id;
    if (event.kills.empty() || explained || event.mem || !primary) continue;
    if (StatesCause(event, *primary)) continue;
    VerdictLine line;
    line.label = "unsure";
    const std::string day = DayTextBeside(
        input.facts, event, [](const EventFacts& other) { return other.mem.has_value(); });
    line.text = fmt::format("whether it caused the kill{}: no memory report then",
                            day.empty() ? "" : " of " + day);
    line.confidence = "low";
    report.verdict.push_back(std::move(line));
    return;
  }
}

void AddCure(const BuildInput& input, IncidentReport& report) {
  const std::optional<GuestSize> size = SizeGuests(input.facts, input.snapshots);
  if (!size || report.for_good.empty() || !report.for_good[0].act.starts_with("guests of at most"))
    return;
  VerdictLine line;
  line.label = "cure";
  line.text = fmt::format("smaller guests: at most {} GiB each, {} then (FOR GOOD 1)",
                          size->gib_each, GibNumber(size->largest_kb));
  report.verdict.push_back(std::move(line));
}

// What happened one after the other, and before, and elsewhere.
void AddHistory(const BuildInput& input, IncidentReport& report) {
  constexpr std::pair<std::string_view, const char*> kLabels[] = {
      {"course", "course"}, {"recurrence", "again"}, {"continuation", "again"}, {"trend", "grows"}};
  for (const auto& [rule, label] : kLabels) {
    for (const Finding& finding : input.diagnosis.findings) {
      if (finding.rule == rule) report.verdict.push_back(ToLine(finding, label));
    }
  }
  if (report.elsewhere.empty()) return;
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> hosts;
  for (const Elsewhere& other : report.elsewhere) {
    if (hosts.size() < kMostNamed)
      hosts.push_back(fmt::format("{} ({})", other.host, Thousands(other.incidents)));
  }
  const auto more = static_cast<int64_t>(report.elsewhere.size() - hosts.size());
  if (more > 0) hosts.push_back(Counted(more, "more host"));
  const std::string same =
      NamesCulprit(report.line.signature) ? "the same on " : "the same cause on ";
  report.verdict.push_back({"elsewhere", same + JoinWords(hosts), "", "", ""});
}

}  // namespace

void BuildVerdict(const BuildInput& input, IncidentReport& report) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const Finding* const stated = FindFinding(input.diagnosis, "userspace_kill");
  if (primary) {
    report.verdict.push_back(ToLine(*primary, "cause"));
  } else {
    const char* const what = stated ? "why memory was short is not in the text" : "not in the text";
    report.verdict.push_back({"cause", what, "unknown", "", "low"});
  }
  if (stated) {
    report.verdict.push_back(ToLine(*stated, "killed by"));
    report.verdict.back().when.clear();
  }
  AddUnsureKill(input, primary, report);
  for (const Finding& finding : input.diagnosis.findings) {
    if (finding.role == Role::kContributing) report.verdict.push_back(ToLine(finding, "helped"));
    if (finding.role == Role::kRuledOut) report.verdict.push_back(ToLine(finding, "ruled out"));
  }
  if (input.facts.ended_boot)
    report.verdict.push_back(
        {"end", "the boot ended with this crash: no orderly shutdown follows", "", "", ""});
  AddHistory(input, report);
  if (const Finding* const settings = FindFinding(input.diagnosis, "settings"))
    report.verdict.push_back(ToLine(*settings, "set"));
  AddCure(input, report);
}

}  // namespace kautopsy
