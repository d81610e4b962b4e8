#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// The tree of a machine's files, as a sosreport, a rescue system or a chroot shows it.
struct HostTree {
  std::string root;  // path of the tree, with a slash at its end
  std::string host;  // its name
};

// False for what no machine is called, and for "localhost", as which any may be known.
bool IsHostName(std::string_view name);

// What `path` and the beginning of its contents tell if it is a file that holds the name of the
// machine: etc/hostname, proc/sys/kernel/hostname, or sosreport's sos_commands/host/hostname.
std::optional<HostTree> ReadHostFile(std::string_view path, std::string_view contents);

}  // namespace kautopsy
