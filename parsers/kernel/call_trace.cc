#include "parsers/kernel/call_trace.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxFrames = 1024;  // a trace is one kernel stack of 16 KiB

// Lines that stand around the frames of a trace: registers of the interrupted user process and the
// machine's name (arch/x86/kernel/process_64.c, __show_regs(); lib/dump_stack.c).
constexpr std::array<std::string_view, 12> kAround = {
    "RIP: ", "RSP: ", "RAX: ", "RDX: ", "RBP: ",  "R10: ",
    "R13: ", "FS: ",  "CS: ",  "CR2: ", "Code: ", "ORIG_RAX: "};

// The allocator's and the slab's own functions, by their beginnings, which stand above the one that
// asked (mm/page_alloc.c, mm/slab.c, mm/slub.c, mm/mempolicy.c, lib/dump_stack.c).
constexpr std::array<std::string_view, 24> kAllocator = {
    "dump_stack",       "show_stack",  "warn_alloc",       "__alloc_pages",   "alloc_pages",
    "__get_free_pages", "kmem_",       "____cache_alloc",  "fallback_alloc",  "cache_grow",
    "cache_alloc",      "__kmalloc",   "kmalloc",          "__slab_alloc",    "___slab_alloc",
    "slab_alloc",       "new_slab",    "allocate_slab",    "alloc_slab_page", "__krealloc",
    "krealloc",         "dump_header", "oom_kill_process", "out_of_memory"};

bool IsAllocator(std::string_view symbol) {
  return std::any_of(kAllocator.begin(), kAllocator.end(),
                     [&](std::string_view head) { return symbol.starts_with(head); });
}

bool IsSymbolByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '$';
}

std::string_view ConsumeWhile(std::string_view& text, bool (*accept)(char)) {
  std::size_t length = 0;
  while (length < text.size() && accept(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

constexpr bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// The stack that a mark announces; other names (exception stacks such as #DF) stand for themselves.
std::string StackOf(std::string_view mark) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kStacks = {
      {{"EOI", "process"},
       {"EOE", "process"},
       {"TASK", "process"},
       {"IRQ", "irq"},
       {"SOFTIRQ", "irq"},
       {"NMI", "nmi"}}};
  for (const auto& [name, stack] : kStacks) {
    if (name == mark) return std::string(stack);
  }
  return std::string(mark);
}

// "<IRQ>", "</TASK>", "<EOI>", "<<EOE>>": sets `mark` to the stack that the next frames are on.
void ConsumeMarks(std::string_view& text, std::string& mark) {
  while (!text.empty() && text[0] == '<') {
    const std::size_t end = text.find('>');
    if (end > 20) return;  // npos too: no mark
    std::string_view name = text.substr(1, end - 1);
    ConsumePrefix(name, "<");
    const bool ends = ConsumePrefix(name, "/");
    mark = ends ? "process" : StackOf(name);
    text.remove_prefix(end + 1);
    ConsumePrefix(text, ">");
    text = TrimBlanks(text);
  }
}

// "+0x40/0xb0" behind a symbol.
bool ConsumeOffset(std::string_view& text, CallFrame& frame) {
  if (!ConsumePrefix(text, "+0x")) return false;
  frame.offset = ParseHex(ConsumeWhile(text, IsHexDigit));
  if (!ConsumePrefix(text, "/0x")) return false;
  frame.size = ParseHex(ConsumeWhile(text, IsHexDigit));
  return frame.offset && frame.size;
}

}  // namespace

std::span<const Field<CallFrame>> CallFrame::Fields() {
  using F = Field<CallFrame>;
  static constexpr std::array fields = {
      F("position", &CallFrame::position), F("context", &CallFrame::context),
      F("address", &CallFrame::address),   F("reliable", &CallFrame::reliable),
      F("symbol", &CallFrame::symbol),     F("offset", &CallFrame::offset),
      F("size", &CallFrame::size),         F("module", &CallFrame::module),
      F("trace", &CallFrame::trace),       F("log_line", &CallFrame::log_line)};
  return fields;
}

std::optional<CallFrame> ParseCallFrame(std::string_view text, std::string& mark) {
  std::string new_mark = mark;
  ConsumeMarks(text, new_mark);
  CallFrame frame;
  if (ConsumePrefix(text, "[<")) {
    frame.address = std::string(ConsumeWhile(text, IsHexDigit));
    if (frame.address->empty() || !ConsumePrefix(text, ">] ")) return std::nullopt;
    text = TrimBlanks(text);
  }
  frame.reliable = ConsumePrefix(text, "? ") ? 0 : 1;
  frame.symbol = std::string(ConsumeWhile(text, IsSymbolByte));
  if (frame.symbol->empty() || !ConsumeOffset(text, frame)) return std::nullopt;
  if (ConsumePrefix(text, " [")) {
    const std::size_t end = text.find_first_of(" ]");  // a build id may follow the name
    if (end == std::string_view::npos) return std::nullopt;
    frame.module = std::string(text.substr(0, end));
  } else if (!text.empty()) {
    return std::nullopt;
  }
  mark = new_mark;
  if (!mark.empty()) frame.context = mark;
  return frame;
}

Claim CallTraceSection::StartTrace() {
  if (started_) return Claim::kConflict;
  started_ = true;
  return Claim::kTaken;
}

Claim CallTraceSection::Offer(const LogLine& line) {
  std::string_view text = line.text;
  if (text == "Call Trace:") return StartTrace();
  if (!started_ || text.empty()) return Claim::kNone;
  if (text[0] == '<') {
    std::string_view rest = text;
    std::string mark = mark_;
    ConsumeMarks(rest, mark);
    if (rest.empty()) {  // newer kernels give a mark a line of its own
      mark_ = mark;
      return Claim::kTaken;
    }
  }
  std::optional<CallFrame> frame = ParseCallFrame(text, mark_);
  if (!frame) {
    if (text[0] < 'C' || text[0] > 'R') return Claim::kNone;
    const auto stands_around = [&](std::string_view head) { return text.starts_with(head); };
    return std::any_of(kAround.begin(), kAround.end(), stands_around) ? Claim::kTaken
                                                                      : Claim::kNone;
  }
  if (frames_.size() >= kMaxFrames) return Claim::kConflict;
  frame->position = static_cast<int64_t>(frames_.size());
  frame->trace = 0;
  frame->log_line = static_cast<int64_t>(line.place.line);
  frames_.push_back(*std::move(frame));
  return Claim::kTaken;
}

bool CallTraceSection::ReturnsToProcess() const {
  return !frames_.empty() && frames_.front().context != frames_.back().context;
}

Text CallTraceSection::Context(bool whole) const {
  if (frames_.empty() || !(whole || ReturnsToProcess())) return std::nullopt;
  const Text& top = frames_[0].context;
  if (!top || *top == "process") return "process";
  if (*top != "irq") return top;
  // Softirqs run on the interrupt stack when a hard interrupt ends (kernel/softirq.c, irq_exit()).
  const bool softirq = std::any_of(frames_.begin(), frames_.end(), [](const CallFrame& frame) {
    return frame.context == "irq" && frame.symbol->find("do_softirq") != std::string::npos;
  });
  return softirq ? "softirq" : "irq";
}

const CallFrame* CallTraceSection::Blamed(bool whole) const {
  for (const CallFrame& frame : frames_) {
    if (frame.module && frame.context == frames_[0].context) return &frame;
  }
  if (!whole && !ReturnsToProcess()) return nullptr;
  for (const CallFrame& frame : frames_) {
    if (!IsAllocator(*frame.symbol)) return &frame;
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
