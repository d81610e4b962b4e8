#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "reports/builder.h"
#include "reports/diagnosis/rules/host_advice.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

// "vm.swappiness" of "vm.swappiness=10": one knob is advised once.
std::string_view KnobOf(const Advice& advice) {
  return std::string_view(advice.act).substr(0, advice.act.find_first_of("=: "));
}

// The advice of the cause comes first, then that of what contributed; but where the very build is
// known to be faulty, no setting helps as much as another one.
std::vector<Advice> AdviceOfFindings(const BuildInput& input) {
  constexpr std::size_t kMost = 5;
  std::vector<Advice> list;
  const auto add = [&](const Advice& advice) {
    const auto is_same = [&](const Advice& one) { return KnobOf(one) == KnobOf(advice); };
    if (!advice.for_now && list.size() < kMost && std::none_of(list.begin(), list.end(), is_same))
      list.push_back(advice);
  };
  const Finding* const known = FindFinding(input.diagnosis, "known_regression");
  if (known && known->confidence > Confidence::kLow)
    std::for_each(known->advice.begin(), known->advice.end(), add);
  for (const Finding& finding : input.diagnosis.findings) {
    const bool causes = finding.role == Role::kPrimary || finding.role == Role::kContributing;
    if (causes) std::for_each(finding.advice.begin(), finding.advice.end(), add);
  }
  // What helps the place in the kernel that was refused, where it did harm.
  const Finding* const refused = FindFinding(input.diagnosis, "refused_allocation");
  if (refused && refused->severity > Severity::kInfo)
    std::for_each(refused->advice.begin(), refused->advice.end(), add);
  if (known) std::for_each(known->advice.begin(), known->advice.end(), add);
  return list;
}

// The lines of the moment that the figures are of.
void AddReferences(const BuildInput& input, ReferenceList& references, Advice& advice) {
  const std::optional<GuestSize> size = SizeGuests(input.facts, input.snapshots);
  if (!size) return;
  const auto add = [&](std::string& text, std::string_view end) {
    if (text.ends_with(end))
      text += fmt::format(" [{}]", SnapshotReference(references, *size->moment));
  };
  add(advice.why, kOneMoment);
  add(advice.risk, kFreeAtWorst);
}

}  // namespace

void BuildForGood(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  report.for_good = AdviceOfFindings(input);
  for (Advice& advice : report.for_good) AddReferences(input, references, advice);
}

}  // namespace kautopsy
