#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "reports/compare/comparison.h"
#include "reports/compare/side.h"
#include "reports/diagnosis/balance.h"

namespace kautopsy {

// The arithmetic of a comparison: pure functions of facts, and readers of what facts do not hold.

// Free lists, zone by zone in the order of `before`, then those that only `after` has. Pieces are
// counted from `order` of `before`'s pages on. Nothing is summed up over zones of one side alone.
ListChange CompareLists(const EventFacts& before, const EventFacts& after, int order);

// Items of both, the largest change first. Where `alike` is not set, one is a memory report and the
// other /proc/meminfo: what these count differently has no change.
std::vector<ItemChange> CompareItems(const std::vector<BalanceItem>& before,
                                     const std::vector<BalanceItem>& after, bool alike);
// memory_balance of the whole machine at this event.
Result<std::vector<BalanceItem>> ReadItems(RowReader& reader, int64_t event_id);

// Guests and programs by name, the largest change first.
std::vector<HolderChange> CompareHolders(const std::vector<HolderSum>& before,
                                         const std::vector<HolderSum>& after);
// The process table of this event, summed up by guest, or by command.
Result<std::vector<HolderSum>> ReadHolders(RowReader& reader, int64_t event_id);
// What all hold together; no more than any machine has. None if one does not tell.
Integer TotalKb(const std::vector<HolderSum>& sums);
// Why the tables of the two do not list the same kind of processes; empty if they do.
std::string TablesDiffer(const EventFacts& before, const EventFacts& after);

// What tells machines apart.
struct MachineMarks {
  Text host;
  bool host_deduced = false;
  Text other_than;            // the host of the same text that it is not
  bool other_by_dma = false;  // told by zone DMA, else by RAM
  Integer ram_kb;
  Text kernel;                     // release
  Integer boot;                    // equal for one boot; only set where both sides are of one store
  std::vector<std::string> zones;  // "0 Normal", sorted
  std::vector<int64_t> dma_counts;  // of zone DMA by order; empty without a list
};
MachineMarks MarksOf(const Side& side);
SameMachine JudgeMachine(const MachineMarks& before, const MachineMarks& after);

// Of two sides of one store.
CommandsBetween FindCommandsBetween(const Side& before, const Side& after);

// The sentence above all: what changed most, in words that its figures prove. Reads the rest of the
// comparison.
std::string ComparisonHeadline(const Comparison& comparison);
// "the Normal zones": those whose pieces are counted.
std::string CountedZones(const ListChange& lists);
// What follows from the free lists, and how long it lasted.
void AddRemarks(const Side& before, const Side& after, Comparison& comparison);
// What the text of each side lacks, with the command that tells it.
std::vector<Missing> FindUnknowns(const Side& before, const Side& after);

}  // namespace kautopsy
