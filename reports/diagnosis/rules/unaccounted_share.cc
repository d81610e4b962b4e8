#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/holder.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Of RAM. Per-CPU memory, vmalloc and the pages of drivers are a few percent of most machines.
constexpr double kNotableShare = 0.1;

// The sum is worth nothing if a counter of it is lost.
bool CountsAll(const EventFacts& event) {
  if (!event.mem) return false;
  const MemInfoFacts& mem = *event.mem;
  const bool lists = mem.lru_pages || (mem.anon_pages && mem.file_pages);
  return lists && mem.free_pages && (mem.slab_pages || mem.slab_unreclaimable_pages);
}

bool IsTold(const std::optional<Finding>& holder, const EventFacts& event) {
  return holder && holder->cause == "unaccounted" && holder->event_id == event.id;
}

}  // namespace

// A tenth of RAM and more that the report does not itemise, where RuleHolder does not name it: who
// looks for what is missing needs the candidates.
std::optional<Finding> RuleUnaccountedShare(const IncidentFacts& facts) {
  const std::optional<Finding> holder = RuleHolder(facts);
  for (const EventFacts& event : facts.events) {
    const Integer ram_kb = RamKb(facts, event);
    if (!IsShortage(event) || !CountsAll(event) || !ram_kb || IsTold(holder, event)) continue;
    const int64_t rest_kb = RestKb(facts, event).value_or(0);
    if (ShareOf(rest_kb, *ram_kb) < kNotableShare || rest_kb > *ram_kb) continue;
    const std::string words(HolderWords(HolderKind::kUnaccounted));
    Finding finding = DraftContext("unaccounted_share", event);
    finding.cause = std::string(HolderCause(HolderKind::kUnaccounted));
    finding.role = Role::kContributing;
    finding.severity = Severity::kMinor;
    const bool named = ProfileCovers(event, rest_kb);
    finding.confidence = named ? Confidence::kHigh : Confidence::kLow;
    finding.confidence_why =
        named ? "it is what is left of RAM, and the kernel's own list names the holders"
              : "it is what is left of RAM: who holds it is not printed";
    finding.title = fmt::format(
        "{} had {} = {} % of its RAM in {}.", OnDayHost(facts, event), SizeText(rest_kb),
        PercentNumber(static_cast<double>(rest_kb), static_cast<double>(*ram_kb)), words);
    finding.brief = fmt::format("{} held {}", words, SizeText(rest_kb));
    DescribeHolder(facts, event, {HolderKind::kUnaccounted, rest_kb, *ram_kb}, finding);
    finding.evidence.push_back(CounterEvidence(event, HolderNeedle(HolderKind::kUnaccounted)));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
