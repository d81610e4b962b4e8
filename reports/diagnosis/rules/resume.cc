#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/smaller_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// A refusal while the machine slept or woke: programs are frozen then, so little can be reclaimed.
std::optional<Finding> RuleResume(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const FrameFacts* const frame = SleepFrame(event);
    if (!frame) continue;
    Finding finding = DraftContext("resume", event);
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the call trace passes through " + frame->symbol;
    finding.title =
        OnDayHost(facts, event) + " was being put to sleep or woken when the memory was refused.";
    finding.brief = "while the machine slept or woke";
    finding.explanation =
        "Programs are frozen then and disks may be off, so the kernel can take back very little. "
        "It says nothing about memory at other times.";
    // kernel/power/main.c, pm_restrict_gfp_mask(), around suspend_devices_and_enter() in
    // kernel/power/suspend.c, enter_state(), and around create_image() in hibernate.c.
    const std::optional<PieceRequest> request = RequestOf(facts, event);
    if (request && request->order > 0 && request->gfp.may_reclaim && !request->gfp.io)
      finding.explanation +=
          " While devices sleep, no request may do I/O: even GFP_KERNEL is printed and served as "
          "GFP_NOIO, for which no pieces are joined.";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
