#include "parsers/kernel/call_trace.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/registers.h"
#include "parsers/kernel/stack_mark.h"

namespace kautopsy {
namespace {

// A trace is one kernel stack of 16 KiB; a record may hold those of many CPUs.
constexpr std::size_t kMaxFrames = 65536;

// The allocator's and the slab's own functions, by their beginnings, which stand above the one that
// asked (mm/page_alloc.c, mm/slab.c, mm/slub.c, mm/vmalloc.c, mm/percpu.c, mm/mempolicy.c,
// mm/oom_kill.c, lib/dump_stack.c, and show_stack() of each architecture), and those that allocate
// for others: buffers of packets (net/core/skbuff.c, mm/page_frag_cache.c), DMA memory
// (kernel/dma, mm/cma.c), pools (mm/mempool.c, net/core/page_pool.c), copies (mm/util.c).
constexpr auto kAllocator =
    std::to_array<std::string_view>({"dump_stack",       "__dump_stack",
                                     "show_stack",       "dump_backtrace",
                                     "unwind_backtrace", "warn_alloc",
                                     "__alloc_pages",    "alloc_pages",
                                     "__alloc_frozen",   "alloc_frozen",
                                     "__get_free_pages", "get_zeroed",
                                     "__folio_alloc",    "folio_alloc",
                                     "vma_alloc_folio",  "kmem_",
                                     "____cache_alloc",  "fallback_alloc",
                                     "cache_grow",       "cache_alloc",
                                     "__kmalloc",        "___kmalloc",
                                     "kmalloc",          "__slab_alloc",
                                     "___slab_alloc",    "slab_alloc",
                                     "new_slab",         "allocate_slab",
                                     "alloc_slab_page",  "__krealloc",
                                     "krealloc",         "__vmalloc",
                                     "vmalloc",          "kvmalloc",
                                     "dump_header",      "oom_kill_process",
                                     "out_of_memory",    "pcpu_alloc",
                                     "__alloc_percpu",   "alloc_kmem_pages",
                                     "__netdev_alloc",   "netdev_alloc",
                                     "__napi_alloc",     "napi_alloc",
                                     "napi_skb_cache",   "page_frag_alloc",
                                     "__page_frag",      "__alloc_page_frag",
                                     "skb_page_frag",    "__alloc_skb",
                                     "alloc_skb",        "__dev_alloc_skb",
                                     "dev_alloc_skb",    "skb_copy",
                                     "__pskb_copy",      "pskb_copy",
                                     "pskb_expand_head", "dma_generic_alloc",
                                     "dma_alloc",        "__dma_alloc",
                                     "dma_direct_alloc", "__dma_direct_alloc",
                                     "iommu_dma_alloc",  "x86_swiotlb_alloc",
                                     "swiotlb_alloc",    "cma_alloc",
                                     "__cma_alloc",      "alloc_contig",
                                     "mempool_alloc",    "vzalloc",
                                     "vm_area_alloc",    "__do_krealloc",
                                     "kmemdup",          "kstrdup",
                                     "page_pool_",       "alloc_page_interleave",
                                     "__pte_alloc_one"});

bool IsAllocator(std::string_view symbol) {
  return std::any_of(kAllocator.begin(), kAllocator.end(),
                     [&](std::string_view head) { return symbol.starts_with(head); });
}

// "Call trace:" is arm64's, "Backtrace:" arm's and parisc's.
bool ConsumeHeader(std::string_view& text) {
  return ConsumePrefix(text, "Call Trace:") || ConsumePrefix(text, "Call trace:") ||
         ConsumePrefix(text, "Backtrace:");
}

bool MayNameTwo(std::string_view text) {
  return (text.ends_with(')') || text.ends_with(']') ||
          text.find("+0x") != std::string_view::npos || text.starts_with("[<") ||
          text.starts_with("Function entered at ")) &&
         text.find(" from ") != std::string_view::npos;
}

// The frame of a kernel without names: its symbol is its address (call_frame.cc).
bool IsNameless(const CallFrame& frame) { return frame.symbol->starts_with("0x"); }

}  // namespace

Claim CallTraceSection::StartTrace() {
  if (traces_ == Traces::kOne && started_ && (header_ || !frames_.empty())) {
    // A header that stands twice in the log begins nothing new.
    if (frames_.empty()) return Claim::kTaken;
    ended_ = true;
    return Claim::kNone;
  }
  NextTrace();
  header_ = true;
  return Claim::kTaken;
}

void CallTraceSection::NextTrace() {
  if (!frames_.empty() && frames_.back().trace == trace_) {
    ++trace_;
    cpu_.reset();
    pid_.reset();
  }
  started_ = true;
  header_ = false;
  mark_.clear();
}

void CallTraceSection::Begin(Integer cpu, Integer pid) {
  NextTrace();
  cpu_ = cpu;
  pid_ = pid;
}

Claim CallTraceSection::Take(CallFrame frame, int64_t log_line) {
  if (frames_.size() >= kMaxFrames) return Claim::kConflict;
  started_ = true;
  frame.position = static_cast<int64_t>(frames_.size());
  frame.trace = trace_;
  frame.trace_cpu = cpu_;
  frame.trace_pid = pid_;
  frame.log_line = log_line;
  frames_.push_back(std::move(frame));
  return Claim::kTaken;
}

// Each line names a function and the one that called it, which the next line names again.
bool CallTraceSection::TakeArmFrames(std::string_view text, int64_t log_line) {
  if (!MayNameTwo(text)) return false;
  std::optional<ArmFrames> read = ParseArmFrames(text);
  if (!read) return false;
  const bool known = !frames_.empty() && frames_.back().trace == trace_ &&
                     frames_.back().symbol == read->callee.symbol;
  if (!known) Take(std::move(read->callee), log_line);
  if (read->caller) Take(*std::move(read->caller), log_line);
  return true;
}

// Newer kernels give a mark a line of its own.
bool CallTraceSection::TakeMark(std::string_view text) {
  std::string mark = mark_;
  ConsumeMarks(text, mark);
  if (!text.empty()) return false;
  mark_ = mark;
  return true;
}

Claim CallTraceSection::OfferFrames(const LogLine& line, std::string_view text) {
  const auto log_line = static_cast<int64_t>(line.place.line);
  if (text[0] == '<') {
    std::vector<CallFrame> braced;
    if (ParseBracedFrames(text, mark_, braced)) {
      for (CallFrame& frame : braced) {
        if (Take(std::move(frame), log_line) == Claim::kConflict) return Claim::kConflict;
      }
      return Claim::kTaken;
    }
    if (started_ && TakeMark(text)) return Claim::kTaken;
  }
  const bool nameless =
      !frames_.empty() && frames_.back().symbol->starts_with("0x") && frames_.back().address;
  if (std::vector<CallFrame> many; started_ && ParseManyFrames(text, nameless, many)) {
    for (CallFrame& frame : many) {
      if (Take(std::move(frame), log_line) == Claim::kConflict) return Claim::kConflict;
    }
    return Claim::kTaken;
  }
  std::string mark = mark_;
  std::optional<CallFrame> frame = ParseCallFrame(text, mark);
  // Without a header only a frame with its address is surely one.
  if (frame && (started_ || StandsAlone(*frame))) {
    if (line.cut && frame->reliable == 1) frame->reliable.reset();  // "(unreliable)" may be lost
    mark_ = mark;
    return Take(*std::move(frame), log_line);
  }
  return TakeArmFrames(text, log_line) ? Claim::kTaken : Claim::kNone;
}

Claim CallTraceSection::Offer(const LogLine& line) {
  std::string_view text = line.text;
  if (text.empty()) return Claim::kNone;
  if (ConsumeHeader(text)) {
    text = TrimBlanks(text);
    std::vector<CallFrame> begun;  // in this line, as i386 and x86-64 did until 2.6.17
    std::string mark;
    if (!text.empty() && !ParseBracedFrames(text, mark, begun) &&
        !ParseManyFrames(text, false, begun) && !ParseCallFrame(text, mark))
      return Claim::kNone;
    const Claim claim = StartTrace();
    return claim == Claim::kTaken && !text.empty() ? OfferFrames(line, text) : claim;
  }
  if (ended_) return Claim::kNone;
  const Claim claim = OfferFrames(line, text);
  if (claim != Claim::kNone) return claim;
  return (started_ ? IsRegisterLine(text) : IsStackRow(text)) ? Claim::kTaken : Claim::kNone;
}

bool CallTraceSection::ReturnsToProcess() const {
  return !frames_.empty() && frames_.front().context != frames_.back().context;
}

Text CallTraceSection::Context(bool whole) const {
  if (frames_.empty() || !(whole || ReturnsToProcess())) return std::nullopt;
  const Text& top = frames_[0].context;
  if (!top) return ContextBySymbols();
  if (*top == "process") return "process";
  if (*top != "irq") return top;
  // Softirqs run on the interrupt stack when a hard interrupt ends (kernel/softirq.c, irq_exit()).
  const bool softirq = std::any_of(frames_.begin(), frames_.end(), [](const CallFrame& frame) {
    return frame.context == "irq" && frame.symbol->find("do_softirq") != std::string::npos;
  });
  return softirq ? "softirq" : "irq";
}

// Architectures that print no marks: the functions on the way tell.
Text CallTraceSection::ContextBySymbols() const {
  const auto passes = [this](std::initializer_list<std::string_view> words) {
    return std::any_of(frames_.begin(), frames_.end(), [&](const CallFrame& frame) {
      return !frame.context && frame.reliable == 1 &&
             std::any_of(words.begin(), words.end(),
                         [&](std::string_view word) { return frame.symbol == word; });
    });
  };
  if (passes({"do_softirq", "__do_softirq", "handle_softirqs", "run_ksoftirqd"})) return "softirq";
  return passes({"do_IRQ", "asm_do_IRQ", "handle_IRQ", "gic_handle_irq", "__irq_svc", "el1_irq"})
             ? "irq"
             : "process";
}

const CallFrame* CallTraceSection::Blamed(bool whole) const {
  for (const CallFrame& frame : frames_) {
    if (frame.module && frame.context == frames_[0].context) return &frame;
  }
  if (!whole && !ReturnsToProcess()) return nullptr;
  // What a "?" marks may be left over from an earlier call.
  for (const int64_t least : {1, 0}) {
    for (const CallFrame& frame : frames_) {
      if (frame.reliable < least) continue;
      // Without names the allocator's own frames cannot be told from the caller's.
      if (IsNameless(frame)) return nullptr;
      if (!IsAllocator(*frame.symbol)) return &frame;
    }
  }
  return nullptr;
}

bool CallTraceSection::Holds(std::string_view symbol) const {
  return std::any_of(frames_.begin(), frames_.end(),
                     [&](const CallFrame& frame) { return frame.symbol == symbol; });
}

void CallTraceSection::AddTo(EventRecord& event) {
  if (frames_.empty()) return;
  event.rows.push_back(std::make_unique<RowsOf<CallFrame>>(std::move(frames_)));
}

}  // namespace kautopsy
