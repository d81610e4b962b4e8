#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// A zone's lists of free pages that the CPUs keep (mm/page_alloc.c, show_free_areas(), until 4.0).
struct PerCpuLists {
  Integer node;
  std::string zone;
  Integer pages;  // sum over the CPUs; none where no line of a CPU tells
};

// Reads "Node 0 DMA per-cpu:", which the lines of its CPUs follow, or "Normal per-cpu: empty".
std::optional<PerCpuLists> ParsePerCpuHead(std::string_view text);

// Reads the pages on the lists of one CPU's line; `pages` stays empty where it does not tell them:
//   CPU    0: hi:  186, btch:  31 usd: 168                         since 2.6.25
//   CPU    0: Hot: hi:  186, btch:  31 usd:  31   Cold: hi: ...    since 2.6.19
//   cpu 0 hot: high 186, batch 31 used:5                           2.6.17, cold ones likewise
//   cpu 0 hot: low 62, high 186, batch 31 used:157                 2.6.13
//   cpu 0 hot: low 32, high 96, batch 16                           2.6.5
// False for other lines.
bool ParsePerCpuPages(std::string_view text, Integer& pages);

}  // namespace kautopsy
