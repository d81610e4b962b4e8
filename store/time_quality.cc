#include "store/time_quality.h"

#include <fmt/core.h>

namespace kautopsy {

std::string_view TimeQuality(const std::optional<PrintedTime>& time, const Integer& uptime_us) {
  if (time && time->from_uptime) return time->utc ? "boot_relative" : "boot_relative,zone_assumed";
  if (time && time->utc) return time->year_printed ? "exact" : "year_inferred";
  if (time && time->year_printed) return "zone_assumed";
  if (time) return MicrosecondsSinceEpoch(*time) ? "year_inferred,zone_assumed" : "no_year";
  return uptime_us ? "boot_relative" : "none";
}

// An uptime that got its time by DateByUptime() has no `local_time`, nor has what got it by
// DateByTrees(): every printed one is better.
std::string TimeRankSql(std::string_view quality, std::string_view time_us,
                        std::string_view local_time) {
  return fmt::format(
      "CASE WHEN {2} IS NULL AND ({0} LIKE 'boot_relative%' OR {1} IS NULL) THEN 0"
      " WHEN {1} IS NULL THEN 1 WHEN {0} = 'exact' THEN 7 WHEN {0} = 'year_inferred' THEN 6"
      " WHEN {0} = 'boot_relative' THEN 5 WHEN {0} = 'zone_assumed' THEN 4"
      " WHEN {0} = 'boot_relative,zone_assumed' THEN 2 ELSE 3 END",
      quality, time_us, local_time);
}

}  // namespace kautopsy
