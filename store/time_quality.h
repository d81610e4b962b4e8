#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/row.h"
#include "base/time.h"

namespace kautopsy {

// The word of `event.time_quality` for an event of this printed time and this uptime. RFC 3164
// prints neither a year nor a zone: the year is then inferred, and the local time taken as UTC.
std::string_view TimeQuality(const std::optional<PrintedTime>& time, const Integer& uptime_us);

// How good a time is, as SQL made of three expressions: the highest is the best.
std::string TimeRankSql(std::string_view quality, std::string_view time_us,
                        std::string_view local_time);

}  // namespace kautopsy
