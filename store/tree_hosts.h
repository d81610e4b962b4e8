#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Names of hosts, by the path of the tree that holds their files, with a slash at its end.
using TreeHosts = std::map<std::string, std::string, std::less<>>;

// What is known of the innermost tree that holds `path`; null if nothing is. A rescue system may
// lie within another one.
template <class Trees>
const typename Trees::mapped_type* FindTree(const Trees& trees, std::string_view path) {
  for (std::size_t size = path.size(); size > 0; --size) {
    if (path[size - 1] != '/') continue;
    const auto found = trees.find(path.substr(0, size));
    if (found != trees.end()) return &found->second;
  }
  const auto found = path.starts_with('/') ? trees.end() : trees.find(std::string_view());
  return found != trees.end() ? &found->second : nullptr;
}

// What was stored once, since its text is equal, and is several hosts' own.
struct TreeSplit {
  uint64_t sources = 0;  // copied
  uint64_t events = 0;   // likewise
};

// Gives the events whose lines name no host (dmesg's, /proc's) the host of the tree that their
// source lies in, and their boots, too. Sources and events of equal text in the trees of several
// hosts become one for each. Adds trees that only their logs name, and makes one name of the full
// and the short one of a host: that which its logs have, in `trees`, too. See tree_names.h.
Result<TreeSplit> NameHostsOfTrees(Database& database, TreeHosts& trees);

}  // namespace kautopsy
