#include "store/time_quality.h"

namespace kautopsy {

std::string_view TimeQuality(const std::optional<PrintedTime>& time, const Integer& uptime_us) {
  if (time && time->utc) return time->year_printed ? "exact" : "year_inferred";
  if (time && time->year_printed) return "zone_assumed";
  if (time) return MicrosecondsSinceEpoch(*time) ? "year_inferred,zone_assumed" : "no_year";
  return uptime_us ? "boot_relative" : "none";
}

}  // namespace kautopsy
