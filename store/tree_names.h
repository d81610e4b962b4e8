#pragma once

#include "base/result.h"
#include "store/database.h"
#include "store/tree_hosts.h"

namespace kautopsy {

// Adds to `trees` those that no file names, but whose logs in var/log all name one host. Only their
// folders proc, sys, var and so on are taken for it: what lies beside them may be another's. The
// root of this machine, and the folder that it was started in, are no such trees.
Status AddTreesOfLogs(Database& database, TreeHosts& trees);

// Says in the table temp.host_name what the host of each source.tree_host is called: the shortest
// of this name and those of the same host that the tree's own logs have, as syslog writes the first
// label of what /etc/hostname may give in full. Not the short one where it may be another tree's
// host, too: web1 of web1.a.com and web1.b.com.
Status ChooseHostNames(Database& database);

// Calls hosts so: events and boots that name none, and those that name it otherwise, in the sources
// of their trees, and the trees. Incidents whose events were renamed are outdated.
Status CallHosts(Database& database, TreeHosts& trees);

}  // namespace kautopsy
