#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace kautopsy {

// The zone of a clock.
class TimeZone {
 public:
  // "Europe/Berlin", as the tz database names it, or how far it is ahead of UTC: "+02:00".
  static Result<TimeZone> Find(const std::string& name);

  // `time`, a reading of this zone's clock, as UTC; as it is if it is UTC already or lacks the
  // year. Of an hour that the clock showed twice the first is taken.
  PrintedTime ToUtc(const PrintedTime& time) const;

  // As it was given to Find().
  const std::string& name() const { return name_; }

 private:
  TimeZone() = default;

  std::string name_;
  const date::time_zone* zone_ = nullptr;  // none: ahead_ holds all year
  std::chrono::minutes ahead_ = {};
};

}  // namespace kautopsy
