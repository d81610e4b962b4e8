#include "parsers/kernel/task_scores.h"

#include <algorithm>
#include <limits>

#include "parsers/kernel/limits.h"

namespace kautopsy {
namespace {

constexpr int64_t kLeastAdjustment = -1000;  // OOM_SCORE_ADJ_MIN, include/uapi/linux/oom.h
constexpr int64_t kMostAdjustment = 1000;    // OOM_SCORE_ADJ_MAX
constexpr int64_t kPerMille = 1000;
constexpr int64_t kMostPermille = 1000000000;  // a table that contradicts its report
constexpr int64_t kUsualPageKb = 4;

constexpr int64_t kNever = std::numeric_limits<int64_t>::min();  // pages of who is never killed

bool IsPages(const Integer& value) { return !value || IsSize(value); }

// Figures that no machine has (a race, or a damaged line) score nothing.
bool CanBeScored(const TaskTerms& terms) {
  return terms.oom_score_adj && *terms.oom_score_adj > kLeastAdjustment &&
         *terms.oom_score_adj <= kMostAdjustment && IsSize(terms.rss_pages) &&
         IsPages(terms.swapents_pages) && IsPages(terms.nr_ptes) && IsPages(terms.nr_pmds) &&
         (!terms.pgtables_bytes || IsPages(*terms.pgtables_bytes / 1024));
}

// Since 4.15 in bytes, of which whole pages count; before, pages of each kind.
int64_t PageTablePages(const TaskTerms& terms, int64_t page_kb) {
  if (terms.pgtables_bytes) return *terms.pgtables_bytes / 1024 / page_kb;
  return terms.nr_ptes.value_or(0) + terms.nr_pmds.value_or(0);
}

bool AreComplete(const TaskTerms& terms) {
  return terms.swapents_pages && (terms.pgtables_bytes || terms.nr_ptes);
}

void Rank(const std::vector<int64_t>& pages, std::vector<TaskScore>& scores) {
  std::vector<uint32_t> rows;
  rows.reserve(pages.size());
  for (std::size_t row = 0; row < pages.size(); ++row) {
    if (pages[row] != kNever) rows.push_back(static_cast<uint32_t>(row));
  }
  std::sort(rows.begin(), rows.end(), [&](uint32_t one, uint32_t other) {
    return pages[one] != pages[other] ? pages[one] > pages[other] : one < other;
  });
  uint32_t rank = 0;
  for (const uint32_t row : rows) scores[row].rank = ++rank;
}

}  // namespace

std::vector<TaskScore> ScoreTasks(const TaskRows& rows, const ScoreBase& base,
                                  const Integer& page_size_kb) {
  const Integer base_pages =
      IsSize(base.least_pages) && *base.least_pages > 0 ? base.least_pages : std::nullopt;
  const bool exact = base_pages && base.most_pages == base_pages && page_size_kb;
  std::vector<TaskScore> scores(rows.size());
  std::vector<int64_t> points(rows.size(), kNever);
  Integer adjustment;  // that all have
  bool same_adjustment = true;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const TaskTerms terms = rows.Terms(row);
    if (!CanBeScored(terms)) continue;
    points[row] = *terms.rss_pages + terms.swapents_pages.value_or(0) +
                  PageTablePages(terms, page_size_kb.value_or(kUsualPageKb)) +
                  *terms.oom_score_adj * (base_pages.value_or(0) / kPerMille);
    if (!adjustment) adjustment = terms.oom_score_adj;
    same_adjustment &= adjustment == terms.oom_score_adj;
    if (exact && AreComplete(terms))
      scores[row].permille = static_cast<int32_t>(
          std::clamp(points[row] * kPerMille / *base_pages, -kMostPermille, kMostPermille));
  }
  // With one adjustment for all the base does not matter; without a base, others cannot be
  // compared.
  if (base_pages || same_adjustment) Rank(points, scores);
  return scores;
}

}  // namespace kautopsy
