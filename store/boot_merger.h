#pragma once

#include <cstdint>
#include <map>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Makes one of boots that turn out to be the same. The oldest number stays.
class BootMerger {
 public:
  // `database` must outlive it.
  explicit BootMerger(Database& database) : database_(database) {}

  // The number that a boot has by now.
  int64_t Resolve(int64_t boot_id) const;
  // Gives the boot of the smaller number what is known of the other one, which is no boot any more.
  // Both as Resolve() gives them. What refers to it does so until Finish().
  Status Merge(int64_t one, int64_t other);
  // Lets events, incidents and places refer to what is left, all at once, as events are many.
  // Incidents that an event has changed of are outdated.
  Status Finish();

 private:
  Database& database_;
  std::map<int64_t, int64_t> kept_;  // by what is gone
};

}  // namespace kautopsy
