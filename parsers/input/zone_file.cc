#include "parsers/input/zone_file.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/tz_file.h"

namespace kautopsy {
namespace {

constexpr std::size_t kLongestName = 64;  // the tz database has none of half that

bool IsZoneName(std::string_view name) {
  const auto allowed = [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  };
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, allowed);
}

// "+0100" or "-03", as date prints where the zone has no name.
bool IsOffset(std::string_view word) {
  const bool sign = word.starts_with('+') || word.starts_with('-');
  return sign && (word.size() == 3 || word.size() == 5) &&
         std::ranges::all_of(word.substr(1), IsDigit);
}

// What stands behind `key` in the first line that begins with it, up to a blank; without quotes.
std::string_view ValueOf(std::string_view contents, std::string_view key) {
  while (!contents.empty()) {
    const std::size_t end = std::min(contents.find('\n'), contents.size());
    std::string_view line = TrimBlanks(contents.substr(0, end));
    contents.remove_prefix(std::min(end + 1, contents.size()));
    if (!ConsumePrefix(line, key)) continue;
    std::string_view value = ConsumeWord(line);
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

std::string_view FirstLine(std::string_view contents) {
  return TrimBlanks(contents.substr(0, contents.find('\n')));
}

std::optional<TreeClock> Named(std::string_view root, std::string_view zone) {
  if (!IsZoneName(zone)) return std::nullopt;
  return TreeClock{std::string(root), std::string(zone), true};
}

// "Sun Nov 23 10:00:00 UTC 2014", "Sun Nov 23 10:00:00 +03 2014".
std::optional<TreeClock> FromDate(std::string_view root, std::string_view contents) {
  std::string_view line = FirstLine(contents);
  std::string_view zone;
  for (std::string_view word = ConsumeWord(line); !word.empty(); word = ConsumeWord(line)) {
    if (word == "UTC" || IsOffset(word)) zone = word;
  }
  if (zone == "UTC") return TreeClock{std::string(root), "+0000", false};
  if (zone.empty()) return std::nullopt;
  return TreeClock{std::string(root), std::string(zone) + (zone.size() == 3 ? "00" : ""), false};
}

}  // namespace

std::optional<TreeClock> ReadZoneFile(std::string_view path, std::string_view contents) {
  const auto root_of = [path](std::string_view file) -> std::optional<std::string_view> {
    const std::string_view root = path.substr(0, path.size() - std::min(path.size(), file.size()));
    const bool whole = path.ends_with(file) && (root.empty() || root.back() == '/');
    return whole ? std::optional(root) : std::nullopt;
  };
  if (const auto root = root_of("etc/timezone")) return Named(*root, FirstLine(contents));
  if (const auto root = root_of("etc/localtime")) {
    if (!IsTzFile(contents)) return ReadZoneLink(path, FirstLine(contents));
    return Named(*root, NameTzFile(contents).value_or(""));
  }
  if (const auto root = root_of("etc/sysconfig/clock")) {  // ZONE of Red Hat, TIMEZONE of SUSE
    const std::string_view zone = ValueOf(contents, "ZONE=");
    return Named(*root, zone.empty() ? ValueOf(contents, "TIMEZONE=") : zone);
  }
  // sos/report/plugins: general, then date, systemd; outputs are named after the commands.
  static constexpr std::array kFolders = {"sos_commands/general/", "sos_commands/date/",
                                          "sos_commands/systemd/"};
  for (const std::string folder : kFolders) {
    if (const auto root = root_of(folder + "timedatectl")) {
      const std::string_view zone = ValueOf(contents, "Time zone:");
      return Named(*root, zone.empty() ? ValueOf(contents, "Timezone:") : zone);
    }
    if (const auto root = root_of(folder + "date")) return FromDate(*root, contents);
  }
  return std::nullopt;
}

std::optional<TreeClock> ReadZoneLink(std::string_view path, std::string_view target) {
  static constexpr std::string_view kLink = "etc/localtime";
  static constexpr std::string_view kZones = "/zoneinfo/";
  const std::size_t zones = target.find(kZones);
  if (!path.ends_with(kLink) || zones == std::string_view::npos) return std::nullopt;
  const std::string_view root = path.substr(0, path.size() - kLink.size());
  if (!root.empty() && root.back() != '/') return std::nullopt;
  std::string_view zone = target.substr(zones + kZones.size());
  ConsumePrefix(zone, "posix/");
  return Named(root, zone);
}

}  // namespace kautopsy
