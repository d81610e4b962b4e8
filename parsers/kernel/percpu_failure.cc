// Per-CPU memory that could not be had (mm/percpu.c, pcpu_alloc(), since 2.6.33; the tenth one is
// the last that is told):
//   PERCPU: allocation failed, size=8 align=8, failed to populate                    until 3.17
//   percpu: allocation failed, size=16 align=8 atomic=1, atomic alloc failed, no space left
// and below it who asked (dump_stack()).
#include <fmt/core.h>

#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/process_line.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

bool ConsumeName(std::string_view& text) {
  return ConsumePrefix(text, "percpu: ") || ConsumePrefix(text, "PERCPU: ");
}

bool ParseRequest(std::string_view text, PageAllocFailure& failure) {
  if (!ConsumeName(text)) return false;
  static const LogPattern kPattern(
      R"re(allocation failed, size=(\d+) align=\d+(?: atomic=\d)?, (.+))re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return false;
  failure.kind = "failure";
  failure.size_bytes = ParseInteger((*groups)[0]);
  failure.reason = std::string((*groups)[1]);
  return true;
}

class PercpuFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    PageAllocFailure read;
    if (ParseRequest(line.text, read)) {
      if (failure_.kind) return Claim::kConflict;
      failure_ = std::move(read);
      if (line.cut) failure_.reason.reset();
      return Claim::kTaken;
    }
    if (IsLimitNote(line.text)) {
      limit_ = more_lines_ = true;
      return Claim::kTaken;
    }
    const Claim claim = limit_ ? Claim::kNone : sections_.Offer(line);
    if (claim == Claim::kNone && !trace_.empty() && !line.cut) more_lines_ = true;
    return claim;
  }

  bool closed() const override { return limit_; }

  void Finish(EventRecord& event) override {
    event.comm = failure_.comm = process_.comm();
    event.pid = failure_.pid = process_.pid();
    event.kernel_release = process_.release();
    event.title = fmt::format("no {} bytes of per-CPU memory [percpu]", *failure_.size_bytes);
    if (failure_.reason) event.title += ": " + *failure_.reason;
    // The trace is known to be whole if the log goes on behind it.
    failure_.context = trace_.Context(more_lines_);
    if (const CallFrame* blamed = trace_.Blamed(more_lines_)) {
      failure_.blame_symbol = blamed->symbol;
      failure_.blame_module = blamed->module;
    }
    Damage damage;
    damage.AddIf(!failure_.reason, "the request is cut");
    damage.AddIf(!process_.seen(), "no process line");
    damage.AddIf(trace_.empty(), "no call trace");
    damage.AddIf(!trace_.empty() && !more_lines_, "nothing shows the end of the call trace");
    damage.StoreIn(event);
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure_)}));
    process_.AddTo(event);
    trace_.AddTo(event);
  }

 private:
  static bool IsLimitNote(std::string_view text) {
    return ConsumeName(text) && text == "limit reached, disable warning";
  }

  PageAllocFailure failure_;
  bool limit_ = false;       // the kernel tells of no further failure
  bool more_lines_ = false;  // of the log, behind the trace
  ProcessLineSection process_;
  CallTraceSection trace_;
  SectionList sections_{&trace_, &process_};
};

bool IsRequest(const LogLine& line) {
  PageAllocFailure failure;
  return ParseRequest(line.text, failure);
}

}  // namespace

RecordKind PercpuFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{": allocation failed, size=", IsRequest, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<PercpuFailureBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
