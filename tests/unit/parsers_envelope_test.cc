#include <doctest/doctest.h>

#include "parsers/envelope/date_finder.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy {
namespace {

LogLine Parsed(std::string_view raw) {
  LogLine line;
  line.raw = raw;
  line.text = line.raw;
  LatestHead latest;
  ParsePrefixes(line, latest);
  return line;
}

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<Fragment> fragments;
  SplitJoinedLine(line, fragments);
  std::vector<std::string_view> texts;
  texts.reserve(fragments.size());
  for (const Fragment& fragment : fragments) texts.push_back(fragment.text);
  return texts;
}

TEST_CASE("A syslog prefix is taken apart into time, host and text") {
  const LogLine line = Parsed("Nov  2 12:42:07 wv2-f302 kernel: Mem-Info:");
  REQUIRE(line.time.has_value());
  CHECK(line.time->month == 11);
  CHECK(line.time->day == 2);
  CHECK(line.time->hour == 12);
  CHECK(line.time->second == 7);
  CHECK_FALSE(line.time->year.has_value());
  CHECK(line.local_time == "Nov  2 12:42:07");
  CHECK(line.host == "wv2-f302");
  CHECK(line.text == "Mem-Info:");
  CHECK(line.prefixed);
}

TEST_CASE("The uptime behind the tag is not part of the text, a frame's address is") {
  const LogLine line = Parsed("Nov 20 12:42:42 h kernel: [12345.678901] Mem-Info:");
  CHECK(line.uptime_us == 12345678901);
  CHECK(line.text == "Mem-Info:");
  const LogLine padded = Parsed("Nov 20 12:42:42 h kernel: [   45.000001]  <IRQ>");
  CHECK(padded.uptime_us == 45000001);
  CHECK(padded.text == "<IRQ>");
  const LogLine frame = Parsed("Nov 20 12:42:42 h kernel: [<ffffffff8112f64a>] ? f+0x1/0x2");
  CHECK_FALSE(frame.uptime_us.has_value());
  CHECK(frame.text == "[<ffffffff8112f64a>] ? f+0x1/0x2");
}

TEST_CASE("A date in a form that is not known is kept as printed") {
  struct Case {
    std::string_view raw;
    std::string_view time;
    std::string_view host;
  };
  const Case cases[] = {{"апр 28 01:23:30 pc kernel: x", "апр 28 01:23:30", "pc"},
                        {"> > jun 20 03:23:46 pc kernel: x", "jun 20 03:23:46", "pc"},
                        {"5月 15 17:19:17 pc kernel: x", "5月 15 17:19:17", "pc"},
                        {"June 29 14:07:26 pc kernel: x", "June 29 14:07:26", "pc"},
                        {"Nov 32 12:42:42 pc kernel: x", "Nov 32 12:42:42", "pc"},
                        {"2024/05/03 11:05:35 kernel: x", "2024/05/03 11:05:35", ""},
                        {"03-05-2024 11:05:35 pc kernel: x", "03-05-2024 11:05:35", "pc"},
                        {"11:05:35 kernel: x", "11:05:35", ""},
                        {"[dim. 19 avril 18:03:30 2026] x", "dim. 19 avril 18:03:30 2026", ""},
                        {"[пт мая 15 17:19:17 2026] x", "пт мая 15 17:19:17 2026", ""},
                        {"[Wed Dec  7 00:05:15 CST 2016] x", "Wed Dec  7 00:05:15 CST 2016", ""}};
  for (const Case& expected : cases) {
    CAPTURE(expected.raw);
    const LogLine line = Parsed(expected.raw);
    CHECK(line.prefixed);
    CHECK(line.text == "x");
    CHECK(line.local_time == expected.time);
    CHECK(line.host == expected.host);
    CHECK_FALSE(line.time.has_value());
    CHECK(Classify(SkipQuoteMarks(expected.raw)).line_class == LineClass::kKernel);
  }
}

TEST_CASE("What only looks like a prefix stays text") {
  for (const std::string_view raw :
       {"Nov 20 12:42:42 h sshd[1]: kernel: x", "Nov 20 12:42:42", "", "kernels: x",
        "12:42:42 h kernel:", "at 12:42 the kernel: x", "it was a b c d 12:42:42 h kernel: x"}) {
    const LogLine line = Parsed(raw);
    CHECK_FALSE(line.prefixed);
    CHECK(line.host.empty());
    CHECK_FALSE(line.time.has_value());
  }
}

