// A page fault that got no memory and is tried again; nobody is killed (mm/oom_kill.c,
// pagefault_out_of_memory(), since 5.16, at most ten in five seconds). Who faulted is not printed.
#include <utility>
#include <vector>

#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"

namespace kautopsy {
namespace {

constexpr std::string_view kRetry = "Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF";

bool IsRetry(const LogLine& line) { return line.text == kRetry; }

class FaultRetryBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (taken_ || !IsRetry(line)) return Claim::kNone;
    taken_ = true;
    return Claim::kTaken;
  }

  bool closed() const override { return taken_; }
  bool ProvesWhole() const override { return taken_; }

  void Finish(EventRecord& event) override {
    event.title = "a page fault got no memory [VM_FAULT_OOM] and is tried again";
    event.complete = true;
    PageAllocFailure failure;
    failure.kind = "failure";
    failure.reason = std::string(kRetry);
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure)}));
  }

 private:
  bool taken_ = false;
};

}  // namespace

RecordKind FaultRetryKind() {
  return {.name = "alloc_failure",
          .openers = {{"Huh VM_FAULT_OOM leaked out", IsRetry, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<FaultRetryBlock>()); }};
}

}  // namespace kautopsy
