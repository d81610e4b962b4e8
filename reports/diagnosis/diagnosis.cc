#include "reports/diagnosis/diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/missing.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/settings.h"
#include "reports/diagnosis/signature.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

bool HasOrder(const EventFacts& event) {
  return (event.oom && event.oom->order) || (event.refusal && event.refusal->order);
}

// True if a record that lost its header stands beside one of the same host and moment that kept
// it: the request is likely that one, so what was assumed instead is not sure.
bool HeaderIsElsewhere(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int64_t kSameMomentSeconds = 10;
  if (event.complete || HasOrder(event)) return false;
  return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
    if (&other == &event || !HasOrder(other) || other.host != event.host) return false;
    const std::optional<int64_t> apart = SecondsFromTo(event, other);
    return apart && *apart >= -kSameMomentSeconds && *apart <= kSameMomentSeconds;
  });
}

std::vector<Finding>::iterator FirstPrimary(std::vector<Finding>& findings) {
  return std::find_if(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.role == Role::kPrimary; });
}

// Before the allocator is up, and in the little memory of a crash kernel, figures that would tell
// of a cause elsewhere tell of nothing but that.
bool ExplainsAll(const Finding& finding) {
  return finding.rule == "early_boot" || finding.rule == "crash_kernel";
}

void DropSideCauses(std::vector<Finding>& findings) {
  const auto first = FirstPrimary(findings);
  if (first == findings.end() || !ExplainsAll(*first)) return;
  std::erase_if(findings, [](const Finding& finding) {
    return finding.role == Role::kContributing || finding.role == Role::kRuledOut;
  });
}

bool IsOfKill(const IncidentFacts& facts, const Finding& finding) {
  const EventFacts* const about = FindEvent(facts, finding.event_id);
  return about && (about->oom || !about->kills.empty());
}

// Who lost a process asks for the cause of that first, not of a request that was refused beside it;
// unless the cause of the refusal is surer. `also` are findings that would be primary, too.
void PreferKill(const IncidentFacts& facts, const std::vector<std::size_t>& also,
                std::vector<Finding>& findings) {
  const auto first = FirstPrimary(findings);
  if (also.empty() || ExplainsAll(*first)) return;
  if (!FindEvent(facts, first->event_id) || IsOfKill(facts, *first)) return;
  for (const std::size_t index : also) {
    Finding& other = findings[index];
    if (!IsOfKill(facts, other) || other.confidence < first->confidence) continue;
    std::swap(first->role, other.role);
    return;
  }
}

// Where nothing tells why memory was short, a crash of the kernel beside it is the best that is
// known.
void PromoteCrash(std::vector<Finding>& findings) {
  if (FirstPrimary(findings) != findings.end()) return;
  for (Finding& finding : findings) {
    if (finding.rule != "kernel_bug" || finding.role != Role::kContributing) continue;
    finding.role = Role::kPrimary;
    return;
  }
}

// That the large pieces are CMA says less than that all others are small, if the latter is surer.
void PreferSurerThanCma(const std::vector<std::size_t>& also, std::vector<Finding>& findings) {
  const auto first = FirstPrimary(findings);
  if (first == findings.end() || first->rule != "cma") return;
  for (const std::size_t index : also) {
    Finding& other = findings[index];
    const bool same = other.cause == "fragmentation" && other.event_id == first->event_id;
    if (!same || other.confidence <= first->confidence) continue;
    std::swap(first->role, other.role);
    return;
  }
}

// The release and what is printed contradict each other, so one of them is not of this report.
void DoubtFinding(Finding& finding) {
  const bool causes = finding.role == Role::kPrimary || finding.role == Role::kContributing;
  if (!causes || finding.confidence != Confidence::kHigh) return;
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "the release in the text and the printed mask contradict each other";
}

std::vector<Finding> RunRules(const IncidentFacts& facts) {
  std::vector<Finding> findings;
  std::vector<std::size_t> demoted;
  bool has_primary = false;
  for (const Rule rule : AllRules()) {
    std::optional<Finding> finding = rule(facts);
    if (!finding) continue;
    if (finding->role == Role::kPrimary && has_primary) {
      finding->role = Role::kContributing;
      demoted.push_back(findings.size());
    }
    const EventFacts* const about = FindEvent(facts, finding->event_id);
    if (about && HeaderIsElsewhere(facts, *about))
      finding->confidence = std::min(finding->confidence, Confidence::kMedium);
    if (about && about->rerun && !about->rerun->release_doubt.empty()) DoubtFinding(*finding);
    has_primary = has_primary || finding->role == Role::kPrimary;
    for (Advice& advice : finding->advice) TellPresentValue(facts, advice.act);
    findings.push_back(std::move(*finding));
  }
  PromoteCrash(findings);
  PreferKill(facts, demoted, findings);
  PreferSurerThanCma(demoted, findings);
  DropSideCauses(findings);
  const auto place = [](Role role) {
    return role == Role::kContext ? 3 : role == Role::kRuledOut ? 2 : static_cast<int>(role);
  };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& one, const Finding& other) {
    return place(one.role) < place(other.role);
  });
  return findings;
}

