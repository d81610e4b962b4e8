#include "reports/diagnosis/piece_index.h"

#include <cmath>

namespace kautopsy {

void PieceSums::Add(int block_order, double count, int order) {
  blocks += count;
  pages += std::ldexp(count, block_order);
  if (block_order >= order) suitable += std::ldexp(count, block_order - order);
}

double FragmentationIndex(const PieceSums& sums, int order) {
  if (sums.blocks == 0) return 0.0;
  if (sums.suitable > 0) return -1.0;
  const double thousandths = 1000 + std::floor(std::ldexp(1000 * sums.pages, -order));
  return (1000 - std::floor(thousandths / sums.blocks)) / 1000;
}

double UnusableIndex(const PieceSums& sums, int order) {
  if (sums.pages == 0) return 1.0;
  const double unusable = sums.pages - std::ldexp(sums.suitable, order);
  return std::floor(1000 * unusable / sums.pages) / 1000;
}

}  // namespace kautopsy
