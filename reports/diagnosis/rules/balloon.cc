#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/diagnosis/work_function.h"

namespace kautopsy {
namespace {

// The work that makes a balloon larger, in a kernel worker. A program's own call never leads there.
struct Balloon {
  std::string_view work;
  std::string_view module;
  std::string_view ask;
};
constexpr auto kBalloons = std::to_array<Balloon>({
    // drivers/misc/vmw_balloon.c
    {"vmballoon_work", "vmw_balloon", "vmware-toolbox-cmd stat balloon"},
    // drivers/virtio/virtio_balloon.c
    {"update_balloon_size_func", "virtio_balloon", "on the host: virsh dommemstat GUEST"},
    // drivers/hv/hv_balloon.c
    {"balloon_up", "hv_balloon",
     "the guest's assigned memory in Hyper-V's manager [dynamic memory]"},
});

const Balloon* BalloonThatAsks(const EventFacts& event) {
  if (!event.oom && !event.refusal) return nullptr;
  const WorkFunction work = WorkFunctionOf(event);
  const auto found = std::find_if(kBalloons.begin(), kBalloons.end(), [&](const Balloon& balloon) {
    return work.symbol == balloon.work && work.module.value_or("") == balloon.module;
  });
  return found == kBalloons.end() ? nullptr : &*found;
}

// vmw_balloon asks with GFP_HIGHUSER [VMW_PAGE_ALLOC_CANSLEEP] until its version 1.5.0.0-k, for
// which the OOM killer may run; since then, and with balloon_page_alloc() of
// mm/balloon_compaction.c, __GFP_NORETRY keeps it from that. A request that fails is repeated.
std::string Explanation(const EventFacts& event, const Balloon& balloon) {
  const std::string holds = fmt::format(
      " What {} holds already is missing to programs, and most kernels have no counter for it in a "
      "memory report.",
      balloon.module);
  if (event.oom)
    return "The hypervisor wants memory back, and the driver asked for it in a way that lets the "
           "kernel kill programs for it." +
           holds;
  return "The hypervisor wants memory back. That it is not given does no harm to this machine: the "
         "driver asks again later." +
         holds;
}

}  // namespace

// The balloon itself asked: the machine is short because its hypervisor takes memory from it.
std::optional<Finding> RuleBalloon(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const Balloon* const balloon = BalloonThatAsks(event);
    if (!balloon) continue;
    Finding finding = DraftCause("unaccounted", event);
    finding.rule = "balloon";
    finding.confidence = Confidence::kLow;
    finding.confidence_why =
        "that the balloon asked is stated; how much it holds is not in the text";
    finding.title =
        fmt::format("{} was asked for memory by its balloon driver [{}], for the hypervisor.",
                    OnDayHost(facts, event), balloon->module);
    finding.brief = fmt::format("the hypervisor takes memory back by {}", balloon->module);
    finding.explanation = Explanation(event, *balloon);
    finding.advice.push_back(
        {std::string(balloon->ask), "tells how much the hypervisor took back", "",
         "with a reservation for the guest, or without its balloon, it stays small"});
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