const EventFacts* FirstKill(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.kills.empty()) return &event;
  }
  return nullptr;
}

std::string VictimsOf(const IncidentFacts& facts) {
  std::string victims;
  const auto add = [&](const Text& comm, const Integer& pid) {
    if (!victims.empty()) victims += ",";
    victims += comm.value_or("?");
    if (pid) victims += fmt::format(":{}", *pid);
  };
  for (const EventFacts& event : facts.events) {
    if (event.kind == "userspace_kill") add(event.comm, event.pid);
    for (const KillFacts& kill : event.kills) {
      if (!kill.repeated) add(kill.comm, kill.pid);
    }
  }
  return victims;
}

// Failures that no rule concludes from.
bool IsTrouble(const EventFacts& event) {
  return event.crash || event.kind == "segfault" || event.kind == "fs_error" ||
         event.kind == "io_error" || event.kind == "mce" || event.kind == "kdump";
}

Severity SeverityOf(const IncidentFacts& facts, const std::vector<Finding>& findings) {
  Severity severity = Severity::kInfo;
  for (const EventFacts& event : facts.events) {
    const bool stopped =
        event.oom && (event.oom->outcome == "panicked" || event.oom->outcome == "none_killable");
    if (stopped) return Severity::kCritical;
    if (!event.kills.empty() || event.kind == "oom" || event.kind == "userspace_kill")
      severity = std::max(severity, Severity::kMajor);
    if (severity >= Severity::kMinor) continue;
    if (IsTrouble(event) || (event.refusal && !IsHarmlessRefusal(facts, event)))
      severity = Severity::kMinor;
  }
  for (const Finding& finding : findings) {
    const bool counts = finding.role == Role::kPrimary || finding.role == Role::kContributing;
    if (counts) severity = std::max(severity, finding.severity);
  }
  return severity;
}

int64_t CountKills(const IncidentFacts& facts) {
  int64_t kills = 0;
  for (const EventFacts& event : facts.events) {
    kills += std::count_if(event.kills.begin(), event.kills.end(),
                           [](const KillFacts& kill) { return !kill.repeated; });
  }
  return kills;
}

std::string KillSentence(const IncidentFacts& facts, const EventFacts& event, bool other_day) {
  const std::string day = DayText(event);
  const std::string victim = VictimName(event.kills.front());
  const int64_t others = CountKills(facts) - 1;
  const std::string more = others > 0 ? fmt::format(" and {} more", others) : "";
  if (day.empty()) return fmt::format("The kernel killed {}{}.", victim, more);
  return fmt::format("{} the kernel {} {}{}.", StartOnDay(day), other_day ? "had killed" : "killed",
                     victim, more);
}

// " for 10.6 s" of a request that had to wait; empty if the text does not tell it.
std::string WaitWords(const EventFacts& event) {
  if (!event.refusal || !event.refusal->stall_ms) return "";
  return " for " + WaitText(*event.refusal->stall_ms);
}

// Of many pages that are mapped together [vmalloc]: how much was asked for, and how much was had.
std::string SumHeadline(const IncidentFacts& facts, const EventFacts& event,
                        const std::string& why) {
  constexpr int64_t kBytesPerKb = 1024;
  const std::optional<int64_t> had = BytesHad(*event.refusal);
  return fmt::format("{} was asked for {} in single pages [vmalloc]{}; why {}",
                     OnDayHost(facts, event), SizeText(*event.refusal->size_bytes / kBytesPerKb),
                     had ? ", of which only " + SizeText(*had / kBytesPerKb) + " could be had" : "",
                     why);
}

// What a line says itself of its refusal is better than nothing.
std::string RefusalHeadline(const IncidentFacts& facts, const EventFacts& event,
                            const std::string& why) {
  const RefusalFacts& refusal = *event.refusal;
  const std::string words = OwnWords(event);
  if (event.waits() || TriesAgain(event))
    return fmt::format("{} let a request for memory wait{}; why {}", OnDayHost(facts, event),
                       words.empty() ? WaitWords(event) : ": " + words, why);
  if (LacksSum(event) && refusal.size_bytes) return SumHeadline(facts, event, why);
  const std::string what = OnDayHost(facts, event) + " refused a request for memory";
  if (!words.empty()) return what + ": " + words + ".";
  if (refusal.reason && refusal.kind == "failure" && refusal.size_bytes)
    return fmt::format("{}; the kernel says: {}.", what, *refusal.reason);
  return fmt::format("{}{}; why {}", what, IsHarmlessRefusal(facts, event) ? ", without harm" : "",
                     why);
}

