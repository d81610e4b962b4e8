// A page allocation that failed (mm/page_alloc.c: __alloc_pages_slowpath() until 2.6.39,
// warn_alloc_failed() until 4.9, warn_alloc() since).
#include <fmt/core.h>

#include <array>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/process_line.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `page_alloc_failure`.
struct PageAllocFailure {
  Text kind;  // failure
  Text comm;
  Integer pid;
  Integer order;
  Integer gfp_mask;
  Text gfp_flags;
  Text nodemask;
  Text cpuset;
  Text mems_allowed;
  Text context;
  Text blame_symbol;
  Text blame_module;

  static constexpr std::string_view kRelation = "page_alloc_failure";
  static std::span<const Field<PageAllocFailure>> Fields() {
    using F = Field<PageAllocFailure>;
    static constexpr std::array fields = {F("kind", &PageAllocFailure::kind),
                                          F("comm", &PageAllocFailure::comm),
                                          F("pid", &PageAllocFailure::pid),
                                          F("order", &PageAllocFailure::order),
                                          F("gfp_mask", &PageAllocFailure::gfp_mask),
                                          F("gfp_flags", &PageAllocFailure::gfp_flags),
                                          F("nodemask", &PageAllocFailure::nodemask),
                                          F("cpuset", &PageAllocFailure::cpuset),
                                          F("mems_allowed", &PageAllocFailure::mems_allowed),
                                          F("context", &PageAllocFailure::context),
                                          F("blame_symbol", &PageAllocFailure::blame_symbol),
                                          F("blame_module", &PageAllocFailure::blame_module)};
    return fields;
  }
};

constexpr std::string_view kFailure = ": page allocation failure";

// What follows. The period became a colon in 3.0, names came in 4.6, nodemask in 4.11, cpuset in
// 5.0.
const LogPattern& RequestPattern() {
  static const LogPattern kPattern(
      R"re([.:] order:(\d+), mode:0x([0-9a-f]+)(?:\(([^)]*)\))?)re"
      R"re((?:, nodemask=([^,]*(?:,\d[^,]*)*?)(?:,cpuset=(.*),mems_allowed=(\S*))?)?)re");
  return kPattern;
}

bool IsHeader(const LogLine& line) {
  const std::optional<CommLine> head = SplitAtWords(line.text, kFailure);
  return head && Matches(head->rest, RequestPattern());
}

class AllocFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = sections_.Offer(line);
    return claim == Claim::kNone ? OfferHeader(line) : claim;
  }

  void Finish(EventRecord& event) override {
    mem_info_.SetPageSize(event);
    NoteMissing(event);
    event.comm = failure_.comm;
    event.pid = process_.pid();
    event.kernel_release = process_.release();
    event.title =
        fmt::format("{}: page allocation failure, order {}", *failure_.comm, *failure_.order);
    failure_.pid = process_.pid();
    failure_.context = trace_.Context(!mem_info_.empty());
    if (const CallFrame* blamed = trace_.Blamed(!mem_info_.empty())) {
      failure_.blame_symbol = blamed->symbol;
      failure_.blame_module = blamed->module;
    }
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure_)}));
    trace_.AddTo(event);
    mem_info_.AddTo(event);
  }

 private:
  Claim OfferHeader(const LogLine& line) {
    const std::optional<CommLine> head = SplitAtWords(line.text, kFailure);
    if (!head) return Claim::kNone;
    const auto groups = MatchAll<6>(head->rest, RequestPattern());
    if (!groups) return Claim::kNone;
    if (failure_.order) return Claim::kConflict;
    const auto& [order, mask, flags, nodemask, cpuset, mems_allowed] = *groups;
    failure_.kind = "failure";
    failure_.comm = std::string(head->comm);
    process_.Expect(head->comm);
    failure_.order = ParseInteger(order);
    failure_.gfp_mask = ParseHex(mask);
    failure_.gfp_flags = TextOf(flags);
    failure_.nodemask = TextOf(nodemask);
    failure_.cpuset = TextOf(cpuset);
    failure_.mems_allowed = TextOf(mems_allowed);
    return Claim::kTaken;
  }

  void NoteMissing(EventRecord& event) const {
    Damage damage;
    damage.AddIf(!process_.seen(), "no process line");
    damage.AddIf(trace_.empty(), "no call trace");
    if (mem_info_.empty())
      damage.AddIf(true, "no Mem-Info");
    else
      mem_info_.NoteMissing(damage);
    damage.StoreIn(event);
  }

  PageAllocFailure failure_;
  ProcessLineSection process_;
  CallTraceSection trace_;
  MemInfoSection mem_info_;
  SectionList sections_{&trace_, &mem_info_, &process_};
};

}  // namespace

RecordKind AllocFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{"page allocation failure", IsHeader, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<AllocFailureBlock>()); },
          .max_foreign_lines = 200};
}

}  // namespace kautopsy
