#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/holder.h"
#include "reports/diagnosis/rules/host_advice.h"
#include "reports/diagnosis/rules/program_limit.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/swapoff.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/diagnosis/unevictable.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Programs hold the memory when anonymous pages are more than half of RAM; what is not theirs would
// have been named by the rules before this one.
constexpr double kProgramsShare = 0.5;
// Swap counts as full when less than this share is free.
constexpr double kSwapFullShare = 0.05;
constexpr double kNotableShare = 0.2;
constexpr int64_t kSwapDivisor = 10;
constexpr int64_t kKbPerMib = 1024;

struct Exhaustion {
  int64_t programs_kb = 0;
  int64_t ram_kb = 0;
  bool from_table = false;  // the sum of the process table, as the report prints no counters
  bool from_lru = false;    // with files that could not be dropped, as they are not told apart
  bool ram_known = true;    // else the sum of what the report itemises
  bool swap_full = true;    // or absent
  bool swap_known = false;
  bool swap_absent = false;
  bool swapoff = false;   // being turned off
  bool most = false;      // programs hold most of it
  int64_t shared_kb = 0;  // of programs_kb: shared memory and tmpfs
};

// Kernels before 2.6.28 print programs and files in one, but each zone tells whether reclaim found
// anything in it (mm/vmscan.c, shrink_zones(): all_unreclaimable). Without swap, what it cannot
// take is programs' then.
bool GivesNothingBack(const EventFacts& event) {
  const bool counted = event.mem && event.mem->lru_pages && event.mem->total_swap_kb == 0;
  return counted && !event.zones.empty() &&
         std::ranges::all_of(event.zones, [](const ZoneFacts& zone) {
           return zone.all_unreclaimable == true || zone.present_kb == 0;
         });
}

std::optional<Exhaustion> Measure(const IncidentFacts& facts, const EventFacts& event) {
  const Integer total_kb = BalanceTotalKb(facts, event);
  if (!total_kb) return std::nullopt;
  Exhaustion result;
  result.ram_known = RamKb(facts, event).has_value();
  result.ram_kb = *total_kb;
  if (event.mem && event.mem->anon_pages) {
    result.programs_kb = *event.mem->anon_pages * event.page_kb() + UnevictableOf(event).mlock_kb;
  } else if (GivesNothingBack(event)) {
    result.programs_kb = *event.mem->lru_pages * event.page_kb();
    result.from_lru = true;
  } else if (event.tasks.rss_kb) {
    result.programs_kb = *event.tasks.rss_kb;
    result.from_table = true;
  } else {
    return std::nullopt;
  }
  result.most =
      static_cast<double>(result.programs_kb) > kProgramsShare * static_cast<double>(result.ram_kb);
  if (event.mem && !result.from_table && !result.from_lru)
    result.shared_kb = event.mem->shmem_pages.value_or(0) * event.page_kb();
  if (event.mem && event.mem->total_swap_kb && event.mem->free_swap_kb) {
    result.swap_known = true;
    result.swap_full = static_cast<double>(*event.mem->free_swap_kb) <=
                       kSwapFullShare * static_cast<double>(*event.mem->total_swap_kb);
    result.swapoff = SwapoffAt(event).has_value();
    result.swap_absent = *event.mem->total_swap_kb == 0 && !result.swapoff;
  }
  return result;
}

// Whether a page is to be had is not known: the report was cut before its zones, or among them.
bool LacksZoneTest(const EventFacts& event) { return !event.rerun || !event.rerun->single_served; }

// A memory report just before a kill, whose own head is lost.
bool PrecedesKill(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int64_t kSameStormSeconds = 10;
  if (event.kind != "mem_info") return false;
  return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
    const std::optional<int64_t> apart = other.oom ? SecondsFromTo(event, other) : std::nullopt;
    return apart && *apart >= 0 && *apart <= kSameStormSeconds && !OfGroup(other);
  });
}

// A kill for one page, or ten seconds and more of waiting for one [alloc_stall].
bool IsOfPage(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.oom && !event.waits()) return false;
  const std::optional<PieceRequest> request = RequestOf(facts, event);
  return request && request->order == 0;
}

// A call trace above the counters shows that they were not printed for somebody's look.
bool LostItsRequest(const EventFacts& event) {
  return !event.oom && !event.refusal && !event.complete && !event.frames.empty();
}

