#include "parsers/input/host_file.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "parsers/input/tree_file.h"

namespace kautopsy {
namespace {

// hostname(7).
constexpr std::size_t kLongestName = 253;

// What the contents of a file name; empty if nothing.
using Reader = std::string_view (*)(std::string_view contents);

std::string_view FromUname(std::string_view contents) {
  std::string_view line = FirstLineOf(contents);
  return ConsumePrefix(line, "Linux ") ? ConsumeWord(line) : std::string_view();
}

// A file of that name may be anything: a program, a script.
std::string_view FromOnlyLine(std::string_view contents) {
  const std::string_view line = FirstLineOf(contents);
  const std::size_t end = std::min(contents.find('\n'), contents.size());
  return contents.find_first_not_of(" \t\r\n", end) == std::string_view::npos ? line
                                                                              : std::string_view();
}

// systemd, src/hostname/hostnamectl.c, print_status_info(): the transient name stands there if it
// is another one, as of a machine that DHCP names.
std::string_view FromHostnamectl(std::string_view contents) {
  const std::string_view name = ValueOf(contents, "Static hostname:");
  return IsHostName(name) ? name : ValueOf(contents, "Transient hostname:");
}

std::string_view FromSysconfig(std::string_view contents) { return ValueOf(contents, "HOSTNAME="); }

struct NamingFile {
  std::string_view path;
  Reader read;
};

// The one that is believed first comes first, and one of a longer path before one that it ends
// with. sosreport names what a command prints after it, in the folder of the plugin, and links some
// of it to the root (sos/plugins/general.py, up to sos 3.5, then host.py: hostname, root_symlink;
// kernel.py: uname -a). /etc/HOSTNAME is SUSE's (supportconfig, net_info_namespace()),
// /etc/sysconfig/network that of Red Hat up to release 6.
constexpr std::string_view kUnameFiles[] = {"sos_commands/kernel/uname_-a", "uname"};
constexpr NamingFile kFiles[] = {{"etc/hostname", FirstLineOf},
                                 {"etc/HOSTNAME", FirstLineOf},
                                 {"proc/sys/kernel/hostname", FirstLineOf},
                                 {"sos_commands/host/hostname", FirstLineOf},
                                 {"sos_commands/general/hostname", FirstLineOf},
                                 {"hostname", FromOnlyLine},
                                 {"sos_commands/host/hostnamectl_status", FromHostnamectl},
                                 {"sos_commands/host/hostnamectl", FromHostnamectl},
                                 {"etc/sysconfig/network", FromSysconfig},
                                 {kUnameFiles[0], FromUname},
                                 {kUnameFiles[1], FromUname}};

bool IsNameCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_';
}

}  // namespace

bool IsHostName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::ranges::all_of(name, IsNameCharacter) && name != "localhost" &&
         !name.starts_with("localhost.");
}

std::optional<HostTree> ReadHostFile(std::string_view path, std::string_view contents) {
  for (const NamingFile& file : kFiles) {
    const std::optional<std::string_view> root = RootOfFile(path, file.path);
    if (!root) continue;
    const std::string_view name = file.read(contents);
    if (!IsHostName(name)) return std::nullopt;
    return HostTree{std::string(*root), std::string(name),
                    static_cast<std::size_t>(&file - std::begin(kFiles))};
  }
  return std::nullopt;
}

std::optional<HostTree> ReadUname(std::string_view root, std::string_view line) {
  const std::string_view name = FromUname(line);
  if (!IsHostName(name)) return std::nullopt;
  return HostTree{std::string(root), std::string(name), std::size(kFiles)};
}

std::optional<TreeKernel> ReadKernelFile(std::string_view path, std::string_view contents) {
  for (const std::string_view file : kUnameFiles) {
    if (const auto root = RootOfFile(path, file)) return ReadUnameKernel(*root, contents);
  }
  return std::nullopt;
}

std::optional<TreeKernel> ReadUnameKernel(std::string_view root, std::string_view line) {
  constexpr std::size_t kLongestRelease = 64;  // include/uapi/linux/utsname.h, __NEW_UTS_LEN
  line = FirstLineOf(line);
  if (!ConsumePrefix(line, "Linux ")) return std::nullopt;
  ConsumeWord(line);
  const std::string_view release = ConsumeWord(line);
  if (release.empty() || !IsDigit(release[0]) || release.size() > kLongestRelease ||
      !std::ranges::all_of(release, [](char c) { return c > ' ' && c <= '~'; }))
    return std::nullopt;
  return TreeKernel{std::string(root), std::string(release)};
}

}  // namespace kautopsy
