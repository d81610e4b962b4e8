#include <fmt/core.h>

#include <array>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Whoever holds more than a third of the memory without being able to give it back is the first
// suspect; less can be normal.
constexpr double kHolderShare = 1.0 / 3.0;

struct Holder {
  std::string_view cause;
  std::string_view words;
  std::string_view needle;
  std::string_view advice;
};

constexpr Holder kSlab = {
    "slab_leak", "kernel objects [slab]", "slab_unreclaimable:",
    "Name the cache with slabtop -o -s c, or from \"Unreclaimable slab info\" of a later "
    "report; a cache that only grows is a kernel leak."};
constexpr Holder kShmem = {"shmem", "shared memory and tmpfs [shmem]", "shmem:",
                           "Look with df -t tmpfs and ipcs -m; killing programs does not free it."};
constexpr Holder kLocked = {"mlocked", "locked memory [unevictable]",
                            "unevictable:", "Find who locks it: grep VmLck /proc/*/status."};
constexpr Holder kPageTables = {
    "pagetables", "page tables",
    "pagetables:", "Many programs map the same memory in small pages: use huge pages there."};
constexpr Holder kUnaccounted = {
    "unaccounted", "memory that the report does not itemise", "free:",
    "Candidates: vmalloc, per-cpu memory, buffers of drivers, ZFS ARC, a balloon, "
    "huge pages. Compare /proc/meminfo (VmallocUsed, Percpu, HugePages_Total)."};

struct Candidate {
  const Holder* holder;
  int64_t size_kb;
};

int64_t Pages(const Integer& pages) { return pages.value_or(0); }

// Slab that could be reclaimed counts too once hardly anything else is left to reclaim.
int64_t SlabPages(const MemInfoFacts& mem) {
  if (!mem.slab_unreclaimable_pages) return Pages(mem.slab_pages);
  const int64_t lru = Pages(mem.anon_pages) + Pages(mem.file_pages);
  const bool stuck = Pages(mem.slab_reclaimable_pages) > lru;
  return *mem.slab_unreclaimable_pages + (stuck ? Pages(mem.slab_reclaimable_pages) : 0);
}

std::optional<Candidate> LargestHolder(const IncidentFacts& facts, const EventFacts& event) {
  const Integer ram_kb = RamKb(facts, event);
  if (!ram_kb || !event.mem) return std::nullopt;
  const MemInfoFacts& mem = *event.mem;
  const int64_t page_kb = event.page_kb();
  const int64_t rest_kb = ItemKb(BalanceOf(facts, event), "not_itemised");
  const bool itemised = mem.anon_pages || mem.lru_pages;
  const std::array<Candidate, 5> candidates = {
      {{&kSlab, SlabPages(mem) * page_kb},
       {&kShmem, Pages(mem.shmem_pages) * page_kb},
       {&kLocked, Pages(mem.unevictable_pages) * page_kb},
       {&kPageTables, Pages(mem.pagetables_pages) * page_kb},
       {&kUnaccounted, itemised ? rest_kb : 0}}};
  const Candidate* largest = &candidates[0];
  for (const Candidate& candidate : candidates) {
    if (candidate.size_kb > largest->size_kb) largest = &candidate;
  }
  const bool enough =
      static_cast<double>(largest->size_kb) > kHolderShare * static_cast<double>(*ram_kb);
  return enough ? std::optional(*largest) : std::nullopt;
}

}  // namespace

std::optional<Finding> RuleHolder(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    // A report without a request or a kill may be somebody's look at a healthy machine.
    if (event.kind == "mem_info" || (event.oom && event.oom->constraint_kind == "memcg")) continue;
    const std::optional<Candidate> holder = LargestHolder(facts, event);
    if (!holder) continue;
    // What is not itemised explains a shortage, not the lack of pieces while memory is free.
    if (holder->holder == &kUnaccounted && event.rerun && event.rerun->single_served == true)
      continue;
    const Integer ram_kb = RamKb(facts, event);
    const auto ram = static_cast<double>(*ram_kb);
    Finding finding;
    finding.rule = "holder";
    finding.cause = std::string(holder->holder->cause);
    finding.role = Role::kPrimary;
    finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
    const bool named = holder->holder != &kUnaccounted;
    finding.confidence = named ? Confidence::kHigh : Confidence::kMedium;
    finding.event_id = event.id;
    finding.title = fmt::format("{}: {} held {} = {} % of RAM.", OnDayHost(facts, event),
                                holder->holder->words, SizeText(holder->size_kb),
                                PercentNumber(static_cast<double>(holder->size_kb), ram));
    finding.brief = fmt::format("{} held {}", holder->holder->words, SizeText(holder->size_kb));
    finding.explanation = fmt::format("{} of {} cannot be reclaimed by taking it from programs.",
                                      SizeText(holder->size_kb), SizeText(*ram_kb));
    if (holder->size_kb > *ram_kb) DistrustShare(finding);
    finding.recommendation = std::string(holder->holder->advice);
    finding.evidence.push_back(CounterEvidence(event, holder->holder->needle));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
