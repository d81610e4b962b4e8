#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/kernel_version.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// By release; without one, by what the memory report prints.
WatermarkRule RuleOf(const KernelVersion& kernel, const EventFacts& event);

// The kernel by whose rules the event's request is tested: that of its lines, unless the printed
// mask contradicts the release; then one that prints such masks, or an unknown one. `doubt`, if not
// null, is set to the reason then.
KernelVersion TestedKernel(const IncidentFacts& facts, const EventFacts& event,
                           std::string* doubt = nullptr);

// A request that may sleep and use every zone, as most of the kernel's own requests.
PieceRequest OrdinaryRequest(int order);
// The request of an OOM report or refusal; none if its order is not known.
std::optional<PieceRequest> RequestOf(const IncidentFacts& facts, const EventFacts& event);

// Runs the test of every zone again on the printed figures, against the min mark (the slow path's).
// Each sum is of one moment, that of the zone's free list where there is one (zone_test.h).
std::vector<ZoneCheck> CheckZones(const IncidentFacts& facts, const EventFacts& event,
                                  const PieceRequest& request);

// Whether the zone's figures exceed mark and reserve, which is all of the test for a single page;
// false where they are not known.
bool PassesFirstTest(const ZoneCheck& check);
// The same by the counter `free:`. Nearer to the moment of the request than the list, but the cells
// of the list cannot be taken off it. None where it is not printed.
std::optional<bool> PassesByCounter(const ZoneCheck& check);

// True if some zone would serve it; none if that cannot be told.
std::optional<bool> AnyServed(const std::vector<ZoneCheck>& checks);

// True if no zone that the request may use lies above its high mark: before it kills, the OOM
// killer tries once more against that mark (last_try.h), so free memory below it does not speak
// against a shortage.
bool BelowHighMarks(const EventFacts& event);

// Smallest order up to kLargestTestedOrder that no zone would serve to an ordinary request; none if
// all are served or it cannot be told.
std::optional<int> FirstRefusedOrder(const IncidentFacts& facts, const EventFacts& event);
constexpr int kLargestTestedOrder = 10;  // MAX_ORDER - 1 of x86

// Fills `rerun` of every event that has zone lines: with the event's own request, else with the
// smallest ordinary request that is refused (else a single page).
void RunAgain(IncidentFacts& facts);

// 0 = too little memory, 1 = fragmented, -1 = a piece exists; none without a list.
// mm/vmstat.c, __fragmentation_index(), since 2.6.35; computable for older kernels too.
Real FragmentationIndex(const ZoneFacts& zone, int order);
// Share of free memory in pieces that are too small, 0 to 1. mm/vmstat.c, unusable_free_index().
Real UnusableIndex(const ZoneFacts& zone, int order);

}  // namespace kautopsy
