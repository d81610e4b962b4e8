#include <fmt/core.h>

#include <array>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/eligible_memory.h"
#include "reports/diagnosis/rules/holder.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/diagnosis/unevictable.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Whoever holds more than a third of the memory without being able to give it back is the first
// suspect; less can be normal.
constexpr double kHolderShare = 1.0 / 3.0;
// Of what is itemised, where RAM is not known: it is more than that.
constexpr double kItemisedShare = 0.5;

int64_t Pages(const Integer& pages) { return pages.value_or(0); }

// Slab that could be reclaimed counts too once hardly anything else is left to reclaim.
int64_t SlabPages(const MemInfoFacts& mem) {
  if (!mem.slab_unreclaimable_pages) return Pages(mem.slab_pages);
  const int64_t lru = Pages(mem.anon_pages) + Pages(mem.file_pages);
  const bool stuck = Pages(mem.slab_reclaimable_pages) > lru;
  return *mem.slab_unreclaimable_pages + (stuck ? Pages(mem.slab_reclaimable_pages) : 0);
}

// Of what the kernel holds for itself, nothing lies in zone Movable.
bool IsKernels(HolderKind kind) {
  return kind == HolderKind::kSlab || kind == HolderKind::kPageTables;
}

void SetConfidence(const EventFacts& event, const OtherHolder& holder, Finding& finding) {
  const bool exact_ram = event.mem && event.mem->ram_pages && event.mem->reserved_pages;
  if (!event.mem) {
    finding.confidence = Confidence::kLow;
    finding.confidence_why = "it is so in /proc/meminfo, which was not read at that moment";
  } else if (holder.of_itemised) {
    finding.confidence = Confidence::kLow;
    finding.confidence_why = "how much RAM there is is not in the text";
  } else if (holder.kind == HolderKind::kUnaccounted && exact_ram &&
             ProfileCovers(event, holder.size_kb)) {
    finding.confidence = Confidence::kHigh;
    finding.confidence_why =
        "it is what is left of RAM, and the kernel's own list names the holders";
  } else if (holder.kind == HolderKind::kUnaccounted) {
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "it is what is left of RAM: who holds it is not printed";
  } else if (!exact_ram) {
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "its size is printed; RAM is the sum of the zones";
  } else {
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the report prints its size and that of RAM";
  }
}

using Candidates = std::array<OtherHolder, 7>;

Candidates OfMemInfo(const IncidentFacts& facts, const EventFacts& event) {
  const MemInfoFacts& mem = *event.mem;
  const int64_t page_kb = event.page_kb();
  const Unevictable unevictable = UnevictableOf(event);
  return {{{HolderKind::kSlab, SlabPages(mem) * page_kb},
           {HolderKind::kShmem, Pages(mem.shmem_pages) * page_kb},
           {HolderKind::kLocked, unevictable.locked_kb},
           {HolderKind::kUndroppable, unevictable.file_kb},
           {HolderKind::kHugePages, HugePool(event).total_kb},
           {HolderKind::kPageTables,
            (Pages(mem.pagetables_pages) + Pages(mem.sec_pagetables_pages)) * page_kb},
           {HolderKind::kUnaccounted, RestKb(facts, event).value_or(0)}}};
}

Candidates OfMeminfo(const IncidentFacts& facts, const EventFacts& event) {
  const auto kb = [&](std::string_view name) { return event.ValueKb(name).value_or(0); };
  return {{{HolderKind::kSlab, kb("SUnreclaim")},
           {HolderKind::kShmem, kb("Shmem")},
           {HolderKind::kLocked, kb("Mlocked")},
           {HolderKind::kHugePages, ItemKb(BalanceOf(facts, event), "huge_pages")},
           {HolderKind::kPageTables, kb("PageTables") + kb("SecPageTables")},
           {HolderKind::kUnaccounted, RestKb(facts, event).value_or(0)}}};
}

// Who looks at a healthy machine [sysrq] sees a page free.
bool OnlyLooks(const EventFacts& event) {
  return event.kind == "mem_info" && !(event.rerun && event.rerun->single_served == false);
}

// Where RAM is not known, neither are the zones: only a kill, or a page that was refused, is surely
// about what holds the memory.
bool LacksMemory(const EventFacts& event) {
  return event.oom || (event.refusal && event.refusal->order == 0);
}

}  // namespace

std::optional<OtherHolder> LargestHolder(const IncidentFacts& facts, const EventFacts& event) {
  const Integer total_kb = BalanceTotalKb(facts, event);
  if (!total_kb || (!event.mem && BalanceOf(facts, event).empty())) return std::nullopt;
  const bool ram_known = RamKb(facts, event).has_value();
  Candidates candidates = event.mem ? OfMemInfo(facts, event) : OfMeminfo(facts, event);
  const bool zones_known = ram_known && event.rerun && !event.rerun->lacks_zones;
  const int64_t eligible_kb =
      zones_known && IsBarredFromMovable(event) ? EligibleKb(event) : int64_t{0};
  const OtherHolder* largest = &candidates[0];
  for (OtherHolder& candidate : candidates) {
    candidate.of_eligible = eligible_kb > 0 && IsKernels(candidate.kind);
    candidate.of_itemised = !ram_known && !candidate.of_eligible;
    candidate.of_kb = candidate.of_eligible ? eligible_kb : *total_kb;
    if (ShareOf(candidate.size_kb, candidate.of_kb) > ShareOf(largest->size_kb, largest->of_kb))
      largest = &candidate;
  }
  const double least = largest->of_itemised ? kItemisedShare : kHolderShare;
  return ShareOf(largest->size_kb, largest->of_kb) > least ? std::optional(*largest) : std::nullopt;
}

