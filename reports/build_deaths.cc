#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "reports/builder.h"
#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/diagnosis/work_function.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostDeaths = 6;  // a storm is summed up after this many

std::string WhoWords(const KillFacts& kill) {
  std::string who = VictimName(kill);
  std::vector<std::string> inside;
  if (kill.guest) inside.push_back(CommName(kill.comm));
  if (kill.pid) inside.push_back(fmt::format("pid {}", *kill.pid));
  if (kill.uid) inside.push_back(fmt::format("uid {}", *kill.uid));
  for (std::size_t i = 0; i < inside.size(); ++i) who += (i == 0 ? " [" : ", ") + inside[i];
  return inside.empty() ? who : who + "]";
}

// Whom the kernel names as chosen, where the line of the kill is not in the text.
std::string ChosenWords(const EventFacts& event) {
  std::string_view chosen = event.title;
  if (!ConsumePrefix(chosen, "OOM killer: chose ")) return "";
  return fmt::format("the OOM killer chose {}; the line of the kill is not in the text", chosen);
}

// The OOM killer chooses by a score, which nothing tells of here.
bool IsFaultKill(const EventFacts& event) { return event.title.starts_with("page fault without"); }

std::string How(const EventFacts& event, const KillFacts& kill) {
  if (IsFaultKill(event)) return "by its page fault, which got no memory";
  const bool group = kill.reason == "memcg" || (event.oom && event.oom->constraint_kind == "memcg");
  if (event.oom && event.oom->sysrq) return "on a person's request [SysRq-f]";
  return group ? "by the OOM killer of its control group" : "by the OOM killer";
}

std::string WhatWords(const IncidentFacts& facts, const KillChoice& choice) {
  const KillFacts& kill = *choice.kill;
  std::string what = WhoWords(kill);
  const Integer rss_kb = kill.RssKb();
  if (rss_kb) what += ", " + SizeText(*rss_kb);
  if (rss_kb && facts.ram_kb && *rss_kb > *facts.ram_kb) {
    what += ", more than RAM: the figures disagree";
  } else if (rss_kb && facts.ram_kb) {
    what += fmt::format(" = {} % of RAM", PercentNumber(static_cast<double>(*rss_kb),
                                                        static_cast<double>(*facts.ram_kb)));
  }
  if (rss_kb) what += InSwapWords(choice);
  constexpr int64_t kMostPermille = 2000;  // 1000, and 1000 by oom_score_adj
  const bool of_1000 =
      kill.score.value_or(0) <= kMostPermille && ScoresPerMille(KernelOf(facts, *choice.event));
  if (kill.score)
    what += fmt::format(", score {}{}", Thousands(*kill.score), of_1000 ? " of 1000" : "");
  return fmt::format("{}, {}", what, How(*choice.event, kill));
}

void AddWhyThisOne(const KillChoice& choice, Death& death) {
  if (IsFaultKill(*choice.event)) return;
  death.details.push_back("why this one: " + WhyThisOne(choice));
  // Where the table lacks a term, the range says no more than the reason does.
  const bool tells = choice.score && (choice.exact || choice.agreement == Agreement::kDiffers);
  const std::string score = tells ? ScoreWords(choice) : "";
  if (!score.empty()) death.details.push_back("score: " + score);
}

void AddCheck(const EventFacts& event, const KillChoice& choice, Death& death) {
  const Integer rss_kb = choice.kill->RssKb();
  if (!rss_kb || !choice.row || !choice.row->rss_pages) return;
  const int64_t printed = *rss_kb / event.page_kb();
  if (printed == *choice.row->rss_pages) {
    death.details.push_back(fmt::format(
        "check: {} pages in the table = sum of the kill line: equal", Thousands(printed)));
  } else {
    death.details.emplace_back(
        fmt::format("check: {} pages in the table, {} in the kill line, read a moment apart",
                    Thousands(*choice.row->rss_pages), Thousands(printed)));
  }
}

// `kill` is null where nobody was killed.
std::string RequesterWords(const BuildInput& input, const EventFacts& event,
                           const KillFacts* kill) {
  if (!event.oom || !event.oom->invoker_comm) return "";
  const std::string pid =
      event.oom->invoker_pid ? fmt::format(" [pid {}]", *event.oom->invoker_pid) : "";
  std::string wanted = ReadCallPath(input.facts, event).wanted;
  if (!wanted.empty()) wanted = " for " + wanted;
  if (kill && kill->pid && event.oom->invoker_pid == kill->pid) return "asked: itself" + wanted;
  // Of one name with the victim it may well be the same: only its number is lost.
  const bool maybe_itself =
      kill && !event.oom->invoker_pid && kill->comm == event.oom->invoker_comm;
  return fmt::format("asked: {}{}{}{}{}", CommName(event.oom->invoker_comm), pid, WorkWords(event),
                     wanted, maybe_itself ? "" : "; who asks is not thereby at fault");
}