// Of a kill whose header is lost, too: hardly any is for more than the counters can tell.
bool MayBeOfPage(const IncidentFacts& facts, const EventFacts& event) {
  const bool header_lost = (event.oom && !event.oom->order) || PrecedesKill(facts, event);
  return header_lost || LostItsRequest(event) || IsOfPage(facts, event);
}

// Where the zones do not tell, the counters alone may: programs hold nearly all, and hardly
// anything is free or could be dropped.
bool CountersSayIt(const IncidentFacts& facts, const EventFacts& event) {
  constexpr double kNearlyAll = 0.9;
  constexpr double kHardlyAny = 0.05;
  if (!event.mem || !event.mem->anon_pages || !MayBeOfPage(facts, event)) return false;
  const MemInfoFacts& mem = *event.mem;
  const int64_t total = BalanceTotalKb(facts, event).value_or(0) / event.page_kb();
  const int64_t spare = mem.free_pages.value_or(0) + mem.file_pages.value_or(0) +
                        mem.slab_reclaimable_pages.value_or(0);
  return ShareOf(*mem.anon_pages, total) >= kNearlyAll && ShareOf(spare, total) <= kHardlyAny;
}

// The re-run must not have found room for a single page, or only what is kept between the marks.
bool Applies(const IncidentFacts& facts, const EventFacts& event) {
  if (OfGroup(event) || StatesConstraint(event) || (event.oom && event.oom->sysrq)) return false;
  if (LacksZoneTest(event) && CountersSayIt(facts, event)) return true;
  if (!event.rerun) return false;
  if (event.rerun->single_served == false) return true;
  // Of a piece, too, where so little is free that joining pieces would not help.
  const bool tells = event.oom                  ? !ShowsFragmentation(event)
                     : event.kind == "mem_info" ? NothingToReclaim(facts, event)
                                                : IsOfPage(facts, event);
  return tells && BelowHighMarks(event);
}

// Shared memory, which lies among that of programs, is the holder then, not they.
bool OthersHoldIt(const Exhaustion& found) {
  constexpr double kHolderShare = 1.0 / 3.0;  // as RuleHolder has it
  return ShareOf(found.shared_kb, found.ram_kb) > kHolderShare &&
         ShareOf(found.programs_kb - found.shared_kb, found.ram_kb) <= kHolderShare;
}

int64_t SwapMib(const Exhaustion& found) {
  return std::max<int64_t>(1, found.ram_kb / kSwapDivisor / kKbPerMib);
}

// Swap takes memory of programs only: there must be that much of it, and what fills RAM must not be
// memory that never goes to swap.
bool WouldSwap(const IncidentFacts& facts, const Exhaustion& found) {
  if (!found.swap_known || !found.swap_absent) return false;
  if (found.programs_kb < SwapMib(found) * kKbPerMib) return false;
  const std::optional<Finding> holder = RuleHolder(facts);
  return !holder || (holder->cause != "slab_leak" && holder->cause != "unaccounted");
}

Advice AddSwap(const Exhaustion& found) {
  const int64_t size_mib = SwapMib(found);
  Advice advice;
  advice.act = fmt::format("a swap area of {} MiB", size_mib);
  advice.why = "there is none; idle programs of about a tenth of RAM could leave memory";
  advice.risk = "slow when more than idle memory goes there; it delays a leak and does not cure it";
  advice.check = "vmstat 1: si and so stay near 0";
  return advice;
}

void Explain(const EventFacts& event, const Exhaustion& found, Finding& finding) {
  finding.explanation =
      !LacksZoneTest(event)
          ? NothingSpareWords(event)
          : "Of the zones too little is in the text; by the counters hardly anything was "
            "free, and little could have been dropped.";
  if (ShareOf(found.shared_kb, found.programs_kb) > kNotableShare)
    finding.explanation += fmt::format(" Of what programs held, {} are shared memory and tmpfs.",
                                       SizeText(found.shared_kb));
  if (!found.swap_known) return;
  finding.explanation += found.swapoff       ? " Swap was being turned off."
                         : found.swap_absent ? " There is no swap."
                         : found.swap_full   ? " Swap is full."
                                             : " Swap had room left.";
  if (event.waits() && !found.swap_full)
    finding.explanation += " What programs hold leaves RAM only as fast as swap takes it.";
}

// A limit for the largest program, or swap for it, does not cure that the kernel itself, or memory
// that no program owns, holds the most: it would punish the victim.
bool OthersGrew(const IncidentFacts& facts, const EventFacts& event, const Exhaustion& found) {
  if (!found.most) return true;
  const std::optional<Finding> holder = RuleHolder(facts);
  return holder && holder->role == Role::kPrimary && holder->event_id == event.id;
}

