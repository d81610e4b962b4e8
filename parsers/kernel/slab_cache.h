#pragma once

#include <array>

#include "base/row.h"

namespace kautopsy {

// A cache of kernel objects. Relation `slab`.
struct SlabCache {
  Text name;
  Integer used_kb;
  Integer total_kb;
  Integer active_objs;
  Integer num_objs;
  Integer object_size;  // bytes
  Integer log_line;

  static constexpr std::string_view kRelation = "slab";
  static std::span<const Field<SlabCache>> Fields() {
    using F = Field<SlabCache>;
    static constexpr std::array fields = {
        F("name", &SlabCache::name),         F("used_kb", &SlabCache::used_kb),
        F("total_kb", &SlabCache::total_kb), F("active_objs", &SlabCache::active_objs),
        F("num_objs", &SlabCache::num_objs), F("object_size", &SlabCache::object_size),
        F("log_line", &SlabCache::log_line)};
    return fields;
  }
};

}  // namespace kautopsy
