#include <algorithm>
#include <array>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// Functions of kernel/power/ and drivers/base/power/main.c that run while the machine is put to
// sleep or woken.
constexpr auto kSleepFunctions = std::to_array<std::string_view>(
    {"hibernate", "hibernation_snapshot", "hibernation_restore", "swsusp_", "snapshot_ioctl",
     "create_image", "dpm_resume", "dpm_suspend", "dpm_run_callback", "device_resume", "pm_suspend",
     "suspend_devices_and_enter", "software_resume"});

bool IsAsleep(const FrameFacts& frame) {
  return std::any_of(kSleepFunctions.begin(), kSleepFunctions.end(), [&](std::string_view name) {
    return std::string_view(frame.symbol).starts_with(name);
  });
}

}  // namespace

// A refusal while the machine slept or woke: programs are frozen then, so little can be reclaimed.
std::optional<Finding> RuleResume(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const auto frame = std::find_if(event.frames.begin(), event.frames.end(),
                                    [](const auto& one) { return one.reliable && IsAsleep(one); });
    if (frame == event.frames.end()) continue;
    Finding finding = DraftContext("resume", event);
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the call trace passes through " + frame->symbol;
    finding.title =
        OnDayHost(facts, event) + " was being put to sleep or woken when the memory was refused.";
    finding.brief = "while the machine slept or woke";
    finding.explanation =
        "Programs are frozen then and disks may be off, so the kernel can take back very little. "
        "It says nothing about memory at other times.";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