// What was asked for, of a report that has no zones to test it on; where it has, these tell it.
std::string RequestWords(const IncidentFacts& facts, const EventFacts& event) {
  if (event.rerun || event.mem || OfGroup(event)) return "";
  const std::optional<PieceRequest> request = RequestOf(facts, event);
  if (!request || request->assumed) return "";
  return fmt::format("for: {}, mode {}", PieceWords(request->order, event.page_kb()),
                     GfpWords(event.oom->gfp_mask, request->gfp));
}

void AddRequest(const BuildInput& input, const EventFacts& event, const KillFacts* kill,
                Death& death) {
  if (!event.oom) return;
  for (const std::string& words :
       {RequesterWords(input, event, kill), RequestWords(input.facts, event)}) {
    if (!words.empty()) death.details.push_back(words);
  }
  if (OfWholeMachine(event) && !event.mem)
    death.details.emplace_back(
        "limit: the whole machine's memory, not that of a control group [CONSTRAINT_NONE]");
}

Death KilledHere(const BuildInput& input, const EventFacts& event, const KillFacts& kill,
                 ReferenceList& references) {
  Death death;
  death.moment = MomentText(event);
  const KillChoice choice = ExplainKill(input.facts, event, kill);
  death.what = WhatWords(input.facts, choice);
  AddWhyThisOne(choice, death);
  AddCheck(event, choice, death);
  const std::string after = AfterWords(input.facts, event, kill);
  if (!after.empty()) death.details.push_back("after: " + after);
  AddRequest(input, event, &kill, death);
  if (!event.complete) death.damage = event.damage.value_or("lines are missing");
  death.refs = {KillReference(references, event, kill)};
  return death;
}

// systemd-oomd or earlyoom: its line says all that is known.
Death KilledByDaemon(const EventFacts& event, ReferenceList& references) {
  Death death;
  death.moment = MomentText(event);
  death.what = event.title;
  death.refs = {HeaderReference(references, event)};
  return death;
}

// The way to where the kernel crashed: its innermost functions.
std::string PathWords(const EventFacts& event) {
  constexpr std::size_t kMostFrames = 5;
  std::string path;
  std::size_t taken = 0;
  // Above the function that is meant stand those that print the report.
  auto frame =
      std::find_if(event.frames.rbegin(), event.frames.rend(), [&](const FrameFacts& candidate) {
        return candidate.symbol == event.crash->symbol;
      }).base();
  if (event.frames.rend().base() == frame) frame = event.frames.begin();
  for (; frame != event.frames.end() && taken < kMostFrames; ++frame) {
    if (!frame->reliable) continue;
    path += (path.empty() ? "" : " < ") + frame->symbol;
    ++taken;
  }
  return path;
}

// A panic takes the machine, an oops the task that ran, a fault of its own a process; a stall or a
// warning nothing.
Death Crashed(const EventFacts& event, ReferenceList& references) {
  Death death;
  death.moment = MomentText(event);
  const std::string who =
      CommName(event.comm) + (event.pid ? fmt::format(" [pid {}]", *event.pid) : std::string());
  const bool task = event.kind == "oops" || event.kind == "gpf";
  if (event.kind == "panic")
    death.what = "the whole machine: " + event.title;
  else if (event.kind == "segfault")
    death.what = fmt::format("{}, by a fault of its own: {}", who, event.title);
  else if (task && event.comm)
    death.what = fmt::format("{}, in the kernel: {}", who, event.title);
  else
    death.what = fmt::format("nothing, as far as the text tells; {}{}", event.title,
                             event.comm ? " [" + who + "]" : "");
  const std::string path = event.crash ? PathWords(event) : "";
  if (!path.empty()) death.details.push_back("path: " + path);
  if (!event.complete) death.damage = event.damage.value_or("lines are missing");
  death.refs = {HeaderReference(references, event)};
  return death;
}

bool IsCrashOrFault(const EventFacts& event) { return event.crash || event.kind == "segfault"; }

bool IsWithinSecond(const EventFacts& before, const EventFacts& event) {
  constexpr int64_t kSecondUs = 1'000'000;
  if (before.source_id != event.source_id || before.boot_id != event.boot_id) return false;
  if (!before.uptime_us || !event.uptime_us)
    return before.time_us && before.time_us == event.time_us;
  const int64_t behind_us = *event.uptime_us - *before.uptime_us;
  return behind_us >= 0 && behind_us <= kSecondUs;
}

