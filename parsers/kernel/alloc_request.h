#pragma once

#include <string_view>

#include "base/row.h"

namespace kautopsy {

// An allocation that failed or took too long. Relation `page_alloc_failure`.
struct PageAllocFailure {
  Text kind;  // failure, stall, vmalloc or slub
  Text comm;
  Integer pid;
  Integer order;
  Integer gfp_mask;
  Text gfp_flags;
  Text nodemask;
  Text cpuset;
  Text mems_allowed;
  Integer stall_ms;
  Text cache;
  Integer object_size;
  Integer size_bytes;
  Integer node;
  Integer cpu;
  Integer buffer_size;
  Integer default_order;
  Integer min_order;
  Text area;
  Integer size_pages;
  Integer error;
  Integer area_free_pages;
  Integer area_total_pages;
  Integer area_largest_pages;
  Text reason;
  Text context;
  Text blame_symbol;
  Text blame_module;

  static constexpr std::string_view kRelation = "page_alloc_failure";
  static std::span<const Field<PageAllocFailure>> Fields();
};

// Reads the line that begins the record, in every version's words (mm/page_alloc.c:
// __alloc_pages_slowpath() until 2.6.39, warn_alloc_failed() until 4.8, warn_alloc() since;
// mm/vmalloc.c):
//   swapper: page allocation failure. order:1, mode:0x20                             until 2.6.39
//   swapper/0: page allocation failure: order:5, mode:0xcc1(GFP_KERNEL|GFP_DMA), nodemask=(null)
//   DOM Worker: page allocation stalls for 10646ms, order:0, mode:0x24280ca(...)     4.10 to 4.14
//   insmod: vmalloc: allocation failure: 4096 bytes, mode:0x14000c0(GFP_KERNEL)      4.9 to 5.13
//   swapon: vmalloc error: size 4194304, vm_struct allocation failed, mode:0xdc0(..) since 5.12
//   kworker/0:1: vmemmap alloc failure: order:9, mode:0x4cc0(...)        mm/sparse-vmemmap.c
// False if it is none. Parts that the line was cut before are left out.
bool ParseAllocRequest(std::string_view text, PageAllocFailure& failure);

// The same of a whole line of the first kind behind what another program printed: `failure` names
// nobody if it is not sure who asked, see SplitBehindOthers().
bool ParseAllocRequestBehindOthers(std::string_view text, bool prefixed, PageAllocFailure& failure);

// Reads a line of vmalloc's that names no process:
//   vmalloc: allocation failure: 17178820608 bytes     above a page allocation failure, until 4.8
//   vmap allocation for size 4194304 failed: use vmalloc=<size> to increase size.
//   vmalloc_node_range for size 33619968 failed: Address range restricted ...       since 6.11
bool ParseVmallocNote(std::string_view text, PageAllocFailure& failure);

// True for what ParseVmallocNote() made of one of the latter two.
bool IsVmapNote(const PageAllocFailure& failure);

}  // namespace kautopsy
