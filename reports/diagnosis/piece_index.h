#pragma once

namespace kautopsy {

// A free list summed up for requests of one order.
struct PieceSums {
  double blocks = 0;
  double pages = 0;
  double suitable = 0;  // pieces of the order that the larger ones can be split into
  // Adds `count` free blocks of 2^block_order pages. REQUIRES: both orders are 0 to 62.
  void Add(int block_order, double count, int order);
};

// 0 = too little memory, 1 = fragmented, -1 = a piece exists. mm/vmstat.c,
// __fragmentation_index(), since 2.6.35; computable for older kernels too.
double FragmentationIndex(const PieceSums& sums, int order);
// Share of free memory in pieces that are too small, 0 to 1. mm/vmstat.c, unusable_free_index().
double UnusableIndex(const PieceSums& sums, int order);

}  // namespace kautopsy