// slab_out_of_memory() (mm/slab.c, mm/slub.c) tells of the cache whose request for pages was
// refused just above, by its own mask: the cache adds flags to the one for the pages.
bool TellsAgain(const IncidentFacts& facts, const EventFacts& event) {
  const RefusalFacts& slab = *event.refusal;
  if (slab.kind != "slub" || !slab.gfp_mask || !slab.order) return false;
  return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
    return other.refusal && other.refusal->kind == "failure" &&
           other.refusal->order == slab.order && other.refusal->gfp_mask &&
           (*other.refusal->gfp_mask & *slab.gfp_mask) == *slab.gfp_mask &&
           other.first_line < event.first_line && IsWithinSecond(other, event);
  });
}

// Disks and filesystems that failed right behind the refusal.
std::string LossWords(const IncidentFacts& facts, const EventFacts& event) {
  const auto errors =
      std::count_if(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
        return (other.kind == "io_error" || other.kind == "fs_error") &&
               other.first_line > event.first_line && IsWithinSecond(event, other);
      });
  if (errors == 0) return "";
  return fmt::format("in the second behind it: {} storage {}; what was written may be lost",
                     Thousands(errors), errors == 1 ? "error" : "errors");
}

Death NothingDied(const BuildInput& input, const EventFacts& event, ReferenceList& references) {
  Death death;
  death.moment = MomentText(event);
  const CallPath path = ReadCallPath(input.facts, event);
  const bool packet = path.network && path.harm == Harm::kDegraded;
  death.what = packet ? "nothing; one network packet of the host was refused"
                      : "nothing; one request for memory was refused";
  if (!packet && path.site) death.what += fmt::format(": {}", path.wanted);
  if (const std::string words = OwnWords(event); !words.empty()) death.what = "nothing; " + words;
  if (event.waits()) {
    death.what = "nothing; one request for memory had to wait";
    if (event.refusal && event.refusal->stall_ms)
      death.what += " for " + WaitText(*event.refusal->stall_ms);
  }
  const bool again = TellsAgain(input.facts, event);
  if (again) death.what = fmt::format("nothing more; the same request: {}", event.title);
  const std::string loss = again ? "" : LossWords(input.facts, event);
  if (!loss.empty()) death.details.push_back(loss);
  if (!event.complete && !packet) death.damage = event.damage.value_or("lines are missing");
  death.refs = {HeaderReference(references, event)};
  return death;
}

Death KilledNobody(const BuildInput& input, const EventFacts& event, ReferenceList& references) {
  Death death;
  death.moment = MomentText(event);
  death.what = "the OOM killer ran; whom it killed is not in the text";
  if (const std::string chosen = ChosenWords(event); !chosen.empty()) death.what = chosen;
  // Set to panic, or without anybody to kill: the panic's own words tell, see its event.
  if (event.oom->outcome == "panicked") death.what = "the kernel: it panicked instead of killing";
  if (event.oom->outcome == "none_killable") death.what = "nothing: no program could be killed";
  AddRequest(input, event, nullptr, death);
  if (!event.complete) death.damage = event.damage.value_or("lines are missing");
  death.refs = {HeaderReference(references, event)};
  return death;
}

}  // namespace

void BuildDeaths(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  int64_t left_out = 0;
  for (const EventFacts& event : input.facts.events) {
    const bool full = report.deaths.size() >= kMostDeaths;
    const auto kills = std::count_if(event.kills.begin(), event.kills.end(),
                                     [](const KillFacts& kill) { return !kill.repeated; });
    if (full) {
      const bool counts =
          event.refusal || event.oom || event.kind == "userspace_kill" || IsCrashOrFault(event);
      left_out += kills > 0 ? kills : (counts ? 1 : 0);
      continue;
    }
    for (const KillFacts& kill : event.kills) {
      if (!kill.repeated) report.deaths.push_back(KilledHere(input, event, kill, references));
    }
    if (event.kills.empty() && event.oom)
      report.deaths.push_back(KilledNobody(input, event, references));
    if (event.kind == "userspace_kill") report.deaths.push_back(KilledByDaemon(event, references));
    if (IsCrashOrFault(event)) report.deaths.push_back(Crashed(event, references));
    if (event.refusal) report.deaths.push_back(NothingDied(input, event, references));
  }
  if (left_out > 0) {
    Death more;
    more.what = fmt::format("and {} more; all of them: kautopsy query --db FILE event",
                            Thousands(left_out));
    report.deaths.push_back(std::move(more));
  }
}

}  // namespace kautopsy
