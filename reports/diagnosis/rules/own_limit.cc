#include "reports/diagnosis/rules/own_limit.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// net/ipv4/tcp.c, tcp_check_oom(), called by __tcp_close(), and by tcp_out_of_resources() of
// tcp_timer.c for sockets without a program; include/net/tcp.h, tcp_out_of_memory(): more than
// tcp_mem[2] pages. Documentation/networking/ip-sysctl.rst. Before e805605c7210 (4.5) the same line
// stood for the limit of a socket's control group, too.
LimitWords TcpMemory(const KernelVersion& kernel) {
  LimitWords words;
  const bool one_limit = kernel.known() && kernel.AtLeast(4, 5);
  words.confidence = one_limit ? Confidence::kHigh : Confidence::kMedium;
  words.confidence_why =
      one_limit ? "the kernel states it; whose sockets hold the memory is not printed"
                : "kernels before 4.5 print the same line for a control group's limit of sockets "
                  "[memory.kmem.tcp.limit_in_bytes]";
  words.title =
      "all TCP sockets together held more memory than TCP's own limit [net.ipv4.tcp_mem].";
  words.brief = "TCP's own limit of memory reached";
  words.explanation =
      "The limit is the third number of this setting, in pages, whatever RAM is free. While it is "
      "exceeded, the kernel resets connections that a program closes, and those that wait for an "
      "answer without a program [tcp_check_oom()].";
  words.advice.push_back(
      {"ss -tmp, and look whose sockets hold much",
       "data that nobody reads, or that a slow peer does not take, stays in memory", "",
       "cat /proc/net/sockstat: mem of TCP [pages], against the third number"});
  words.advice.push_back(
      {"net.ipv4.tcp_mem with its three numbers doubled, if all of that is meant to be held",
       "the third is the limit, in pages", "as much of RAM may be held by sockets",
       "no further line \"TCP: out of memory\"; TCPAbortOnMemory of nstat -az stays as it is"});
  return words;
}

// net/ipv4/tcp_timer.c, tcp_out_of_resources() until 3.3: one line for both tests of
// tcp_too_many_orphans().
LimitWords TcpMemoryOrOrphans(const KernelVersion& kernel) {
  LimitWords words = TcpMemory(kernel);
  words.confidence = Confidence::kMedium;
  words.confidence_why = "this kernel prints the same line for two limits";
  words.title =
      "TCP reached a limit of its own: of memory [net.ipv4.tcp_mem], or of sockets without a "
      "program [net.ipv4.tcp_max_orphans].";
  words.brief = "one of two limits of TCP's own reached";
  words.explanation =
      "The line does not tell which of the two. Sockets that seem stuck count up to four times "
      "against the second. RAM has no part in either.";
  words.advice.insert(
      words.advice.begin(),
      {"cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem net.ipv4.tcp_max_orphans",
       "tells which: mem of TCP [pages] against the third number of the first, orphan against the "
       "second",
       "", ""});
  words.advice.push_back({"net.ipv4.tcp_max_orphans doubled, if orphan comes near a quarter of it",
                          "the limit of sockets that no program holds any more",
                          "each may hold up to 64 KiB",
                          "no further line \"Out of socket memory\""});
  return words;
}

// The last part of the group's path that systemd may name: a unit.
std::string UnitOf(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  for (const char* const suffix : {".service", ".scope", ".slice"}) {
    if (name.ends_with(suffix)) return name;
  }
  return "";
}

Advice RaiseTasks(const std::string& path) {
  Advice advice;
  const std::string unit = UnitOf(path);
  advice.act = unit.empty() ? fmt::format("pids.max of {} larger, if so many tasks are meant", path)
                            : fmt::format(
                                  "TasksMax= of {}, or of the slice above it, larger, if so many "
                                  "tasks are meant",
                                  unit);
  advice.why = unit.empty() ? "container tools call it the limit of pids"
                            : "systemd writes it to pids.max [systemd.resource-control(5)]";
  advice.risk = "a program that forks without end takes more of the machine before it is stopped";
  advice.check = "the number in pids.events of that group stays as it is";
  return advice;
}

