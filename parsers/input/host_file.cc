#include "parsers/input/host_file.h"

#include <algorithm>

#include "base/text.h"

namespace kautopsy {
namespace {

// sos/report/plugins/host.py runs hostname, whose output is named after the command.
constexpr std::string_view kFiles[] = {"etc/hostname", "proc/sys/kernel/hostname",
                                       "sos_commands/host/hostname"};

// hostname(7).
constexpr std::size_t kLongestName = 253;

bool IsNameCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_';
}

}  // namespace

bool IsHostName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::ranges::all_of(name, IsNameCharacter) && name != "localhost";
}

std::optional<HostTree> ReadHostFile(std::string_view path, std::string_view contents) {
  for (const std::string_view file : kFiles) {
    if (!path.ends_with(file)) continue;
    const std::string_view root = path.substr(0, path.size() - file.size());
    if (!root.empty() && root.back() != '/') continue;
    const std::string_view name = TrimBlanks(contents.substr(0, contents.find('\n')));
    if (IsHostName(name)) return HostTree{std::string(root), std::string(name)};
  }
  return std::nullopt;
}

}  // namespace kautopsy
