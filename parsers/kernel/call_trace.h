#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/call_frame.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// The call traces of a record: their headers, frames and stack marks, and the registers and raw
// stack printed around them, of any architecture.
class CallTraceSection : public Section {
 public:
  enum class Traces {
    kOne,   // what the kernel prints in one place: a second header begins another record's trace
    kMany,  // of several CPUs or tasks
  };
  explicit CallTraceSection(Traces traces = Traces::kOne) : traces_(traces) {}

  Claim Offer(const LogLine& line) override;
  // The lines that follow are another trace, of this CPU or task if they are known: some have no
  // header of their own.
  void Begin(Integer cpu, Integer pid);
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
  Text ContextBySymbols() const;
  Claim StartTrace();
  void NextTrace();
  Claim OfferFrames(const LogLine& line, std::string_view text);
  bool TakeArmFrames(std::string_view text, int64_t log_line);
  bool TakeMark(std::string_view text);
  Claim Take(CallFrame frame, int64_t log_line);

  Traces traces_;
  bool started_ = false;
  bool header_ = false;  // of the trace at hand
  bool ended_ = false;   // what follows is another record's
  int64_t trace_ = 0;
  Integer cpu_;  // of the trace at hand
  Integer pid_;
  std::string mark_;
  std::vector<CallFrame> frames_;
};

}  // namespace kautopsy
