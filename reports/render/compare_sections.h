#pragma once

#include "reports/compare/comparison.h"
#include "reports/render/text_writer.h"

namespace kautopsy {

// What the two sides, and the difference, are called: "before", "after", "change".
struct SideLabels {
  const char* before;
  const char* after;
  const char* change;
  bool is_change = true;  // as Comparison::IsChange
};

constexpr int kSideColumns = 15;   // of the names at the top
constexpr int kLabelColumns = 14;  // of those inside of sections

// Sections of a comparison as text.
void WriteListChange(const ListChange& lists, const SideLabels& labels, TextWriter& writer);
void WriteMemoryChange(const MemoryChange& memory, const SideLabels& labels, TextWriter& writer);
void WriteHoldersChange(const HoldersChange& holders, const SideLabels& labels, TextWriter& writer);

}  // namespace kautopsy