// The first refusal or wait, unless that one does no harm and a later one may.
const EventFacts* RefusalToTell(const IncidentFacts& facts) {
  const EventFacts* first = nullptr;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal && !event.waits()) continue;
    if (!IsHarmlessRefusal(facts, event)) return &event;
    if (!first) first = &event;
  }
  return first;
}

std::string DaemonHeadline(const IncidentFacts& facts, const EventFacts& event) {
  std::string who = event.title;  // "earlyoom: SIGTERM to java", "systemd-oomd: killed a.scope"
  if (const std::size_t at = who.find(": "); at < who.size())
    who.replace(at, 2, who.compare(at + 2, 3, "SIG") == 0 ? " sent " : " ");
  return fmt::format("{} had memory freed before the OOM killer had to act: {}.",
                     OnDayHost(facts, event), who);
}

// What happened when no rule names a cause, or none surely: the first thing of weight, without a
// guess.
std::string PlainHeadline(const IncidentFacts& facts, bool cause_named) {
  const EventFacts* const kill = FirstKill(facts);
  const std::string why = cause_named ? "is not sure." : "is not in the text.";
  if (kill)
    return KillSentence(facts, *kill, false) +
           (OfWholeMachine(*kill) && !kill->mem
                ? " The whole machine had run out of memory, not a control group; why "
                : " Why memory was short ") +
           why;
  const EventFacts* const refusal = RefusalToTell(facts);
  for (const EventFacts& event : facts.events) {
    if (event.refusal || event.waits()) {
      if (&event == refusal) return RefusalHeadline(facts, event, why);
      continue;
    }
    if (std::string_view chosen = event.title; ConsumePrefix(chosen, "OOM killer: chose "))
      return fmt::format("{} ran the OOM killer, which chose {}; why memory was short {}",
                         OnDayHost(facts, event), chosen, why);
    if (event.oom) {
      return OnDayHost(facts, event) +
             (cause_named ? " ran the OOM killer; whom it killed is not in the text, and why "
                          : " ran the OOM killer; whom it killed and why ") +
             why;
    }
    if (event.kind == "userspace_kill") return DaemonHeadline(facts, event);
  }
  for (const EventFacts& event : facts.events) {
    if (event.mem)
      return OnDayHost(facts, event) +
             " printed a memory report; whether a request failed is not in the text.";
  }
  for (const EventFacts& event : facts.events) {
    if (IsTrouble(event)) return OnDayHost(facts, event) + " logged: " + event.title + ".";
  }
  return "Output about memory, without a failure beside it.";
}

std::string HeadlineOf(const IncidentFacts& facts, const Finding* primary) {
  if (!primary || primary->confidence == Confidence::kLow) return PlainHeadline(facts, primary);
  const EventFacts* const kill = FirstKill(facts);
  if (!kill) return primary->title;
  const EventFacts* const about = FindEvent(facts, primary->event_id);
  const bool other = about && about->id != kill->id;
  const std::optional<int64_t> apart = other ? SecondsFromTo(*kill, *about) : std::nullopt;
  return primary->title + " " + KillSentence(facts, *kill, apart && *apart > 0);
}

}  // namespace

Diagnosis Diagnose(const IncidentFacts& facts) {
  Diagnosis diagnosis;
  diagnosis.findings = RunRules(facts);
  diagnosis.checks = RunSelfChecks(facts);
  const Finding* const primary = PrimaryFinding(diagnosis);
  if (primary) {
    diagnosis.primary_cause = primary->cause.value_or("unknown");
    diagnosis.confidence = primary->confidence;
  }
  diagnosis.headline = HeadlineOf(facts, primary);
  diagnosis.severity = SeverityOf(facts, diagnosis.findings);
  diagnosis.kills = CountKills(facts);
  diagnosis.victims = VictimsOf(facts);
  diagnosis.signature = SignatureOf(facts, diagnosis.primary_cause, primary);
  diagnosis.missing = FindMissing(facts);
  return diagnosis;
}

const Finding* FindFinding(const Diagnosis& diagnosis, std::string_view rule) {
  for (const Finding& finding : diagnosis.findings) {
    if (finding.rule == rule) return &finding;
  }
  return nullptr;
}

const Finding* PrimaryFinding(const Diagnosis& diagnosis) {
  for (const Finding& finding : diagnosis.findings) {
    if (finding.role == Role::kPrimary) return &finding;
  }
  return nullptr;
}

}  // namespace kautopsy
