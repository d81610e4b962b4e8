#pragma once

#include <string>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// A zone's free lists: how many free blocks of 2^order pages it has, by order.
struct FreeList {
  Integer node;  // none on kernels without NUMA
  std::string zone;
  int64_t block_kb = 0;         // of order 0: the page size
  std::vector<int64_t> counts;  // by order
  // By order, as long as `counts`: letters of the types that have at least one block, empty where
  // none are printed (mm/page_alloc.c, show_migration_types()).
  std::vector<std::string> migrate_types;
  Integer total_kb;    // as printed; none if the line was cut before it
  bool empty = false;  // "Normal: empty", until 2.6.18: the zone has no memory

  // True if the blocks make up the total.
  bool AddsUp() const;
};

// The same as a row of relation `free_list_line`; arrays are JSON.
struct FreeListRow {
  Integer node;
  Text zone;
  Integer block_kb;
  Text counts;
  Text migrate_types;  // none if the kernel prints none
  Integer log_line;

  static constexpr std::string_view kRelation = "free_list_line";
  static std::span<const Field<FreeListRow>> Fields();
};

FreeListRow ToRow(const FreeList& list, int64_t log_line);

// Reads "Node 0 Normal: 1231*4kB (UEM) 391*8kB ... = 38260kB" (mm/page_alloc.c, show_free_areas()).
// False if the line is not of this form. A line cut in its middle gives the cells that are whole,
// and one that lost its middle those before the hole: each block is twice as big as the one before.
bool ParseFreeList(std::string_view text, FreeList& list);

// Takes "Node 0 " off the head of `text`, if it is there.
Integer ConsumeNode(std::string_view& text);

// Takes a zone's name (DMA, DMA32, Normal, HighMem, Movable, Device) off the head of `text`; empty
// if none stands there.
std::string_view ConsumeZoneName(std::string_view& text);

}  // namespace kautopsy
