#include <fmt/core.h>

#include <map>
#include <string>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Zones have one size for the whole of a boot, as long as no memory is plugged in or out.
std::map<std::string, int64_t> SizesOf(const EventFacts& event) {
  std::map<std::string, int64_t> sizes;
  for (const ZoneFacts& zone : event.zones) {
    if (zone.present_kb) sizes.emplace(ZoneName(zone), *zone.present_kb);
  }
  return sizes;
}

// Memory is hardly ever plugged into the lowest zone, while the others of one machine may grow.
const std::string* DiffersIn(const std::map<std::string, int64_t>& one,
                             const std::map<std::string, int64_t>& other) {
  for (const auto& [name, kb] : one) {
    const auto found = other.find(name);
    if (name.ends_with("DMA") && found != other.end() && found->second != kb) return &name;
  }
  return nullptr;
}

}  // namespace

// Memory reports that cannot be of one machine: the layout of its zones differs.
std::optional<Finding> RuleMixedMachines(const IncidentFacts& facts) {
  const EventFacts* first = nullptr;
  std::map<std::string, int64_t> sizes;
  for (const EventFacts& event : facts.events) {
    if (event.zones.empty() || !event.mem) continue;
    const std::map<std::string, int64_t> here = SizesOf(event);
    if (here.empty()) continue;
    if (!first) {
      first = &event;
      sizes = here;
      continue;
    }
    const bool same_boot = event.boot_id && event.boot_id == first->boot_id;
    const std::string* const zone = DiffersIn(sizes, here);
    if (!zone || !same_boot) continue;
    Finding finding = DraftContext("mixed_machines", event);
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the lowest zone has one size for the whole of a boot, as a rule";
    finding.title = fmt::format("Two memory reports are of different machines: {} has {} and {}.",
                                *zone, SizeText(sizes.at(*zone)), SizeText(here.at(*zone)));
    finding.brief = "reports of different machines";
    finding.explanation = "Their figures must not be compared; the lines name one host or none.";
    finding.evidence.push_back(ZoneEvidence(*first, first->zones.front()));
    finding.evidence.push_back(ZoneEvidence(event, event.zones.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
