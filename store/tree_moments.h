#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "store/database.h"

namespace kautopsy {

// When the files of a tree were collected, by its path, with a slash at its end.
using TreeMoments = std::map<std::string, PrintedTime, std::less<>>;

// Adds to `moments` those of trees that earlier ingests told of, and keeps all in `tree_moment`.
Status KeepMoments(Database& database, TreeMoments& moments);

Result<TreeMoments> ReadMoments(Database& database);

// Gives the events a time that have none of their own, where the place of their file tells one:
// - snapshots (/proc/meminfo, sysctl's output) that of their tree, of a name with a date if no file
//   tells it;
// - events of an uptime, of a log that kdump or systemd-pstore saved, which name the file or its
//   folder by the time: the end of the log is then.
// `time_from` is then "collected". What is better known later replaces it. Incidents are
// outdated of events that get another time, and of hosts for which events behind `last_event_id`
// tell settings.
//
// To be called outside a transaction, when zones of trees are set, and before DateByUptime().
Status DateByTrees(Database& database, const TreeMoments& moments, int64_t last_event_id);

}  // namespace kautopsy
