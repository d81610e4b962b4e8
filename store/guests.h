#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parsers/input/guest_file.h"
#include "store/database.h"
#include "store/tree_hosts.h"

namespace kautopsy {

// A guest and the source that tells of it.
struct FoundGuest {
  std::string path;
  std::string content_hash;
  Guest guest;
};

// Joins `found`, in the order of reading, to the relation `guest`; the host is that of the tree
// which a file lies in, else what the file says itself. Incidents of hosts whose guests became
// other ones are outdated.
Status StoreGuests(Database& database, const std::vector<FoundGuest>& found,
                   const TreeHosts& trees);

// Names the guests of qemu processes whose events do not, where only one guest can be meant: the
// process was started before the event and runs on, by libvirt's state and log; `ps` of the host
// shows a process of that pid, and about that size, with its command line; or the host has one
// guest and the event one qemu process. Does nothing if neither guests nor events behind
// `last_event_id` may tell.
Status NameGuests(Database& database, int64_t last_event_id);

// SQL that is true where two expressions name one host: syslog writes the first label of what
// /etc/hostname may give in full.
std::string SameHostSql(std::string_view one, std::string_view other);

}  // namespace kautopsy
