#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// The zone of a machine's clock, as a file of its tree tells it.
struct TreeClock {
  std::string root;   // path of the tree, with a slash at its end
  std::string zone;   // as TimeZone::Find() takes it: "Europe/Vienna", "+0100"
  bool named = true;  // else it is what the clock was ahead on one day: summer time is not known
};

// What `path` and the beginning of its contents tell: etc/timezone, etc/sysconfig/clock,
// etc/localtime, timedatectl's output in a sosreport, or date's if it prints an offset or UTC. CET
// and the like say nothing: there are several of most. etc/localtime may be a copy of the zone, see
// NameTzFile(), or text, the target of the link that it was: a zip archive that is read from its
// beginning tells of links at its end.
std::optional<TreeClock> ReadZoneFile(std::string_view path, std::string_view contents);

// The same for the link etc/localtime, which points to ../usr/share/zoneinfo/Europe/Vienna.
std::optional<TreeClock> ReadZoneLink(std::string_view path, std::string_view target);

}  // namespace kautopsy
