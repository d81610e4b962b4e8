#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "store/database.h"
#include "store/tree_hosts.h"

namespace kautopsy {

// Releases of running kernels, by the path of the tree that tells them.
using TreeKernels = std::map<std::string, std::string, std::less<>>;

// Gives the release to the boot in which the tree was copied, where no log tells it: the latest of
// the tree's host in the tree's logs, if that is one and has not ended. Its incidents are outdated.
// Comes after JoinBoots(), `trees` as NameHostsOfTrees() left them.
Status FillKernelsOfTrees(Database& database, const TreeKernels& kernels, const TreeHosts& trees);

}  // namespace kautopsy
