#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/smaller_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// A request of which nothing but the frames above its Mem-Info block is left, too.
bool IsOfRequest(const EventFacts& event) { return event.refusal || event.oom || event.mem; }

// Devices are started, put to sleep and woken by async_run_entry_fn() (kernel/async.c); frames
// would tell which.
bool MayBeAsleep(const EventFacts& event) {
  return event.frames.empty() && event.work && event.work->symbol == "async_run_entry_fn";
}

std::optional<Finding> LikelyAsleep(const IncidentFacts& facts, const EventFacts& event) {
  if (!IsOfRequest(event) || !MayBeAsleep(event)) return std::nullopt;
  Finding finding = DraftContext("resume", event);
  finding.confidence = Confidence::kLow;
  finding.confidence_why = "the worker's function says so; its call trace is not in the text";
  finding.title =
      OnDayHost(facts, event) + " was starting, putting to sleep or waking a device when it asked.";
  finding.brief = "asked for by a device that starts, sleeps or wakes";
  finding.explanation =
      "If the machine was being put to sleep or woken, no request may do I/O, and the kernel can "
      "take back very little.";
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

}  // namespace

// A refusal while the machine slept or woke: programs are frozen then, so little can be reclaimed.
std::optional<Finding> RuleResume(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsOfRequest(event)) continue;
    const FrameFacts* const frame = SleepFrame(event);
    if (!frame) {
      if (std::optional<Finding> likely = LikelyAsleep(facts, event)) return likely;
      continue;
    }
    Finding finding = DraftContext("resume", event);
    // Who must not wait gets nothing reclaimed at any other time either.
    const std::optional<PieceRequest> request = RequestOf(facts, event);
    if (!request || request->gfp.may_reclaim) finding.role = Role::kContributing;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the call trace passes through " + frame->symbol;
    finding.title = OnDayHost(facts, event) +
                    " was being put to sleep or woken when the memory was " +
                    (event.refusal ? "refused." : "asked for.");
    finding.brief = "asked for while the machine slept or woke";
    // pm_restrict_gfp_mask() takes __GFP_IO and __GFP_FS from gfp_allowed_mask (mm/page_alloc.c,
    // later kernel/power/main.c), which __alloc_pages() lays over every mask: around
    // suspend_devices_and_enter() in kernel/power/suspend.c, enter_state(), and around
    // create_image() in hibernate.c.
    finding.explanation =
        "Devices save their state then, programs are frozen and disks may be off: no request may "
        "do I/O, so nothing goes to swap, no dirty file is written, and the kernel can take back "
        "very little. It says nothing about memory at other times.";
    if (request && request->order > 0 && request->gfp.may_reclaim && !request->gfp.io)
      finding.explanation +=
          " Then even GFP_KERNEL is printed and served as GFP_NOIO, for which no pieces are "
          "joined.";
    finding.evidence.push_back(event.refusal || event.oom ? HeaderEvidence(event)
                                                          : FirstLineEvidence(event, "call_trace"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
