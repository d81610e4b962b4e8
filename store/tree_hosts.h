#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Names of hosts, by the path of the tree that holds their files, with a slash at its end.
using TreeHosts = std::map<std::string, std::string, std::less<>>;

// Gives the events behind `last_event_id` whose lines name no host (dmesg's, /proc's) the host of
// the tree that their source lies in, and their boots, too.
Status NameHostsOfTrees(Database& database, const TreeHosts& trees, int64_t last_event_id);

}  // namespace kautopsy