// kernel/cgroup/pids.c: pids_try_charge() tests the group and all above it; pids_can_fork(), and
// pids_event() of newer kernels, print the group of whoever forks, the first time only.
LimitWords Tasks(const EventFacts& event) {
  const std::string& reason = *event.refusal->reason;
  const std::string path = reason.substr(reason.find('/'));
  LimitWords words;
  words.confidence_why =
      "the kernel states it; which group on the path has the limit does not show";
  words.title = fmt::format(
      "a new task was refused in {}: pids.max of this control group, or of one above it, was "
      "reached.",
      path);
  words.brief = "limit of tasks of a control group reached";
  words.explanation =
      "Threads count like processes. Whoever forks gets \"Resource temporarily unavailable\" "
      "[EAGAIN], which programs often take for a lack of memory; RAM has no part in it. The kernel "
      "tells it once for each group, so later refusals are not in the log.";
  words.advice.push_back(
      {fmt::format("compare pids.current with pids.max in {} and in the groups above it", path),
       "tells which group is full; a number that only grows is a program that leaves tasks behind",
       "", "pids.events counts the refusals"});
  words.advice.push_back(RaiseTasks(path));
  return words;
}

LimitWords WordsOf(const IncidentFacts& facts, const EventFacts& event) {
  const std::string_view limit = OwnLimit(event);
  if (limit == "swiotlb") return BounceBufferWords(event);
  if (limit == "coherent_pool") return CoherentPoolWords(event);
  if (limit == "pids.max") return Tasks(event);
  const KernelVersion kernel = KernelOf(facts, event);
  return event.refusal->reason->ends_with("tcp_max_orphans") ? TcpMemoryOrOrphans(kernel)
                                                             : TcpMemory(kernel);
}

struct Reached {
  const EventFacts* event = nullptr;
  LimitWords words;
};

// One of each kind; the surest first, then the first in time.
std::vector<Reached> FindReached(const IncidentFacts& facts) {
  std::vector<Reached> all;
  for (const EventFacts& event : facts.events) {
    if (OwnLimit(event).empty()) continue;
    const bool known = std::any_of(all.begin(), all.end(), [&](const Reached& reached) {
      return OwnKind(*reached.event) == OwnKind(event);
    });
    if (!known) all.push_back({&event, WordsOf(facts, event)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Reached& one, const Reached& other) {
    return one.words.confidence > other.words.confidence;
  });
  return all;
}

// What reached a limit beside the first, and what to do about it.
void AddOthers(const std::vector<Reached>& all, Finding& finding) {
  constexpr std::size_t kMostOthers = 2;
  for (std::size_t i = 1; i < all.size() && i <= kMostOthers; ++i) {
    finding.explanation += " Also: " + all[i].words.title;
    for (const Advice& advice : all[i].words.advice) {
      const bool told = std::any_of(finding.advice.begin(), finding.advice.end(),
                                    [&](const Advice& one) { return one.act == advice.act; });
      if (!told) finding.advice.push_back(advice);
    }
    finding.evidence.push_back(FirstLineEvidence(*all[i].event, "page_alloc_failure"));
  }
}

}  // namespace

// A refusal whose line states a limit that is not RAM's. Where something was killed, too, that is
// asked about first, and no such limit explains it.
std::optional<Finding> RuleOwnLimit(const IncidentFacts& facts) {
  const std::vector<Reached> all = FindReached(facts);
  if (all.empty()) return std::nullopt;
  const auto& [event, words] = all.front();
  Finding finding = DraftCause("own_limit", *event);
  const bool killed =
      std::any_of(facts.events.begin(), facts.events.end(),
                  [](const EventFacts& other) { return other.oom || !other.kills.empty(); });
  if (killed) finding.role = Role::kContributing;
  finding.confidence = words.confidence;
  finding.confidence_why = words.confidence_why;
  finding.title = OnDayHost(facts, *event) + ": " + words.title;
  finding.brief = words.brief;
  finding.explanation = words.explanation;
  finding.advice = words.advice;
  finding.evidence.push_back(FirstLineEvidence(*event, "page_alloc_failure"));
  AddOthers(all, finding);
  return finding;
}

}  // namespace kautopsy
