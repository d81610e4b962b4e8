#pragma once

#include <cstdint>

#include "base/row.h"

namespace kautopsy {

// What the kernel manages of all zones, where the report's "pages reserved" is that of one zone:
// until 4.2 show_mem() of lib/show_mem.c set the count anew for each zone instead of adding to it,
// so the last one's was printed (Linux kernel commit "lib/show_mem.c: correct reserved memory
// calculation").
class ManagedOfZones {
 public:
  // "pages RAM" and "pages reserved" of the report.
  ManagedOfZones(int64_t ram_kb, int64_t reserved_kb)
      : ram_kb_(ram_kb), reserved_kb_(reserved_kb) {}
  // Sizes of one zone's line, each from 0 to what no sum of a machine's zones overflows.
  void Add(int64_t present_kb, int64_t managed_kb) {
    present_kb_ += present_kb;
    managed_kb_ += managed_kb;
    of_one_zone_ = of_one_zone_ || present_kb - managed_kb == reserved_kb_;
  }
  // None where the count is not that of one zone, or not all zones were added.
  Integer kb() const {
    return of_one_zone_ && present_kb_ == ram_kb_ ? Integer(managed_kb_) : Integer();
  }

 private:
  int64_t ram_kb_;
  int64_t reserved_kb_;
  int64_t present_kb_ = 0;
  int64_t managed_kb_ = 0;
  bool of_one_zone_ = false;
};

}  // namespace kautopsy
