#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "parsers/envelope/newest_first.h"
#include "parsers/import_source.h"
#include "tests/support/string_source.h"
#include "tests/support/text_sink.h"

namespace kautopsy {
namespace {

// Ten lines of the form, whose first has the number `from`.
template <class Form>
std::string TenLines(int from, int step, Form form) {
  std::string log;
  for (int i = 0; i < 10; ++i) log += form(from + i * step) + "\n";
  return log;
}

template <class Form>
void CheckForm(Form form) {
  CAPTURE(form(30));
  CHECK(IsNewestFirst(TenLines(30, -1, form)));
  CHECK_FALSE(IsNewestFirst(TenLines(30, 1, form)));
  CHECK_FALSE(IsNewestFirst(TenLines(30, 0, form)));
}

TEST_CASE("A log that goes from newest to oldest is known by its clocks, of whatever form") {
  CheckForm([](int n) { return fmt::format("Nov 20 12:42:{} h kernel: x", n); });
  CheckForm([](int n) { return fmt::format("2024-05-01T12:00:{}.123456+02:00 h kernel: x", n); });
  CheckForm([](int n) { return fmt::format("2024-05-01 12:00:{} h kernel: x", n); });
  CheckForm([](int n) { return fmt::format("Sun 2026-11-22 10:50:{} UTC h kernel: x", n); });
  CheckForm([](int n) { return fmt::format("17953446{}.509378 h kernel: x", n); });
  CheckForm([](int n) { return fmt::format("[   {}.345678] x", n); });
  CheckForm([](int n) { return fmt::format("<4>[   {}.345678] x", n); });
  CheckForm([](int n) { return fmt::format("[Sun Nov 22 10:50:{} 2026] x", n); });
  CheckForm([](int n) { return fmt::format("[2025-02-19 05:55:{}] [    0.000000] x", n); });
  CheckForm([](int n) { return fmt::format("05-01 12:00:{}.123  0  0 W x", n); });
  CheckForm([](int n) {
    return fmt::format("{{\"MESSAGE\":\"x\",\"__REALTIME_TIMESTAMP\":\"17145648001234{}\"}}", n);
  });
  CheckForm([](int n) {
    return fmt::format("{{\n\t\"__REALTIME_TIMESTAMP\" : \"17145648001234{}\",\n}}", n);
  });
  CheckForm([](int n) {
    return fmt::format("\x1E{{\"__REALTIME_TIMESTAMP\":\"17145648001234{}\"}}", n);
  });
  CheckForm([](int n) {
    return fmt::format("data: {{\"__REALTIME_TIMESTAMP\":\"17145648001234{}\"}}\n", n);
  });
  CheckForm([](int n) {
    return fmt::format("{{\"log\":\"x\\n\",\"time\":\"2024-05-01T12:00:{}.1Z\"}}", n);
  });
  CheckForm([](int n) {
    return fmt::format("      {{\n         \"pri\": 4,\n         \"time\":     {}.345678,\n", n);
  });
  CheckForm([](int n) {
    return fmt::format("__CURSOR=s=1\n__REALTIME_TIMESTAMP=17145648001234{}\nMESSAGE=x\n", n);
  });
  CheckForm([](int n) {
    return fmt::format(
        "So 2026-11-22 [s=7a0b;i=1;b=281b;m=29b5;t=6176339db12{};x=29fa]\n    MESSAGE=x", n);
  });
}

TEST_CASE("A log in which single clocks fall is in its right order") {
  const auto kernel = [](int n) { return fmt::format("[   {}.345678] x", n); };
  const auto syslog = [](int n) { return fmt::format("Nov 20 12:42:{} h kernel: x", n); };
  CHECK_FALSE(
      IsNewestFirst(TenLines(60, 1, kernel) + TenLines(40, 1, kernel) + TenLines(30, 1, kernel)));
  CHECK_FALSE(
      IsNewestFirst(syslog(59) + "\n" + syslog(57) + "\n" + syslog(57) + "\n" + syslog(55) + "\n"));
  std::string hosts;  // one of which is slow
  for (int i = 0; i < 20; ++i) hosts += syslog(30 + i) + "\n" + syslog(20 + i) + "\n";
  CHECK_FALSE(IsNewestFirst(hosts));
  CHECK_FALSE(IsNewestFirst("Dec 31 23:59:58 h x\nDec 31 23:59:59 h x\nJan  1 00:00:01 h x\n"));
  CHECK_FALSE(IsNewestFirst(""));
  CHECK_FALSE(IsNewestFirst("Jan  1 00:00:04 h x\nJan  1 00:00:03 h x\nJan  1 00:00:01 h x\n"));
}

TEST_CASE("A New Year and some lines of one second do not hide that a log is turned round") {
  const auto before = [](int n) { return fmt::format("Dec 31 23:59:{} h x", n); };
  CHECK(IsNewestFirst("Jan  1 00:00:01 h x\n" + TenLines(59, -1, before)));
  const auto line = [](int n) { return fmt::format("1795344{}.509378 h x", n); };
  CHECK(IsNewestFirst(TenLines(300, -1, line) + line(292) + "\n" + TenLines(290, -1, line)));
}

ImportResult ImportAndAbandon(const std::string& text) {
  test::StringSource source(text);
  test::TextSink sink;
  const Result<ImportResult> result = ImportSource(source, "test.log", "file", {}, sink);
  REQUIRE(result.has_value());
  CHECK(sink.ended() != result->newest_first);
  CHECK(sink.events().empty());
  return *result;
}

TEST_CASE("Of a log from newest to oldest nothing is kept, unless it has no record anyway") {
  const auto kill = [](int n) {
    return fmt::format(
        "Nov 20 12:42:{0} h kernel: Killed process {0} (x) total-vm:9kB, anon-rss:8kB, "
        "file-rss:1kB",
        n);
  };
  const auto other = [](int n) { return fmt::format("Nov 20 12:42:{} h kernel: x", n); };
  CHECK(ImportAndAbandon(TenLines(30, -1, kill)).newest_first);
  const ImportResult list = ImportAndAbandon(TenLines(30, -1, other));
  CHECK_FALSE(list.newest_first);
  CHECK(list.summary.ledger.unclaimed_kernel == 10);
}

}  // namespace
}  // namespace kautopsy