TEST_CASE("Another program's line is told from the kernel's without parsing it") {
  CHECK(Classify("Nov 20 12:42:42 h kernel: x").line_class == LineClass::kKernel);
  CHECK(Classify("Nov 20 12:42:42 h sshd[1]: x").line_class == LineClass::kOtherProgram);
  CHECK(Classify("[   12.345678] x").line_class == LineClass::kKernel);
  CHECK(Classify("").line_class == LineClass::kUnknown);
}

TEST_CASE("Log lines joined by blanks are split again, the author's elision left out") {
  const auto texts = Split(
      "Oct 27 14:24:43 h kernel: [ 4394] 0 4394 9 8 15 0 0 qemu_wl50 ... "
      "Oct 27 14:24:43 h kernel: Killed process 1, UID 0, (x) total-vm:1kB");
  REQUIRE(texts.size() == 2);
  CHECK(texts[0] == "Oct 27 14:24:43 h kernel: [ 4394] 0 4394 9 8 15 0 0 qemu_wl50");
  CHECK(texts[1] == "Oct 27 14:24:43 h kernel: Killed process 1, UID 0, (x) total-vm:1kB");
}

TEST_CASE("A command at a prompt is split from its output, and outputs from each other") {
  const auto texts = Split(
      "# cat /proc/buddyinfo Node 0, zone DMA 2 1 2 Node 0, zone Normal 4 8 0 # cat /proc/meminfo "
      "MemTotal: 5 kB");
  REQUIRE(texts.size() == 5);
  CHECK(texts[0] == "# cat /proc/buddyinfo");
  CHECK(texts[1] == "Node 0, zone DMA 2 1 2");
  CHECK(texts[2] == "Node 0, zone Normal 4 8 0");
  CHECK(texts[3] == "# cat /proc/meminfo");
  CHECK(texts[4] == "MemTotal: 5 kB");
}

TEST_CASE("A log line's own text is not split from its prefix") {
  const std::string_view line = "Nov 20 12:42:42 h kernel: Node 0 DMA: 2*4kB 1*8kB = 16kB";
  CHECK(Split(line) == std::vector<std::string_view>{line});
}

TEST_CASE("Prose stays one piece") {
  for (const std::string_view prose :
       {"We ran echo and free memory was 4 kB", "Node 0 is full, zone Normal too",
        "see # 3 of the list", ""}) {
    CHECK(Split(prose) == std::vector<std::string_view>{prose});
  }
}

TEST_CASE("A cut line keeps what cannot be the beginning of something longer") {
  CHECK(TrimToSure("free:431968kB min:68") == "free:431968kB min:");
  CHECK(TrimToSure("free:431968kB") == "free:431968kB");
  CHECK(TrimToSure("Node 0, zone DMA 5 0") == "Node 0, zone DMA 5 0");
  CHECK(TrimToSure("Node 0, zone DMA 5 10") == "Node 0, zone DMA 5 ");
  CHECK(TrimToSure("(qemu_wl52)") == "(qemu_wl52)");
  CHECK(TrimToSure("") == "");
}

TEST_CASE("Full dates in the text give years to days, contradictions give none") {
  DateFinder finder;
  finder.Look(
      "update 2014/11/25 - overloaded again; 2013-05-06, then 2014-05-06; 2014/13/40; 12014/01/02");
  const auto years = finder.Years();
  CHECK(years.size() == 1);
  CHECK(years.at({11, 25}) == 2014);
}

TEST_CASE("Talos Linux puts node, facility and level before the time of a kernel's line") {
  const std::string raw =
      "10.0.0.7: kern:    info: [2025-06-04T04:51:57.572293906Z]: memory: usage 40kB";
  CHECK(Classify(raw).line_class == LineClass::kKernel);
  LogLine line;
  line.raw = line.text = raw;
  LatestHead latest;
  ParsePrefixes(line, latest);
  CHECK(line.prefixed);
  CHECK(line.text == "memory: usage 40kB");
  CHECK(line.host == "10.0.0.7");
  CHECK(Iso8601Utc(*line.time) == "2025-06-04T04:51:57.572293Z");
  for (const char* const other :
       {"10.0.0.7: daemon: info: [2025-06-04T04:51:57.5Z]: x", "he said: kern: info: [now]: x",
        "a b: kern: info: [2025-06-04T04:51:57.5Z]: x", "10.0.0.7: kern: info: 2025 x"}) {
    CAPTURE(other);
    CHECK(Classify(other).line_class != LineClass::kKernel);
  }
}

}  // namespace
}  // namespace kautopsy
