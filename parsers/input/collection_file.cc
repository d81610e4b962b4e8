#include "parsers/input/collection_file.h"

#include <re2/re2.h>

#include <array>
#include <chrono>

#include "base/text.h"
#include "parsers/envelope/stamp.h"
#include "parsers/input/tree_file.h"

namespace kautopsy {
namespace {

// "+02" or "+0200" ahead of UTC.
std::optional<std::chrono::minutes> OffsetOf(std::string_view word) {
  constexpr std::size_t kHours = 3;
  constexpr std::size_t kWithMinutes = 5;
  if (word.size() != kHours && word.size() != kWithMinutes) return std::nullopt;
  const std::optional<int64_t> digits = ParseInteger(word.substr(1));
  if ((word[0] != '+' && word[0] != '-') || !digits || !IsDigit(word[1])) return std::nullopt;
  const int64_t minutes = word.size() == kHours ? *digits * 60 : *digits / 100 * 60 + *digits % 100;
  return std::chrono::minutes(word[0] == '-' ? -minutes : minutes);
}

// "Wed May  1 12:00:00 CEST 2024", in some languages "... 12:00:00 PM CEST 2024" (coreutils,
// src/date.c, main(): DATE_FMT of the locale). The letters of a zone say little: there are several
// of most.
std::optional<PrintedTime> ReadDate(std::string_view line) {
  static const RE2 kForm(R"((\S+ +\S+ +\d{1,2} \d\d:\d\d:\d\d)(?: ([AP]M))? (\S+) (\d{4}))");
  std::string clock;
  std::string half;
  std::string zone;
  std::string year;
  if (!RE2::FullMatch(line, kForm, &clock, &half, &zone, &year)) return std::nullopt;
  const std::string text = clock + " " + year;
  std::string_view rest = text;
  const std::optional<Stamp> stamp = ConsumeWallStamp(rest);
  if (!stamp || !rest.empty()) return std::nullopt;
  PrintedTime time = stamp->clock;
  constexpr int kNoon = 12;
  if (!half.empty()) time.hour = time.hour % kNoon + (half == "PM" ? kNoon : 0);
  time.utc = zone == "UTC";
  const std::optional<std::chrono::minutes> ahead = OffsetOf(zone);
  return ahead ? InUtc(time, *ahead) : time;
}

// systemd, src/timedate/timedatectl.c, print_status_info(): "Universal time: Wed 2024-05-01
// 10:00:00 UTC".
std::optional<PrintedTime> ReadTimedatectl(std::string_view contents) {
  static constexpr std::string_view kKey = "Universal time: ";
  const std::size_t at = contents.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = FirstLineOf(contents.substr(at + kKey.size()));
  const std::optional<Stamp> stamp = ConsumeFullStamp(line);
  if (!stamp || !stamp->ahead || !stamp->clock.year) return std::nullopt;
  return stamp->Time();
}

// Numbers of a date, in their order; none if there is no such date.
std::optional<PrintedTime> TimeOf(const std::array<int, 6>& numbers) {
  PrintedTime time;
  time.year = numbers[0];
  time.month = numbers[1];
  time.day = numbers[2];
  time.hour = numbers[3];
  time.minute = numbers[4];
  time.second = numbers[5];
  time.year_printed = true;
  const bool valid = time.hour < 24 && time.minute < 60 && time.second <= 60 && *time.year >= 1991;
  return valid && MicrosecondsSinceEpoch(time) ? std::optional(time) : std::nullopt;
}

// The date that `form` finds in all of `name`: numbers down to the minute, perhaps the second.
std::optional<PrintedTime> DateIn(std::string_view name, const RE2& form) {
  std::array<int, 6> at = {};
  std::string second;
  if (!RE2::FullMatch(name, form, &at[0], &at[1], &at[2], &at[3], &at[4], &second))
    return std::nullopt;
  at[5] = static_cast<int>(ParseInteger(second).value_or(0));
  return TimeOf(at);
}

std::string_view LastOf(std::string_view& path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view last = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  return last;
}

// kdump-tools of Debian, kdump-config, kdump_save_core(): dmesg.STAMP, dump.STAMP.lz4 or
// vmcore.STAMP in STAMP/ or HOST-STAMP/, by date +%Y%m%d%H%M; HOST-dmesg.STAMP without a folder if
// it goes by FTP. The name of the file is enough.
std::optional<PrintedTime> TimeOfDebianDump(std::string_view file) {
  static const RE2 kForm(
      R"((?:.+-)?(?:dmesg|dump|vmcore)\.(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)()(?:\.[a-z]\w*)?)");
  return DateIn(file, kForm);
}

// kdump-utils of Fedora, dracut/99kdumpbase/kdump.sh: vmcore-dmesg.txt, vmcore and vmcore.flat in
// HOST_IP-DATEDIR, which is by date +%Y-%m-%d-%T, formerly +%Y.%m.%d-%T. Its kexec-dmesg.log is the
// log of the kernel that saves them.
// openSUSE/kdump, dracut/kdump-save: dmesg and vmcore; HOSTNAME- if it goes to another machine, and
// +%Y-%m-%d-%H-%M, with a colon before. Who keeps them may pack them.
std::optional<PrintedTime> TimeOfKdump(std::string_view file, std::string_view folder) {
  static const RE2 kFile(
      R"((?:vmcore-dmesg(?:-incomplete)?\.txt|dmesg(?:\.txt)?|vmcore(?:\.flat|-incomplete)?))"
      R"((?:\.(?:gz|bz2|xz|lz4|zst))?)");
  static const RE2 kFolder(R"((?:.+-)?(\d{4})[-.](\d\d)[-.](\d\d)-(\d\d)[-:](\d\d)(?::(\d\d))?)");
  return RE2::FullMatch(file, kFile) ? DateIn(folder, kFolder) : std::nullopt;
}

// The seconds that the numbers of EFI's records begin with, see EraOf() in pstore.cc; newer
// systemd-pstore moves them to /var/lib/systemd/pstore/SECONDS/COUNT/.
std::optional<PrintedTime> TimeOfPstore(std::string_view file, std::string_view path) {
  static const RE2 kSeconds(R"(\d{10})");
  if (!file.starts_with("dmesg")) return std::nullopt;
  std::string_view folder = LastOf(path);
  if (!RE2::FullMatch(folder, kSeconds)) folder = LastOf(path);
  if (!RE2::FullMatch(folder, kSeconds) || LastOf(path) != "pstore") return std::nullopt;
  return FromUnixSeconds(ParseInteger(folder).value_or(0));
}

}  // namespace

std::optional<TreeMoment> ReadMomentFile(std::string_view path, std::string_view contents) {
  // As in ReadZoneFile().
  static constexpr std::array kFolders = {"sos_commands/general/", "sos_commands/date/",
                                          "sos_commands/systemd/"};
  for (const std::string folder : kFolders) {
    std::optional<std::string_view> root = RootOfFile(path, folder + "timedatectl");
    std::optional<PrintedTime> time = root ? ReadTimedatectl(contents) : std::nullopt;
    if (!root && (root = RootOfFile(path, folder + "date"))) time = ReadDate(FirstLineOf(contents));
    if (root && time) return TreeMoment{std::string(*root), *time};
  }
  return std::nullopt;
}

std::optional<PrintedTime> TimeOfSavedCrash(std::string_view path) {
  std::string_view folders = path;
  const std::string_view file = LastOf(folders);
  if (const auto time = TimeOfDebianDump(file)) return time;
  if (const auto time = TimeOfPstore(file, folders)) return time;
  return TimeOfKdump(file, LastOf(folders));
}

std::optional<PrintedTime> TimeOfTreeName(std::string_view path) {
  // sos/policies, get_archive_name(), legacy names. Friendly ones tell the day only.
  static const RE2 kSosreport(
      R"(sosreport-.*-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.tar\.\w+|\.tar)?)");
  LastOf(path);
  while (!path.empty()) {
    if (const auto time = DateIn(LastOf(path), kSosreport)) return time;
  }
  return std::nullopt;
}

}  // namespace kautopsy