// Where programs are not the most of it: who is, if that is known to be what is not itemised.
std::string RestWords(const IncidentFacts& facts, const EventFacts& event,
                      const Exhaustion& found) {
  const int64_t rest_kb = found.ram_known ? RestKb(facts, event).value_or(0) : 0;
  if (rest_kb <= found.programs_kb || rest_kb > found.ram_kb) return "";
  return fmt::format(
      ", and {} = {} % are not itemised", SizeText(rest_kb),
      PercentNumber(static_cast<double>(rest_kb), static_cast<double>(found.ram_kb)));
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event, const Exhaustion& found) {
  Finding finding = DraftCause("host_exhausted", event);
  finding.when = DayText(event);
  const std::string share =
      PercentNumber(static_cast<double>(found.programs_kb), static_cast<double>(found.ram_kb));
  const std::string held = fmt::format(
      "rograms{} held {} of {} = {} %{}.",
      found.from_lru ? ", and files that could not be dropped," : "", SizeText(found.programs_kb),
      (found.ram_known ? "" : "the itemised ") + SizeText(found.ram_kb), share,
      found.most ? "" : RestWords(facts, event, found));
  const std::string host = OnDayHost(facts, event);
  const bool waited = event.waits();
  finding.title = found.most
                      ? fmt::format("{} had {}: p{}", host,
                                    waited ? "no memory to spare" : "used up its memory", held)
                      : fmt::format(
                            "{} had used up its memory; nothing was left that could be "
                            "given back. P{}",
                            host, held);
  finding.brief = found.most ? fmt::format("programs filled the memory: {} %", share)
                             : "memory used up, with nothing to give back";
  Explain(event, found, finding);
  if (OthersGrew(facts, event, found)) return finding;
  // Of a host of guests, their sizes are what can be set, not a limit that kills one.
  std::optional<Advice> less = GuestsBySnapshot(facts, CollectSnapshots(facts));
  if (!less) less = LimitProgram(facts, event, found.ram_kb);
  if (less) finding.advice.push_back(std::move(*less));
  if (WouldSwap(facts, found)) finding.advice.push_back(AddSwap(found));
  return finding;
}

void SetConfidence(const IncidentFacts& facts, const EventFacts& event, const Exhaustion& found,
                   Finding& finding) {
  const char* doubt = nullptr;
  if (event.rerun && event.rerun->request.assumed) doubt = "what was asked for is not in the text";
  if (!found.swap_known) doubt = "whether there is swap is not in the text";
  if (found.swap_known && !found.swap_full) doubt = "swap had room left";
  if (found.from_lru)
    doubt = "files are not told apart; every zone says that nothing of it can be reclaimed";
  if (found.from_table) doubt = "programs are added up from the process table, shared pages twice";
  // RuleCma says so of what the last try may not use.
  if (const std::optional<Finding> cma = RuleCma(facts); cma && cma->event_id == event.id)
    doubt = "memory was free, though set aside for devices [CMA]";
  if (!found.most) doubt = "who holds most of it, programs do not tell";
  if (LacksZoneTest(event)) doubt = "the zones are not in the text; the counters alone say it";
  if (!found.ram_known) doubt = "how much RAM there is is not in the text";
  finding.confidence = doubt ? Confidence::kMedium : Confidence::kHigh;
  // What no counter holds may be more than all that is itemised.
  if (LacksZoneTest(event) && (!found.ram_known || LostItsRequest(event)))
    finding.confidence = Confidence::kLow;
  finding.confidence_why = doubt ? doubt : "marks, counters and swap of the same record all say so";
}

}  // namespace

// No zone has memory to spare, and programs hold most of the memory.
std::optional<Finding> RuleHostExhausted(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!Applies(facts, event)) continue;
    const std::optional<Exhaustion> found = Measure(facts, event);
    if (!found) continue;
    // Even ordinary requests, which may reclaim, would get nothing then.
    const bool short_of_pages =
        event.rerun && (event.rerun->refused_order == 0 || (event.oom && BelowHighMarks(event)));
    const bool spent = short_of_pages && NothingToReclaim(facts, event);
    if (!found->most && !spent) continue;
    if (OthersHoldIt(*found)) continue;
    Finding finding = Describe(facts, event, *found);
    SetConfidence(facts, event, *found, finding);
    if (found->programs_kb > found->ram_kb) DistrustShare(finding);
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    if (event.mem) finding.evidence.push_back(CounterEvidence(event, "active_anon:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
