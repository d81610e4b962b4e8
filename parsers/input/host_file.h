#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// The tree of a machine's files, as a sosreport, a rescue system or a chroot shows it.
struct HostTree {
  std::string root;  // path of the tree, with a slash at its end
  std::string host;  // its name
  // Of the files of one tree, the one with the smallest is believed: 0 is etc/hostname.
  std::size_t rank = 0;
};

// The kernel that ran when a tree was copied.
struct TreeKernel {
  std::string root;     // as above
  std::string release;  // "2.6.32-431.el6.x86_64"
};

// False for what no machine is called, and for "localhost", as which any may be known.
bool IsHostName(std::string_view name);

// What `path` and the beginning of its contents tell if it is a file that holds the name of the
// machine: a distribution's (etc/hostname, etc/HOSTNAME, etc/sysconfig/network), proc's, or a
// sosreport's output of hostname, hostnamectl or uname.
std::optional<HostTree> ReadHostFile(std::string_view path, std::string_view contents);

// The same for "Linux db7 5.14.21 #1 SMP ... GNU/Linux", what uname -a prints in the tree `root`.
std::optional<HostTree> ReadUname(std::string_view root, std::string_view line);

// Likewise, what they tell of the kernel.
std::optional<TreeKernel> ReadKernelFile(std::string_view path, std::string_view contents);
std::optional<TreeKernel> ReadUnameKernel(std::string_view root, std::string_view line);

}  // namespace kautopsy
