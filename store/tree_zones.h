#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time_zone.h"
#include "store/database.h"

namespace kautopsy {

// Zones of clocks, by the path of the tree that holds the machine's files, with a slash at its end.
using TreeZones = std::map<std::string, TimeZone, std::less<>>;

// Reads the times that were taken for UTC, for want of a zone, as what the
// clock of the tree showed that their source lies in; those of their boots, too. A
// zone that a source has already stays.
Status SetZonesOfTrees(Database& database, const TreeZones& zones);

}  // namespace kautopsy
