#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/gfp.h"

namespace kautopsy {

// What is asked of the allocator.
struct PieceRequest {
  int order = 0;
  GfpMeaning gfp;              // of an ordinary request (GFP_KERNEL) unless the log names another
  bool assumed = false;        // the log holds no request: the test answers "could it be had"
  std::vector<int64_t> nodes;  // allowed; empty = all
  bool frees_memory = false;   // by a task that frees memory itself [PF_MEMALLOC]: no mark holds it
  bool dying = false;          // by a task that the OOM killer had killed just before
  bool one_node_unnamed = false;  // __GFP_THISNODE: bound to a node that the text does not name
};

enum class ZoneVerdict { kServed, kNotServed, kUnknown };

// Subtraction of one order's pieces, which are too small for the request.
struct LoopStep {
  int order = 0;
  int64_t taken_pages = 0;
  int64_t left_pages = 0;
  int64_t wanted_pages = 0;  // left_pages must exceed this
};

// What the request need not leave of the min mark.
struct MarkDiscount {
  std::string_view why;
  int64_t pages = 0;
};

struct ZoneCheck {
  Integer node;
  std::string zone;
  bool eligible = false;
  bool above_request = false;  // not eligible because the zone lies above what the request may use
  std::string reason;
  // What the sum begins with: the free list's total, else the counter `free:`.
  Integer free_pages;
  bool from_list = false;
  Integer counter_pages;                // the counter `free:`, read a moment before the list
  Integer min_pages;                    // as printed
  std::vector<MarkDiscount> discounts;  // from min_pages to mark_pages
  Integer usable_pages, mark_pages, reserve_pages, margin_pages;
  // Free, but not for this request, so not in usable_pages: CMA, and what is kept for atomic ones.
  Integer cma_pages, atomic_pages;
  int64_t isolated_pages = 0;  // of the list's total: not in usable_pages, and in no counter
  std::optional<bool> watermark_ok, blocks_ok;
  ZoneVerdict verdict = ZoneVerdict::kUnknown;
  // Of the CMA pages that the first test leaves out, those that the loop counts again.
  int64_t cma_back_pages = 0;
  std::vector<LoopStep> steps;
  Real frag_index, unusable_index;
  // Of an OOM kill, the kernel's last try before it: what counts as usable there, the high mark,
  // and whether it would succeed; none where that is not known or where there was none.
  Integer last_try_pages, high_pages;
  int64_t last_try_cma_pages = 0;  // that usable_pages holds, and last_try_pages does not
  std::optional<bool> last_try_ok;
};

// The test of all zones of one event.
struct Rerun {
  PieceRequest request;
  std::vector<ZoneCheck> checks;      // in the order of the event's zones
  bool lacks_zones = false;           // the report was cut: zones of this request are missing
  std::optional<bool> served;         // some zone would serve it; none: cannot be told
  std::optional<bool> single_served;  // the same for one single page with the same rights
  // Why the release of the text is not believed: what it prints for the mask contradicts it.
  std::string release_doubt;
  // Smallest order that no zone would serve to an ordinary request.
  std::optional<int> refused_order;
};

}  // namespace kautopsy
