// A page fault that got no memory and killed the process that it was of; the OOM killer did not
// run, or found nobody else:
//   VM: killing process httpd
// arch/i386/mm/fault.c, do_page_fault(), and those of other architectures, of which some print the
// pid, too, in 2.4 and in 2.6 before pagefault_out_of_memory().
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/oom_report.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/workload.h"

namespace kautopsy {
namespace {

class FaultKillBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed() || line.cut) return Claim::kNone;
    kill_ = ParseFaultKill(line.text);
    if (!kill_) return Claim::kNone;
    kill_->log_line = static_cast<int64_t>(line.place.line);
    return Claim::kTaken;
  }

  bool closed() const override { return kill_.has_value(); }

  void Finish(EventRecord& event) override {
    event.comm = kill_->comm;
    event.pid = kill_->pid;
    event.title = "page fault without memory: killed " + *kill_->comm;
    event.complete = true;
    OomReport report;
    report.invoker_comm = report.chosen_comm = kill_->comm;
    report.invoker_pid = report.chosen_pid = kill_->pid;
    report.outcome = "killed";
    kill_->reason = "allocating_task";
    kill_->guest = GuestOfComm(*kill_->comm);
    AddRows(event, std::vector<OomReport>{std::move(report)});
    AddRows(event, std::vector<OomKill>{*std::move(kill_)});
  }

 private:
  std::optional<OomKill> kill_;
};

bool IsFaultKill(const LogLine& line) {
  return line.prefixed && !line.cut && ParseFaultKill(line.text);
}

}  // namespace

RecordKind FaultKillKind() {
  return {.name = "oom",
          .openers = {{"VM: killing process ", IsFaultKill, true},
                      {"VM: Killing process ", IsFaultKill, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<FaultKillBlock>()); }};
}

}  // namespace kautopsy
