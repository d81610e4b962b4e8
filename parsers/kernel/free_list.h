#pragma once

#include <string>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// One cell of a buddy list: free blocks of one order in one zone. Relation `free_list`.
struct FreeListCell {
  Integer node;  // none on kernels without NUMA
  Text zone;
  Integer order;
  Integer block_kb;
  Integer count;
  Text migrate_types;  // letters: types that have at least one block (mm/page_alloc.c,
                       // show_migration_types())
  Integer log_line;

  static constexpr std::string_view kRelation = "free_list";
  static std::span<const Field<FreeListCell>> Fields();
};

// A zone's line of free lists.
struct FreeListLine {
  Integer node;
  std::string zone;
  std::vector<FreeListCell> cells;
  Integer total_kb;  // as printed; none if the line was cut before it
  // True if the cells make up the total.
  bool AddsUp() const;
  bool empty = false;  // "Normal: empty", until 2.6.18: the zone has no memory
};

// Reads "Node 0 Normal: 1231*4kB (UEM) 391*8kB ... = 38260kB" (mm/page_alloc.c, show_free_areas()).
// False if the line is not of this form. A line cut in its middle gives the cells that are whole,
// and one that lost its middle those before the hole: each block is twice as big as the one before.
bool ParseFreeListLine(std::string_view text, int64_t log_line, FreeListLine& line);

// Takes "Node 0 " off the head of `text`, if it is there.
Integer ConsumeNode(std::string_view& text);

// Takes a zone's name (DMA, DMA32, Normal, HighMem, Movable, Device) off the head of `text`; empty
// if none stands there.
std::string_view ConsumeZoneName(std::string_view& text);

}  // namespace kautopsy
