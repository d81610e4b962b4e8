#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// One line of figures of top's head. The view lives as long as the line.
struct TopLine {
  std::string row;   // Tasks, Mem or Swap
  std::string unit;  // of its figures: kB, MiB ...; empty if each has its own
  std::string_view cells;
};

// The lines that top prints above its table of processes: uptime, tasks, CPUs, memory, swap.
// Relation `proc_value`.
class TopHeadSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return !uptime_ && !tasks_ && !memory_ && !swap_; }
  void NoteMissing(Damage& damage) const;
  void AddTo(EventRecord& event);

 private:
  Claim OfferCells(bool& seen, const TopLine& row, const LogLine& line);

  bool uptime_ = false;
  bool tasks_ = false;
  bool memory_ = false;
  bool swap_ = false;
  std::vector<ProcValue> values_;
};

// True for a line that can be the first of such a head.
bool StartsTopHead(std::string_view text);

}  // namespace kautopsy
