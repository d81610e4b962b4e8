#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Gives an event of the store what another source tells of it: the better time, with what was
// printed for it, and whatever was not known yet. Its incident is outdated if anything changed.
class EventCompleter {
 public:
  // `database` must outlive it.
  static Result<EventCompleter> Create(Database& database);

  // What the store knows of an event.
  struct Known {
    Text host;
    Text time;
    Integer time_us;
    Text local_time;
    std::string time_quality;
    Integer uptime_us;
    Text kernel_release;
  };
  Result<Known> Read(int64_t event_id);

  Status Complete(int64_t event_id, const EventRecord& event);
  // By what was read of another event, which is the same.
  Status Complete(int64_t event_id, const Known& other);

 private:
  Status Write(int64_t event_id, const Known& other);
  Status OutdateIfChanged(int64_t event_id);

  Statement complete_;
  Statement select_;
  Statement outdate_;
};

}  // namespace kautopsy
