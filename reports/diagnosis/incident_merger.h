#pragma once

#include <cstdint>
#include <map>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Makes one of incidents that are one by what is known now: events between them came, their host
// has another name, or their times are known better.
class IncidentMerger {
 public:
  // `database` must outlive it.
  static Result<IncidentMerger> Create(Database& database);

  // Gives `kept` all events of `other`, which is no incident any more; unless they are the same, or
  // have more than kMaxEventsPerIncident together, as the parts of a storm have. True if it did.
  Result<bool> Merge(int64_t kept, int64_t other);
  // The number of an incident by now.
  int64_t Resolve(int64_t incident_id) const;
  // Removes what was concluded of those that are gone.
  Status Finish();

 private:
  explicit IncidentMerger(Database& database) : database_(database) {}

  Database& database_;
  Statement count_;
  Statement move_;
  std::map<int64_t, int64_t> kept_;  // by what is gone
};

}  // namespace kautopsy
