#pragma once

#include <map>
#include <string>

#include "base/row.h"
#include "base/time_zone.h"

namespace kautopsy {

// The zones that a store names, each looked up once.
class ZoneCache {
 public:
  // `time` in UTC by the clock of zone `name`; unchanged without a name, or if nobody knows it.
  PrintedTime ToUtc(const PrintedTime& time, const Text& name) {
    if (!name) return time;
    auto found = zones_.find(*name);
    if (found == zones_.end()) found = zones_.emplace(*name, TimeZone::Find(*name)).first;
    return found->second ? found->second->ToUtc(time) : time;
  }

 private:
  std::map<std::string, Result<TimeZone>> zones_;
};

}  // namespace kautopsy
