#pragma once

#include <vector>

#include "parsers/kernel/section.h"
#include "parsers/kernel/slab_cache.h"

namespace kautopsy {

// "Unreclaimable slab info:", printed since 4.15 if such caches hold more than all LRU lists
// (mm/slab_common.c, dump_unreclaimable_slab()).
class SlabTableSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return !seen_ && slabs_.empty(); }
  void NoteMissing(Damage& damage) const;
  void AddTo(EventRecord& event);

 private:
  bool seen_ = false;
  bool columns_ = false;
  std::vector<SlabCache> slabs_;
};

}  // namespace kautopsy
