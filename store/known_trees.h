#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "store/database.h"
#include "store/tree_hosts.h"

namespace kautopsy {

// By the root of a tree, the rank of the file that names its host: HostTree::rank.
using TreeRanks = std::map<std::string, std::size_t, std::less<>>;

// Keeps `trees`, which files of this ingest named, in the store, and adds those that files of
// earlier ones did: where a tree is read in parts, its logs may come without what names the host.
// Of two names of a tree that one holds whose file is believed first (see HostTree), else the
// later. A tree that has no path of its own, as it is the folder that this program was started in,
// is not kept: next time that may be another one.
Status KeepTrees(Database& database, const TreeRanks& ranks, TreeHosts& trees);

}  // namespace kautopsy
