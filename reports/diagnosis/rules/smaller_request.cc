#include "reports/diagnosis/rules/smaller_request.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/gfp_can.h"

namespace kautopsy {
namespace {

// Functions of kernel/power/ and drivers/base/power/main.c that run while the machine is put to
// sleep or woken; most have a twin with underscores before its name [__device_suspend()].
constexpr auto kSleepFunctions = std::to_array<std::string_view>(
    {"hibernate", "hibernation_snapshot", "hibernation_restore", "swsusp_", "snapshot_ioctl",
     "create_image", "dpm_resume", "dpm_suspend", "dpm_run_callback", "device_resume",
     "device_suspend", "async_resume", "async_suspend", "pm_suspend", "suspend_devices_and_enter",
     "software_resume"});
// A device that rests while the machine works (drivers/base/power/runtime.c): the timer's function.
constexpr std::string_view kOfRunningMachine = "pm_suspend_timer_fn";

bool IsAsleep(const FrameFacts& frame) {
  std::string_view symbol = frame.symbol;
  symbol.remove_prefix(std::min(symbol.find_first_not_of('_'), symbol.size()));
  return frame.reliable && !symbol.starts_with(kOfRunningMachine) &&
         std::any_of(kSleepFunctions.begin(), kSleepFunctions.end(),
                     [&](std::string_view name) { return symbol.starts_with(name); });
}

std::string AskWords(const std::string& driver, bool sleeps) {
  const std::string who = driver.empty() ? "the code that asks (call trace): "
                                         : fmt::format("ask the maintainers of {} for ", driver);
  return who + (sleeps ? "memory that is kept while the machine sleeps, or smaller pieces"
                       : "smaller pieces, or single pages where no piece is left [kvmalloc()]");
}

}  // namespace

const FrameFacts* SleepFrame(const EventFacts& event) {
  const auto found = std::find_if(event.frames.begin(), event.frames.end(), IsAsleep);
  return found == event.frames.end() ? nullptr : &*found;
}

bool DevicesSleep(const EventFacts& event) { return SleepFrame(event) != nullptr; }

std::string_view HinderedBy(const GfpMeaning& gfp, const KernelVersion& kernel) {
  if (!HasCompaction(kernel) || !gfp.may_reclaim) return "";
  if (CompactionFor(gfp, kernel) == Compaction::kAll) return "";
  return gfp.io ? "GFP_NOFS" : "GFP_NOIO";
}

std::optional<Advice> SmallerRequest(const IncidentFacts& facts, const EventFacts& event,
                                     const PieceRequest& request) {
  const KernelVersion kernel = KernelOf(facts, event);
  const std::string_view hindered = HinderedBy(request.gfp, kernel);
  if (request.assumed || hindered.empty()) return std::nullopt;
  const bool some = CompactionFor(request.gfp, kernel) == Compaction::kProgramPages;
  Advice advice;
  advice.act = AskWords(ReadCallPath(facts, event).driver, DevicesSleep(event));
  advice.why = some ? fmt::format(
                          "for such a request [{}] the kernel moves pages of programs "
                          "only, so no setting makes the piece sure",
                          hindered)
                    : fmt::format(
                          "for such a request [{}] the kernel may not make the piece, and "
                          "no setting changes that",
                          hindered);
  advice.check = "grep -c 'page allocation failure' LOG";
  return advice;
}

}  // namespace kautopsy
