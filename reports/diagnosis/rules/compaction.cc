#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

// What pasted free lists show of compaction: the pieces before and after, and whether they lasted.
std::optional<Finding> RuleCompaction(const IncidentFacts& facts) {
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  const int order = PieceOrder(facts);
  const std::string size = PieceSize(EventFacts::kUsualPageKb << order);
  Finding finding;
  finding.rule = "compaction";
  finding.role = Role::kContext;
  finding.confidence = Confidence::kMedium;
  const std::optional<AfterCompaction> after = FindAfterCompaction(snapshots, order);
  if (after) {
    finding.explanation =
        fmt::format("{} pieces of {} and more were seen {}.", Thousands(after->pieces), size,
                    SnapshotLabel(*after->snapshot));
    if (after->later_pieces) {
      finding.explanation +=
          fmt::format(" A later snapshot has {}.", Thousands(*after->later_pieces));
    }
    finding.evidence.push_back(
        FreeListEvidence(*after->snapshot->lists, after->snapshot->lists->zones.front()));
  }
  const std::optional<CompactionPair> pair = FindCompactionPair(snapshots, order);
  if (pair) {
    finding.confidence = Confidence::kHigh;
    finding.explanation += fmt::format(
        "{}{}: compaction alone took pieces of {} and more from {} to {}, while free memory stayed "
        "at {} ({} before).",
        finding.explanation.empty() ? "" : " ",
        pair->before->machine == Machine::kOther ? "Another machine in the text"
                                                 : "The same machine",
        size, Thousands(pair->before_pieces), Thousands(pair->after_pieces),
        SizeText(pair->after_free_kb), SizeText(pair->before_free_kb));
    finding.evidence.push_back(
        FreeListEvidence(*pair->before->lists, pair->before->lists->zones.front()));
    finding.evidence.push_back(
        FreeListEvidence(*pair->after->lists, pair->after->lists->zones.front()));
  }
  if (!after && !pair) return std::nullopt;
  finding.title = "Compaction joins small pieces again, for a while.";
  finding.brief = "compaction gives pieces, for a while";
  return finding;
}

}  // namespace kautopsy
