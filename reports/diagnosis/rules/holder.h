#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// Who, beside programs, may hold the memory of a machine.
enum class HolderKind {
  kSlab,
  kShmem,
  kLocked,
  kUndroppable,
  kHugePages,
  kPageTables,
  kUnaccounted
};

struct OtherHolder {
  HolderKind kind = HolderKind::kSlab;
  int64_t size_kb = 0;
  // What its share is taken of: RAM, or
  int64_t of_kb = 0;
  bool of_eligible = false;  // only what the request may use of it, which is all but zone Movable
  bool of_itemised = false;  // what the report itemises, as it does not tell how much RAM there is
};

// Who holds more than a third of the memory (half of what is itemised) without being able to give
// it back; none if nobody does. The event has a Mem-Info block or is a pasted /proc/meminfo.
std::optional<OtherHolder> LargestHolder(const IncidentFacts& facts, const EventFacts& event);

// Memory set aside as huge pages (mm/hugetlb.c): programs must ask for it by name, and the OOM
// killer cannot get it back.
struct HugePoolSize {
  int64_t total_kb = 0;
  int64_t idle_kb = 0;  // not in use
};
HugePoolSize HugePool(const EventFacts& event);
constexpr int64_t kLargestHugePageKb = int64_t{16} << 20;  // 16 GiB, of powerpc

// What the report does not itemise of RAM, huge pages taken off; none if it lacks counters that the
// sum needs.
Integer RestKb(const IncidentFacts& facts, const EventFacts& event);

// True where the kernel's own list of allocations names who holds most of what is not itemised.
bool ProfileCovers(const EventFacts& event, int64_t rest_kb);

std::string_view HolderCause(HolderKind kind);
std::string_view HolderWords(HolderKind kind);
std::string_view HolderNeedle(HolderKind kind);  // the counter's word in the report

// Explains what the memory is, names who is behind it where the report tells, and what to do.
void DescribeHolder(const IncidentFacts& facts, const EventFacts& event, const OtherHolder& holder,
                    Finding& finding);

}  // namespace kautopsy
