// An allocation that failed or stalled: the request, who asked, the call trace and Mem-Info
// (mm/page_alloc.c: __alloc_pages_slowpath() until 2.6.39, warn_alloc_failed() until 4.8,
// warn_alloc() since).
#include <fmt/core.h>

#include <utility>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/alloc_tags.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/process_line.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

bool IsRequest(const LogLine& line) {
  PageAllocFailure failure;
  return ParseAllocRequest(line.text, failure) ||
         ParseAllocRequestBehindOthers(line.text, line.prefixed, failure);
}

bool IsVmallocNote(const LogLine& line) {
  PageAllocFailure failure;
  return ParseVmallocNote(line.text, failure);
}

class AllocFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    Claim claim = OfferHead(line);
    if (claim == Claim::kNone) claim = sections_.Offer(line);
    if (claim == Claim::kNone && !trace_.empty() && !line.cut) more_lines_ = true;
    if (claim == Claim::kNone && !process_.seen()) parted_ = true;
    return claim;
  }

  void Finish(EventRecord& event) override {
    mem_info_.SetPageSize(event);
    NoteMissing(event);
    // Below a note of vmap's the dump of the stack names who asked, also where the request's own
    // line is missing.
    if (!failure_.comm && !parted_) failure_.comm = process_.comm();
    if (failure_.kind == "stall") event.kind = "alloc_stall";
    event.comm = failure_.comm;
    event.pid = process_.pid();
    event.kernel_release = process_.release();
    event.title = Title();
    failure_.pid = process_.pid();
    failure_.context = trace_.Context(!mem_info_.empty());
    if (const CallFrame* blamed = trace_.Blamed(!mem_info_.empty())) {
      failure_.blame_symbol = blamed->symbol;
      failure_.blame_module = blamed->module;
    }
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure_)}));
    process_.AddTo(event);
    trace_.AddTo(event);
    mem_info_.AddTo(event);
    tags_.AddTo(event);
  }

 private:
  Claim OfferHead(const LogLine& line) {
    Claim claim = OfferRequest(line);
    if (claim == Claim::kNone) claim = OfferNote(line);
    if (claim == Claim::kNone) claim = OfferCpuset(line.text);
    return claim;
  }

  // Until 4.8 notes of vmap's and vmalloc's stand above the request, later one of vmap's. What vmap
  // looked for is larger than what was asked for: a guard page, alignment.
  Claim OfferNote(const LogLine& line) {
    PageAllocFailure note;
    if (failure_.comm || behind_others_ || !ParseVmallocNote(line.text, note)) return Claim::kNone;
    if (failure_.kind && (IsVmapNote(failure_) == IsVmapNote(note))) return Claim::kNone;
    if (failure_.kind) note.reason = failure_.reason;
    failure_ = std::move(note);
    return Claim::kTaken;
  }

  Claim OfferRequest(const LogLine& line) {
    if (failure_.comm || behind_others_) return Claim::kNone;  // another record begins
    const PageAllocFailure note = failure_;
    if (!ParseAllocRequest(line.text, failure_)) {
      behind_others_ = ParseAllocRequestBehindOthers(line.text, line.prefixed, failure_);
      if (!behind_others_) return Claim::kNone;
    }
    if (note.kind) {
      failure_.kind = note.kind;
      if (!failure_.size_bytes) failure_.size_bytes = note.size_bytes;
      failure_.reason = note.reason;
    }
    if (failure_.comm) process_.Expect(*failure_.comm);
    return Claim::kTaken;
  }

  // "ethtool cpuset=/ mems_allowed=0" on a line of its own, until 4.20.
  Claim OfferCpuset(std::string_view text) {
    const std::optional<CommLine> head = SplitAtWords(text, " cpuset=");
    if (!head || head->comm != failure_.comm) return Claim::kNone;
    static const LogPattern kPattern(R"re((.*) mems_allowed=(\S*))re");
    const auto groups = MatchAll<2>(head->rest, kPattern);
    if (!groups) return Claim::kNone;
    if (failure_.cpuset) return Claim::kConflict;
    failure_.cpuset = std::string((*groups)[0]);
    failure_.mems_allowed = std::string((*groups)[1]);
    return Claim::kTaken;
  }

  std::string Title() const {
    const std::string comm = failure_.comm.value_or("");
    if (failure_.kind == "vmalloc") {
      const std::string what = failure_.size_bytes
                                   ? fmt::format("vmalloc of {} bytes failed",
                                                 static_cast<uint64_t>(*failure_.size_bytes))
                                   : "vmalloc failed";
      return comm.empty() ? what : fmt::format("{}: {}", comm, what);
    }
    std::string title = comm.empty() ? "" : comm + ": ";
    if (failure_.stall_ms)
      title += fmt::format("page allocation stalled for {} ms", *failure_.stall_ms);
    else
      title += "page allocation failure";
    if (failure_.order) title += fmt::format(", order {}", *failure_.order);
    return title;
  }

  // From an interrupt there may be no Mem-Info (mm/page_alloc.c, should_suppress_show_mem(), until
  // 5.x on kernels with NODES_SHIFT > 8). Its end must then be seen: the log goes on behind a trace
  // that left the interrupt.
  bool MayLackMemInfo() const {
    const Text context = trace_.Context(false);
    return more_lines_ && context && context != "process";
  }

  void NoteMissing(EventRecord& event) const {
    Damage damage;
    const bool note_alone =
        !failure_.comm && !behind_others_;  // vmap names nobody and prints no more
    damage.AddIf(!note_alone && !failure_.gfp_mask, "the request is cut");
    damage.AddIf(behind_others_ && !failure_.comm && !process_.comm(),
                 "other text hides who asked");
    damage.AddIf(!note_alone && !process_.seen() && !mem_info_.is_old(), "no process line");
    damage.AddIf(!note_alone && trace_.empty(), "no call trace");
    if (!mem_info_.empty())
      mem_info_.NoteMissing(damage);
    else
      damage.AddIf(!note_alone && !MayLackMemInfo(), "no Mem-Info");
    tags_.NoteMissing(damage);
    damage.AddIf(note_alone && !failure_.reason->starts_with("no address space"),
                 "no line that says who asked");
    damage.StoreIn(event);
  }

  PageAllocFailure failure_;
  bool behind_others_ = false;  // the request stands behind what another program printed
  bool more_lines_ = false;     // of other records, behind the trace
  bool parted_ = false;         // others stand between the request and the process line
  ProcessLineSection process_;
  CallTraceSection trace_;
  MemInfoSection mem_info_;
  AllocTagSection tags_;
  SectionList sections_{&trace_, &mem_info_, &process_, &tags_};
};

}  // namespace

RecordKind AllocFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{": page allocation failure", IsRequest, true},
                      {": page allocation stalls for ", IsRequest, true},
                      {": vmalloc error: size ", IsRequest, true},
                      {": vmemmap alloc failure", IsRequest, true},
                      {"vmalloc: allocation failure", IsRequest, true},
                      {"vmalloc: allocation failure", IsVmallocNote, true},
                      {"vmap allocation ", IsVmallocNote, true},
                      {"vmalloc_node_range for size ", IsVmallocNote, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<AllocFailureBlock>()); },
          .max_foreign_lines = 200,
          .takes_bare = true};
}

}  // namespace kautopsy
