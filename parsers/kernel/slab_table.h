#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// A cache of kernel objects. Relation `slab`.
struct Slab {
  Text name;
  Integer used_kb;
  Integer total_kb;
  Integer log_line;

  static constexpr std::string_view kRelation = "slab";
  static std::span<const Field<Slab>> Fields();
};

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
  std::vector<Slab> slabs_;
};

}  // namespace kautopsy
