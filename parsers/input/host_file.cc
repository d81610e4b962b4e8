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

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::ranges::all_of(name, IsNameCharacter) && name != "localhost";
}

// SUSE's supportconfig writes one file per topic, a section per command (supportconfig.rc,
// _log_cmd()); bin/supportconfig, basic_environment():
//   #==[ Command ]======================================#
//   # /usr/bin/uname -a
//   Linux db7 5.14.21-150500.53-default #1 SMP ... x86_64 GNU/Linux
std::string_view NameInSupportconfig(std::string_view contents) {
  static constexpr std::string_view kCommand = "uname -a\nLinux ";
  static constexpr std::string_view kSection = "#==[ Command ]=";
  const std::size_t at = contents.find(kCommand);
  if (at == std::string_view::npos) return {};
  const std::size_t section = contents.substr(0, at).rfind(kSection);
  if (section == std::string_view::npos) return {};
  const std::string_view between = contents.substr(section, at - section);
  if (std::ranges::count(between, '\n') != 1) return {};
  std::string_view rest = contents.substr(at + kCommand.size());
  return ConsumeWord(rest);
}

}  // namespace

std::optional<HostTree> ReadHostFile(std::string_view path, std::string_view contents) {
  static constexpr std::string_view kSupportconfig = "/basic-environment.txt";
  if (path.ends_with(kSupportconfig)) {
    const std::string_view name = NameInSupportconfig(contents);
    if (!IsName(name)) return std::nullopt;
    return HostTree{std::string(path.substr(0, path.size() - kSupportconfig.size() + 1)),
                    std::string(name)};
  }
  for (const std::string_view file : kFiles) {
    if (!path.ends_with(file)) continue;
    const std::string_view root = path.substr(0, path.size() - file.size());
    if (!root.empty() && root.back() != '/') continue;
    const std::string_view name = TrimBlanks(contents.substr(0, contents.find('\n')));
    if (IsName(name)) return HostTree{std::string(root), std::string(name)};
  }
  return std::nullopt;
}

}  // namespace kautopsy
