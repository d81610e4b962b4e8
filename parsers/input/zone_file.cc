#include "parsers/input/zone_file.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/tz_file.h"
#include "parsers/input/tree_file.h"

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

std::optional<TreeClock> Named(std::string_view root, std::string_view zone) {
  if (!IsZoneName(zone)) return std::nullopt;
  return TreeClock{std::string(root), std::string(zone), true};
}

// "Sun Nov 23 10:00:00 UTC 2014", "Sun Nov 23 10:00:00 +03 2014".
std::optional<TreeClock> FromDate(std::string_view root, std::string_view contents) {
  std::string_view line = FirstLineOf(contents);
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
  const auto root_of = [path](std::string_view file) { return RootOfFile(path, file); };
  if (const auto root = root_of("etc/timezone")) return Named(*root, FirstLineOf(contents));
  if (const auto root = root_of("etc/localtime")) {
    if (!IsTzFile(contents)) return ReadZoneLink(path, FirstLineOf(contents));
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
  static constexpr std::string_view kZones = "/zoneinfo/";
  const std::size_t zones = target.find(kZones);
  const std::optional<std::string_view> root = RootOfFile(path, "etc/localtime");
  if (!root || zones == std::string_view::npos) return std::nullopt;
  std::string_view zone = target.substr(zones + kZones.size());
  ConsumePrefix(zone, "posix/");
  return Named(*root, zone);
}

}  // namespace kautopsy
