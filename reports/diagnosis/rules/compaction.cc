#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

namespace {

void DescribeHost(const AfterCompaction& after, const std::string& size, Finding& finding) {
  finding.explanation = fmt::format("{} pieces of {} and more were seen {}.",
                                    Thousands(after.pieces), size, SnapshotLabel(*after.snapshot));
  if (after.later_pieces) {
    finding.explanation += fmt::format(" A later snapshot has {}.", Thousands(*after.later_pieces));
  }
  const EventFacts& lists = *after.snapshot->lists;
  finding.evidence.push_back(FreeListEvidence(lists, lists.zones.front()));
}

// Nothing but compaction happened between these two, so the change is its work.
void DescribePair(const CompactionPair& pair, const std::string& size, Finding& finding) {
  finding.confidence = Confidence::kHigh;
  finding.confidence_why = "before and after, nothing else between";
  const bool other = pair.before->machine == Machine::kOther;
  finding.explanation += fmt::format(
      "{}{}: compaction alone took pieces of {} and more from {} to {}, while free memory stayed "
      "at {} "
      "({} before).",
      finding.explanation.empty() ? "" : " ",
      other ? "Another machine in the text" : "The same machine", size,
      Thousands(pair.before_pieces), Thousands(pair.after_pieces), SizeText(pair.after_free_kb),
      SizeText(pair.before_free_kb));
  for (const Snapshot* snapshot : {pair.before, pair.after}) {
    finding.evidence.push_back(FreeListEvidence(*snapshot->lists, snapshot->lists->zones.front()));
  }
}

}  // namespace

// What pasted free lists show of compaction: the pieces before and after, and whether they lasted.
std::optional<Finding> RuleCompaction(const IncidentFacts& facts) {
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  const int order = PieceOrder(facts);
  const std::optional<AfterCompaction> after = FindAfterCompaction(snapshots, order);
  const std::optional<CompactionPair> pair = FindCompactionPair(snapshots, order);
  if (!after && !pair) return std::nullopt;
  const std::string size = PieceSize(PieceKb(facts));
  Finding finding;
  finding.rule = "compaction";
  finding.role = Role::kContext;
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "seen in pasted lists, whose time is not in the text";
  finding.title = "Compaction joins small pieces again, for a while.";
  finding.brief = "compaction gives pieces, for a while";
  if (after) DescribeHost(*after, size, finding);
  if (pair) DescribePair(*pair, size, finding);
  return finding;
}

}  // namespace kautopsy
