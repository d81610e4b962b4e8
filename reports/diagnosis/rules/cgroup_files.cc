#include "reports/diagnosis/rules/cgroup_files.h"

#include <fmt/core.h>

namespace kautopsy {
namespace {

bool IsUsed(const GroupCounterFacts* counter) {
  return counter && (counter->usage_kb.value_or(0) > 0 || counter->limit_kb);
}

// `value` is what a file is set to: "=51200K".
std::string Either(CgroupVersion version, std::string_view one, std::string_view two,
                   std::string_view value = "") {
  if (version == CgroupVersion::kOne) return fmt::format("{}{}", one, value);
  if (version == CgroupVersion::kTwo) return fmt::format("{}{}", two, value);
  return fmt::format("{}{} [cgroup v1: {}]", two, value, one);
}

// memory.peak is of 5.19 (8e20d4b33266); distributions have it in older ones, too.
std::string_view PeakFileOfTwo(const KernelVersion& kernel) {
  const bool before = kernel.known() && kernel.el == 0 && kernel.Below(5, 19);
  return before ? "memory.current" : "memory.peak";
}

}  // namespace

const GroupCounterFacts* GroupCounter(const EventFacts& event, std::string_view name) {
  for (const GroupCounterFacts& counter : event.group.counters) {
    if (counter.counter == name) return &counter;
  }
  return nullptr;
}

Integer GroupLimitKb(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  return memory ? memory->limit_kb : std::nullopt;
}

// Version 2 can be mounted since Linux kernel commit 67e9c74b8a87 ("cgroup: replace
// __DEVEL__sane_behavior with cgroup2 fs type") (in v4.5). In mm/memcontrol.c, reports of both
// print "memory+swap:" and "kmem:" until 5.2, but version 2 does not charge these
// (do_memsw_account(), memcg_kmem_charge_memcg()), nor version 1 the first without swap accounting.
// Linux kernel commit c8713d0b2312 ("mm: memcontrol: dump memory.stat during cgroup OOM") (in v5.3)
// prints the sums with the new names, and "swap:" for version 2 only; EL8 has it by backport.
CgroupVersion CgroupVersionOf(const IncidentFacts& facts, const EventFacts& event) {
  if (GroupCounter(event, "swap")) return CgroupVersion::kTwo;
  if (KernelOf(facts, event).Below(4, 5)) return CgroupVersion::kOne;
  const GroupCounterFacts* const both = GroupCounter(event, "memory_swap");
  const GroupCounterFacts* const kmem = GroupCounter(event, "kmem");
  const bool new_sums = event.group.stat_kb.find("anon") != event.group.stat_kb.end() ||
                        KernelOf(facts, event).AtLeast(5, 3);
  if (IsUsed(both) || IsUsed(kmem) || ((both || kmem) && new_sums)) return CgroupVersion::kOne;
  return CgroupVersion::kUnknown;
}

std::string LimitFile(const IncidentFacts& facts, const EventFacts& event) {
  return Either(CgroupVersionOf(facts, event), "memory.limit_in_bytes", "memory.max");
}

std::string LimitSetting(const IncidentFacts& facts, const EventFacts& event, int64_t kb) {
  return Either(CgroupVersionOf(facts, event), "memory.limit_in_bytes", "memory.max",
                fmt::format("={}K", kb));
}

std::string PeakFile(const IncidentFacts& facts, const EventFacts& event) {
  return Either(CgroupVersionOf(facts, event), "memory.max_usage_in_bytes",
                PeakFileOfTwo(KernelOf(facts, event)));
}

std::string CountFile(const IncidentFacts& facts, const EventFacts& event) {
  return Either(CgroupVersionOf(facts, event), "memory.failcnt", "memory.events");
}

std::string StatLines(const IncidentFacts& facts, const EventFacts& event) {
  return Either(CgroupVersionOf(facts, event), "rss, shmem, dirty",
                "anon, shmem, file_dirty, kernel");
}

}  // namespace kautopsy
