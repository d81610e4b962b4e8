#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kKbPerMib = 1024;
// What crashkernel= sets aside is a few hundred MiB; the rest of RAM is not touched, so of the
// little that the crash kernel sees much is reserved, and it runs out while it starts.
constexpr int64_t kMostRamKb = 512 * kKbPerMib;
constexpr double kReservedShare = 0.4;
constexpr int64_t kStartUs = int64_t{60} * 1000 * 1000;

// Looks like a crash kernel, where its command line is not in the text.
bool LooksLikeOne(const EventFacts& event) {
  if (!event.oom || event.oom->invoker_pid != 1 || !event.mem || !event.uptime_us) return false;
  const Integer& ram = event.mem->ram_pages;
  const Integer& reserved = event.mem->reserved_pages;
  if (!ram || !reserved || *event.uptime_us > kStartUs) return false;
  return *ram * event.page_kb() <= kMostRamKb && ShareOf(*reserved, *ram) >= kReservedShare;
}

// The command line is of one boot; with several in the incident it is not sure whose shortage it
// was.
bool IsOneBoot(const IncidentFacts& facts) {
  return std::all_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& event) {
    return event.boot_id == facts.events.front().boot_id;
  });
}

// Twice what it has now, as crashkernel= takes it: in MiB, rounded up to 64.
int64_t TwiceMib(int64_t ram_kb) {
  constexpr int64_t kStepMib = 64;
  const int64_t now_mib = (ram_kb + kKbPerMib - 1) / kKbPerMib;
  return 2 * ((now_mib + kStepMib - 1) / kStepMib * kStepMib);
}

Advice MoreMemory(const EventFacts& event, int64_t ram_kb) {
  int64_t all_kb = ram_kb;
  if (event.mem && event.mem->ram_pages) all_kb = *event.mem->ram_pages * event.page_kb();
  Advice advice;
  advice.act =
      fmt::format("crashkernel={}M on the host's command line, nr_cpus=1 on the crash kernel's",
                  TwiceMib(all_kb));
  advice.why =
      fmt::format("twice the {} it had; each CPU takes memory of its own", SizeText(all_kb));
  advice.risk = "the host loses that memory";
  advice.check = "crash it on purpose once [SysRq-c] and see that a dump is saved";
  return advice;
}

}  // namespace

// The kernel that kdump starts after a crash has little memory of its own. elfcorehdr= on its
// command line tells it (Documentation/admin-guide/kdump/kdump.rst).
std::optional<Finding> RuleCrashKernel(const IncidentFacts& facts) {
  const bool told = IsOneBoot(facts);
  if (told && facts.crash_kernel == false) return std::nullopt;
  for (const EventFacts& event : facts.events) {
    const bool stated = told && facts.crash_kernel == true;
    if (!IsShortage(event) || !(stated || LooksLikeOne(event))) continue;
    const Integer ram_kb = RamKb(facts, event);
    Finding finding = DraftCause("crash_kernel", event);
    finding.severity = Severity::kMajor;
    finding.confidence = stated ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why =
        stated ? "its command line tells that it is a crash kernel"
               : "the command line is not in the text; size, time and who asked fit";
    finding.title = fmt::format(
        "{} ran out of memory in its crash kernel{}, so that a dump may be missing.",
        OnDayHost(facts, event), ram_kb ? ", which had " + SizeText(*ram_kb) : std::string());
    finding.brief = "the crash kernel had too little memory";
    finding.explanation =
        "A kernel that is started to save the memory of a crashed one lives in what crashkernel= "
        "set "
        "aside; the memory of the host itself was not short.";
    if (ram_kb) finding.advice.push_back(MoreMemory(event, *ram_kb));
    finding.evidence.push_back(HeaderEvidence(event));
    finding.evidence.push_back(CounterEvidence(event, "pages reserved"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
