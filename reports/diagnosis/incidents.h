#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Gives every event without an incident its incident, new ones included, and returns the incidents
// that are new or have changed, in rising order. Those that turn out to be one become one, with the
// smallest number; one whose events turn out to be apart goes on with its first, and the others are
// new. The caller holds the transaction.
//
// A source that holds undated command output is a case file that somebody put together: all its
// events are one incident. Otherwise events of one host belong together while the gap between one
// and the next is at most kSameIncidentSeconds. Events without a host never join over sources.
// Events without any clock belong together when they stand in one source, snapshots of a host's
// tree (a sosreport) when they are of one host. Boots, settings, marks of lost lines, and commands
// without output, are no incidents by themselves and stay without one.
Result<std::vector<int64_t>> GroupEvents(Database& database);

// A host in memory trouble logs every few seconds to minutes: a supervisor restarts what was
// killed, a storm of failures refills. Ten minutes without a word mean that it had recovered in
// between.
constexpr int64_t kSameIncidentSeconds = 600;

// A storm that goes on is told in several incidents: nobody reads one of more events than this, and
// what is held in memory at a time must not grow with the log.
constexpr std::size_t kMaxEventsPerIncident = 500;

}  // namespace kautopsy
