#pragma once

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What a report says of the pages that reclaim must leave alone: those of mlock(2), those of shared
// memory that a program or a driver locked, and files that live nowhere but in the page cache
// (mm/internal.h, folio_evictable(); Documentation/mm/unevictable-lru.rst: ramfs, tmpfs with
// noswap, SHM_LOCK, mlock).
struct Unevictable {
  int64_t file_kb = 0;    // page cache that is neither locked by mlock nor shared memory: of ramfs
  int64_t locked_kb = 0;  // the others
  int64_t mlock_kb =
      0;  // of locked_kb, surely programs': what the zones print as mlocked, else all
};

// `file_kb` is 0 where a counter that it is computed from is not printed. Clamped: counters are
// read one after the other.
Unevictable UnevictableOf(const EventFacts& event);

}  // namespace kautopsy
