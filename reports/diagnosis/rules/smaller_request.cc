#include "reports/diagnosis/rules/smaller_request.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/rules/chronic.h"

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

// What a device reads itself has to lie in one piece, or in pieces that its driver knows of.
bool IsForDevice(const CallPath& path) {
  const std::string_view source = path.site ? path.site->source : "";
  return source.starts_with("drivers/usb/") || source.starts_with("kernel/dma/") ||
         source.starts_with("sound/");
}

// kvmalloc(): mm/util.c, a7c3e901a46f ("mm: introduce kv[mz]alloc helpers").
std::string AskWords(const CallPath& path, const GfpMeaning& gfp, bool sleeps) {
  const std::string who = path.driver.empty()
                              ? "the code that asks (call trace): "
                              : fmt::format("ask the maintainers of {} for ", path.driver);
  if (sleeps) return who + "memory that is kept while the machine sleeps, or smaller pieces";
  if (!gfp.may_reclaim)
    return who + "smaller pieces, or to ask at a moment when it may wait [GFP_KERNEL]";
  if (IsForDevice(path)) return who + "smaller pieces";
  return who + "smaller pieces, or single pages where no piece is left [kvmalloc()]";
}

std::string WhyWords(const PieceRequest& request, std::string_view hindered, bool some) {
  if (!request.gfp.may_reclaim)
    return "a request that must not wait gets only what happens to lie free, and large pieces "
           "seldom do";
  if (hindered.empty())
    return fmt::format("for pieces of more than order {} the kernel gives up after a few tries",
                       kCostlyOrder);
  return some ? fmt::format(
                    "for such a request [{}] the kernel moves pages of programs "
                    "only, so no setting makes the piece sure",
                    hindered)
              : fmt::format(
                    "for such a request [{}] the kernel may not make the piece, and "
                    "no setting changes that",
                    hindered);
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
  if (request.assumed) return std::nullopt;
  const CallPath path = ReadCallPath(facts, event);
  // Of a harmless refusal the caller has another way already.
  const bool large = event.refusal && request.order > kCostlyOrder && path.harm != Harm::kHarmless;
  if (hindered.empty() && !large) return std::nullopt;
  const bool some = CompactionFor(request.gfp, kernel) == Compaction::kProgramPages;
  Advice advice;
  advice.act = AskWords(path, request.gfp, DevicesSleep(event));
  advice.why = WhyWords(request, hindered, some);
  advice.check = "grep -c 'page allocation failure' LOG";
  return advice;
}

}  // namespace kautopsy
