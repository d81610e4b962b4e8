#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// The buddy allocator has no pieces above MAX_ORDER - 1 (include/linux/mmzone.h: 10 by default, up
// to 13 on arm64 with 64 KiB pages), and nothing gives out more memory than the machine has.
constexpr int64_t kLargestOrderAnywhere = 13;
// No machine has 64 TiB and more for one request.
constexpr int64_t kLargestMachineKb = int64_t{1} << 36;

bool IsEmpty(const RefusalFacts& refusal) {
  return refusal.size_bytes == 0 && StageOf(refusal) == VmallocStage::kImpossible;
}

// Larger than all that a 32-bit kernel can reach.
bool IsBeyondAddresses(const EventFacts& event) {
  const Integer reach_kb = AddressSpaceKb(event);
  return reach_kb && event.refusal->size_bytes.value_or(0) / 1024 > *reach_kb;
}

bool IsTooLarge(const IncidentFacts& facts, const EventFacts& event) {
  const RefusalFacts& refusal = *event.refusal;
  const int64_t size_kb = refusal.size_bytes.value_or(0) / 1024;
  const bool no_such_order = refusal.order && *refusal.order > kLargestOrderAnywhere;
  return size_kb < 0 || (facts.ram_kb && size_kb > *facts.ram_kb) || no_such_order ||
         StageOf(refusal) == VmallocStage::kImpossible || IsBeyondAddresses(event);
}

void DescribeEmpty(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  finding.title = OnDayHost(facts, event) +
                  " was asked to map 0 bytes [vmalloc], which is refused whatever memory is free.";
  finding.brief = "0 bytes were asked for";
  finding.explanation =
      "A size of 0 is refused before any page is looked for [__vmalloc_node_range()]: the caller "
      "computed it wrongly, or should have asked for nothing.";
}

void DescribeTooLarge(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  const int64_t size_kb = event.refusal->size_bytes.value_or(0) / 1024;
  finding.title =
      OnDayHost(facts, event) + " was asked for more memory than can exist in one piece.";
  finding.brief = "the request cannot be met by any machine";
  finding.explanation = "The size asked for is beyond what the allocator gives out.";
  const bool possible = size_kb > 0 && size_kb <= kLargestMachineKb;
  if (possible && facts.ram_kb && size_kb > *facts.ram_kb) {
    finding.title = fmt::format("{} was asked for {}, more than all the RAM it has.",
                                OnDayHost(facts, event), SizeText(size_kb));
    finding.brief = "more was asked for than the machine has";
    finding.explanation = fmt::format("{} were asked for; the machine has {}.", SizeText(size_kb),
                                      SizeText(*facts.ram_kb));
  } else if (IsBeyondAddresses(event)) {
    finding.explanation = fmt::format(
        "{} were asked for; this 32-bit kernel, whose code is at {:#x}, can reach {} at once, "
        "itself included.",
        SizeText(size_kb), *event.lowest_address, SizeText(*AddressSpaceKb(event)));
  }
}

// One request that got most of the memory, and yet not all that it asked for. Without RAM, a GiB
// and more of a report that prints no other holder.
bool TookMost(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int64_t kManyKb = int64_t{1} << 20;
  const int64_t had_kb = BytesHad(*event.refusal).value_or(0) / 1024;
  if (const Integer ram_kb = RamKb(facts, event)) return had_kb > *ram_kb / 2;
  return !event.mem && had_kb >= kManyKb;
}

void DescribeMost(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  const std::string asked = SizeText(*event.refusal->size_bytes / 1024);
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = event.mem ? "it took most of RAM, whoever held the rest"
                                     : "its size is printed; what else held memory is not";
  finding.title = fmt::format(
      "{} gave one request {} of the {} bytes that it asked for [vmalloc], and had no more.",
      OnDayHost(facts, event), Thousands(*BytesHad(*event.refusal)),
      Thousands(*event.refusal->size_bytes));
  finding.brief = fmt::format("one request asked for {} [vmalloc]", asked);
  finding.explanation =
      "Such memory is neither a program's nor cache: while it was being taken, the OOM killer "
      "could "
      "only kill programs, whatever they held. It was given back when the request failed.";
}

std::string CallerOf(const EventFacts& event) {
  const RefusalFacts& refusal = *event.refusal;
  if (refusal.blame_module) return "module " + *refusal.blame_module;
  if (refusal.blame_symbol) return *refusal.blame_symbol + "()";
  const Text& comm = refusal.comm ? refusal.comm : event.comm;
  // Frames of a kernel without CONFIG_KALLSYMS are addresses alone.
  const bool nameless =
      std::all_of(event.frames.begin(), event.frames.end(),
                  [](const FrameFacts& frame) { return frame.symbol.starts_with("0x"); });
  if (!nameless || event.frames.empty()) return "what the call trace names";
  return comm ? fmt::format("what {} asked for [no names in its call trace]", CommName(comm))
              : "the caller [no names in its call trace]";
}

}  // namespace

// The request itself is the fault: it can never be met, or took more than a machine like this has
// to give.
std::optional<Finding> RuleBadRequest(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const bool empty = IsEmpty(*event.refusal);
    const bool impossible = empty || IsTooLarge(facts, event);
    if (!impossible && !TookMost(facts, event)) continue;
    Finding finding = DraftCause("bad_request", event);
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the size itself shows it";
    const std::string caller = CallerOf(event);
    if (impossible) {
      empty ? DescribeEmpty(facts, event, finding) : DescribeTooLarge(facts, event, finding);
      finding.advice.push_back({"report it to the maintainers of " + caller,
                                "the caller is wrong, not the memory", "", ""});
    } else {
      DescribeMost(facts, event, finding);
      finding.advice.push_back({fmt::format("set {} up for less than {}", caller,
                                            SizeText(*event.refusal->size_bytes / 1024)),
                                "what it keeps in memory must fit beside programs",
                                "it then serves a smaller device or cache",
                                "no such failure when it is started again"});
    }
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