HugePoolSize HugePool(const EventFacts& event) {
  HugePoolSize pool;
  for (const HugePageFacts& pages : event.huge_pages) {
    if (!pages.total || !pages.size_kb || *pages.size_kb > kLargestHugePageKb) continue;
    pool.total_kb += *pages.total * *pages.size_kb;
    pool.idle_kb += pages.free.value_or(0) * *pages.size_kb;
  }
  return pool;
}

Integer RestKb(const IncidentFacts& facts, const EventFacts& event) {
  if (event.mem && !event.mem->anon_pages && !event.mem->lru_pages) return std::nullopt;
  const std::vector<BalanceItem> items = BalanceOf(facts, event);
  if (items.empty()) return std::nullopt;
  // The balance has no item for huge pages of the pool, so they are in what is left.
  const bool pool_itemised = ItemKb(items, "huge_pages") > 0;
  return ItemKb(items, "not_itemised") - (pool_itemised ? 0 : HugePool(event).total_kb);
}

namespace {

std::string_view WholeWords(const OtherHolder& holder) {
  return holder.of_eligible   ? "what the request may use"
         : holder.of_itemised ? "what the report itemises"
                              : "its RAM";
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event, const OtherHolder& holder) {
  Finding finding = DraftCause(HolderCause(holder.kind), event);
  finding.rule = "holder";
  const std::string words(HolderWords(holder.kind));
  finding.title = fmt::format(
      "{} had {} = {} % of {} in {}.", OnDayHost(facts, event), SizeText(holder.size_kb),
      PercentNumber(static_cast<double>(holder.size_kb), static_cast<double>(holder.of_kb)),
      WholeWords(holder), words);
  finding.brief = fmt::format("{} held {}", words, SizeText(holder.size_kb));
  if (holder.kind == HolderKind::kSlab && !event.slabs.empty()) {
    const SlabFacts& largest = event.slabs.front();
    finding.brief += fmt::format(", {} of it {}", largest.name, SizeText(largest.total_kb));
  }
  SetConfidence(event, holder, finding);
  const Integer ram_kb = RamKb(facts, event);
  if (ram_kb && holder.size_kb > *ram_kb) DistrustShare(finding);
  DescribeHolder(facts, event, holder, finding);
  finding.evidence.push_back(
      CounterEvidence(event, event.mem ? HolderNeedle(holder.kind) : "MemTotal"));
  return finding;
}

std::optional<Finding> HolderAt(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.mem || OnlyLooks(event) || OfGroup(event)) return std::nullopt;
  const std::optional<OtherHolder> holder = LargestHolder(facts, event);
  if (!holder || (holder->of_itemised && !LacksMemory(event))) return std::nullopt;
  // What is not itemised explains a shortage, not the lack of pieces while memory is free.
  // Before a kill, memory is free only if the last try may have it: above the high mark.
  const bool rest = holder->kind == HolderKind::kUnaccounted;
  const bool page_free = event.rerun && event.rerun->single_served == true && !IsUsedUp(event);
  if (rest && page_free) return std::nullopt;
  // A piece that is larger than any the kernel kills for is refused for want of pieces.
  const bool costly = event.refusal && event.refusal->order.value_or(0) > kCostlyOrder;
  const bool by_size = costly && event.rerun && event.rerun->single_served == true;
  // Compaction moves shared memory as it moves that of programs.
  if (by_size && holder->kind == HolderKind::kShmem) return std::nullopt;
  Finding finding = Describe(facts, event, *holder);
  // What is left of RAM names nobody: for a refused request it tells whom to look for, not why.
  const bool names_nobody = rest && event.refusal && NothingToReclaim(facts, event);
  if (names_nobody || by_size) finding.role = Role::kContributing;
  return finding;
}

// Where no report of the incident has its Mem-Info block, a /proc/meminfo pasted beside is the best
// that is known: the last whole one of the machine, or of what may be the machine.
std::optional<Finding> HolderOfPasted(const IncidentFacts& facts) {
  bool killed = false;
  for (const EventFacts& event : facts.events) {
    if (event.mem || OfGroup(event)) return std::nullopt;
    killed = killed || event.oom || !event.kills.empty();
  }
  const EventFacts* last = nullptr;
  if (killed) {
    for (const Snapshot& snapshot : CollectSnapshots(facts)) {
      const bool whole = snapshot.values && snapshot.machine != Machine::kOther &&
                         !snapshot.after_drop && !BalanceOf(facts, *snapshot.values).empty();
      if (whole) last = snapshot.values;
    }
  }
  const std::optional<OtherHolder> holder = last ? LargestHolder(facts, *last) : std::nullopt;
  return holder ? std::optional(Describe(facts, *last, *holder)) : std::nullopt;
}

}  // namespace

std::optional<Finding> RuleHolder(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (std::optional<Finding> finding = HolderAt(facts, event)) return finding;
  }
  return HolderOfPasted(facts);
}

}  // namespace kautopsy
