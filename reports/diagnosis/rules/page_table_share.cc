#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/eligible_memory.h"
#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// What zones below HighMem hold of page tables, where their lines tell it; else all that there are,
// which lie there only if the kernel is built without CONFIG_HIGHPTE (arch/x86/mm/pgtable.c,
// PGALLOC_USER_GFP).
struct LowTables {
  int64_t kb = 0;
  bool told = false;
};

LowTables TablesBelowHighMem(const EventFacts& event) {
  LowTables tables;
  for (const ZoneFacts& zone : event.zones) {
    tables.told = tables.told || zone.pagetables_kb;
    if (zone.zone != "HighMem") tables.kb += zone.pagetables_kb.value_or(0);
  }
  if (!tables.told) tables.kb = PagesKb(event, event.mem->pagetables_pages).value_or(0);
  return tables;
}

// On a 32-bit kernel the share of low memory counts, not that of RAM.
std::optional<Finding> TellLowShare(const IncidentFacts& facts, const EventFacts& event) {
  constexpr double kNotable = 1.0 / 3.0;
  const LowTables tables = TablesBelowHighMem(event);
  const int64_t low_kb = EligibleKb(event);
  const double part = ShareOf(tables.kb, low_kb);
  if (part < kNotable || part > 1) return std::nullopt;
  Finding finding = DraftContext("page_table_share", event);
  finding.cause = "pagetables";
  finding.role = Role::kContributing;
  finding.severity = Severity::kMinor;
  finding.confidence = tables.told ? Confidence::kHigh : Confidence::kLow;
  finding.confidence_why =
      tables.told ? "the zones' lines print it" : "whether they lie in low memory is not printed";
  finding.title =
      fmt::format("{}: page tables held {}, as much as {} % of low memory.",
                  OnDayHost(facts, event), SizeText(tables.kb),
                  PercentNumber(static_cast<double>(tables.kb), static_cast<double>(low_kb)));
  finding.brief = fmt::format("page tables held {}", SizeText(tables.kb));
  finding.explanation = fmt::format(
      "Low memory is {} in all. {} Each program has tables of its own for all that it maps, shared "
      "memory too.",
      SizeText(low_kb),
      tables.told ? "Its zones hold that much of page tables."
                  : "A kernel built without CONFIG_HIGHPTE keeps all of them there.");
  finding.advice.push_back(
      {"grep CONFIG_HIGHPTE /boot/config-*; until a 64-bit kernel runs, fewer processes at a time",
       "with CONFIG_HIGHPTE page tables may lie in high memory", "",
       "grep PageTables /proc/meminfo"});
  finding.evidence.push_back(CounterEvidence(event, HolderNeedle(HolderKind::kPageTables)));
  return finding;
}

}  // namespace

// Page tables of 2 % of RAM and more; a program's own are 0.2 % of what it maps (8 bytes per 4
// KiB).
std::optional<Finding> RulePageTableShare(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool low = event.mem && event.rerun && IsShortage(event) && HasHighMem(event) &&
                     event.rerun->request.gfp.highest <= HighestZone::kNormal;
    if (!low) continue;
    if (std::optional<Finding> finding = TellLowShare(facts, event)) return finding;
  }
  static constexpr NotableShare kShare = {
      "page_table_share", HolderKind::kPageTables, 0.02,
      "Many programs map the same large memory in small pages, as databases without huge pages do.",
      [](const EventFacts& event) { return PagesKb(event, event.mem->pagetables_pages); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
