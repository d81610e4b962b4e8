#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "parsers/input/zone_file.h"

namespace kautopsy {
namespace {

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

}  // namespace
}  // namespace kautopsy
