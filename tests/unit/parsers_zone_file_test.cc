#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "base/tz_file.h"
#include "parsers/input/supportconfig.h"
#include "parsers/input/zone_file.h"

namespace kautopsy {
namespace {

std::string Contents(const std::string& zone) {
  std::ifstream file("/usr/share/zoneinfo/" + zone, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// "root zone", with "?" behind a zone that is only an offset.
std::string Read(std::string_view path, std::string_view contents) {
  const std::optional<TreeClock> clock = ReadZoneFile(path, contents);
  return clock ? clock->root + " " + clock->zone + (clock->named ? "" : "?") : "";
}

TEST_CASE("files of a tree name the zone of its clock") {
  CHECK(Read("sos/etc/timezone", "Europe/Vienna\n") == "sos/ Europe/Vienna");
  CHECK(Read("etc/timezone", "Europe/Vienna") == " Europe/Vienna");
  CHECK(Read("sos/etc/sysconfig/clock", "# x\nUTC=true\nZONE=\"Etc/GMT+1\"\n") == "sos/ Etc/GMT+1");
  CHECK(Read("sos/etc/sysconfig/clock", "TIMEZONE=\"Asia/Tokyo\"\n") == "sos/ Asia/Tokyo");
  CHECK(Read("s/sos_commands/systemd/timedatectl", "  Time zone: Asia/Tokyo (JST, +0900)\n") ==
        "s/ Asia/Tokyo");
  CHECK(Read("s/sos_commands/general/timedatectl", "   Timezone: Asia/Tokyo (JST, +0900)\n") ==
        "s/ Asia/Tokyo");
  CHECK(Read("notetc/timezone", "Europe/Vienna\n").empty());
  CHECK(Read("etc/timezone", "$(reboot)\n").empty());
  CHECK(Read("etc/timezone", "").empty());
}

TEST_CASE("of what date prints only UTC and offsets are sure") {
  constexpr std::string_view kDate = "s/sos_commands/date/date";
  CHECK(Read(kDate, "Sun Nov 23 10:00:00 UTC 2014\n") == "s/ +0000?");
  CHECK(Read(kDate, "Sun Nov 23 10:00:00 +03 2014\n") == "s/ +0300?");
  CHECK(Read(kDate, "Sun Nov 23 10:00:00 AM -0330 2014\n") == "s/ -0330?");
  CHECK(Read(kDate, "Sun Nov 23 10:00:00 CET 2014\n").empty());
  CHECK(Read("s/sos_commands/date/date_--utc", "Sun Nov 23 10:00:00 UTC 2014\n").empty());
}

TEST_CASE("the link etc/localtime names the zone") {
  const auto read = [](std::string_view path, std::string_view target) {
    const std::optional<TreeClock> clock = ReadZoneLink(path, target);
    return clock ? clock->root + " " + clock->zone : "";
  };
  CHECK(read("s/etc/localtime", "../usr/share/zoneinfo/Europe/Vienna") == "s/ Europe/Vienna");
  CHECK(read("s/etc/localtime", "/usr/share/zoneinfo/posix/UTC") == "s/ UTC");
  CHECK(read("s/etc/localtime", "/etc/clock").empty());
  CHECK(read("s/var/localtime", "/usr/share/zoneinfo/UTC").empty());
}

TEST_CASE("a compiled zone is known by its content") {
  for (const char* zone : {"Europe/Vienna", "America/New_York", "Asia/Kolkata", "Etc/UTC"})
    CHECK(Read("s/etc/localtime", Contents(zone)) == std::string("s/ ") + zone);
}

TEST_CASE("a zone of another tz database is the one that it has most in common with") {
  std::string zone = Contents("America/New_York");
  REQUIRE(zone.size() > 60);
  zone[50] = static_cast<char>(zone[50] + 1);  // an early change of the first block
  CHECK(NameTzFile(zone) == "America/New_York");
}

TEST_CASE("what is no whole compiled zone names none") {
  const std::string zone = Contents("Europe/Vienna");
  for (std::size_t size = 0; size < zone.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(NameTzFile(zone.substr(0, size)));
  }
  std::string counts = zone;
  counts.replace(20, 24, 24, '\xFF');
  CHECK_FALSE(NameTzFile(counts));
  CHECK_FALSE(NameTzFile("TZif2"));
}

TEST_CASE("where links become text, the text is the link's target") {
  CHECK(Read("s/etc/localtime", "../usr/share/zoneinfo/Europe/Vienna") == "s/ Europe/Vienna");
  CHECK(Read("s/etc/localtime", "Europe/Vienna").empty());
}

// "host, root zone" of a file of supportconfig that comes in pieces of `step` bytes.
std::string ReadSupportconfig(std::string_view path, std::string_view text, std::size_t step) {
  const std::unique_ptr<SupportconfigReader> reader = SupportconfigReader::For(path);
  if (!reader) return "none";
  for (std::size_t at = 0; at < text.size(); at += step) reader->Take(text.substr(at, step));
  reader->Finish();
  std::string told = reader->host() ? reader->host()->root + reader->host()->host : "";
  if (reader->clock())
    told += ", " + reader->clock()->root + " " + reader->clock()->zone +
            (reader->clock()->named ? "" : "?");
  return told;
}

std::string Section(const std::string& title, const std::string& text) {
  return "#==[ Command ]======================================#\n# " + title + "\n" + text + "\n\n";
}

TEST_CASE("supportconfig tells its machine's name and zone") {
  const std::string environment =
      Section("/usr/bin/date", "Tue Mar  3 04:20:00 +01 2015") +
      Section("/usr/bin/uname -a", "Linux db7 5.14.21 #1 SMP x86_64 GNU/Linux");
  const std::string systemd =
      Section("/usr/bin/hostnamectl status", " Static hostname: db7") +
      Section("/usr/bin/busctl --no-pager --system list", std::string(100000, 'x')) +
      Section("/usr/bin/timedatectl --no-pager status",
              "      Local time: Tue 2015-03-03 04:20:00 CET\n"
              "       Time zone: Europe/Vienna (CET, +0100)");
  const std::string sysconfig = Section("/etc/sysconfig/atd", "") +
                                Section("/etc/sysconfig/clock", "TIMEZONE=\"Asia/Tokyo\"");
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
    CHECK(ReadSupportconfig("s/basic-environment.txt", environment, step) == "s/db7, s/ +0100?");
    CHECK(ReadSupportconfig("s/systemd.txt", systemd, step) == ", s/ Europe/Vienna");
    CHECK(ReadSupportconfig("sysconfig.txt", sysconfig, step) == ",  Asia/Tokyo");
  }
  CHECK(ReadSupportconfig("s/messages.txt", systemd, 9) == "none");
}

TEST_CASE("only sections are believed") {
  CHECK(ReadSupportconfig("systemd.txt", "# /usr/bin/timedatectl\nTime zone: Asia/Tokyo\n", 9)
            .empty());
  CHECK(ReadSupportconfig("basic-environment.txt",
                          Section("/usr/bin/date", "Tue Mar  3 04:20:00 CET 2015") +
                              Section("/usr/bin/uname -r", "Linux db7 5.14"),
                          9)
            .empty());
  CHECK(ReadSupportconfig("basic-environment.txt", Section("uname -a", "Linux localhost 5.14"), 9)
            .empty());
}

}  // namespace
}  // namespace kautopsy
