#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// One line of a call trace. Relation `call_frame`.
struct CallFrame {
  Integer position;  // 0 = top
  Text context;      // irq, softirq, nmi, task, ... after the stack mark; none before the first one
  Text address;      // as printed, without 0x
  Integer reliable;  // 0 for "?": the value was found on the stack, maybe a leftover
  Text symbol;
  Integer offset;
  Integer size;
  Text module;
  Integer trace;
  Integer log_line;

  static constexpr std::string_view kRelation = "call_frame";
  static std::span<const Field<CallFrame>> Fields();
};

// Reads one frame as x86-64 prints it, with or without address:
//   [<ffffffff81451070>] ? skb_copy+0x40/0xb0 [mod]     arch/x86/kernel/dumpstack.c,
//   printk_address()
// A stack mark before it ("<IRQ> ") goes to `mark`. None if the line is no whole frame.
std::optional<CallFrame> ParseCallFrame(std::string_view text, std::string& mark);

// "Call Trace:" and its frames, stack marks, and the registers printed below them.
class CallTraceSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return frames_.empty(); }
  const std::vector<CallFrame>& frames() const { return frames_; }

  // True if the trace leaves the interrupt that it began in ("<EOI>"): nothing of that is lost
  // below.
  bool ReturnsToProcess() const;
  // Where the allocation was asked for: irq, softirq, nmi or process. `whole`: more of the record
  // follows the trace. Frames that are lost could tell otherwise, so none if neither holds.
  Text Context(bool whole) const;
  // The frame that asked: the first of a module, else, in a whole trace, the first that is not the
  // allocator's own.
  const CallFrame* Blamed(bool whole) const;
  bool Holds(std::string_view symbol) const;
  void AddTo(EventRecord& event);

 private:
  Claim StartTrace();

  bool started_ = false;
  std::string mark_;
  std::vector<CallFrame> frames_;
};

}  // namespace kautopsy
