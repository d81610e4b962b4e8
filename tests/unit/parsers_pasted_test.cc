#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "parsers/envelope/envelope.h"
#include "tests/support/import.h"
#include "tests/support/text_sink.h"
#include "tests/unit/envelope_fixture.h"

namespace kautopsy {
namespace {

using test::CellOf;
using test::Parsed;
using test::RecordedEvent;

// Forms in which people paste logs that no daemon writes any more, or that a console mixed.

TEST_CASE("A syslog line without a tag is the kernel's if a record's line begins so") {
  for (const std::string_view text :
       {"cron x invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0",
        "oom-killer: gfp_mask=0xd0, order=0", "[<c0149ea8>] out_of_memory+0x158/0x1b0",
        "java: page allocation failure. order:1, mode:0x20", "Mem-info:", "DMA per-cpu:",
        "CPU    0: Hot: hi:    0, btch:   1 usd:   0", "Active:807 inactive:177 dirty:1",
        "free:1090 slab:198 mapped:9", "DMA free:3560kB min:68kB low:84kB", "DMA: 4*4kB 3*8kB",
        "lowmem_reserve[]: 0 873 12176", "Free swap  = 12kB", "3145 pages of RAM",
        "Out of memory: Kill process 77 (x) score 5 or sacrifice child",
        "Killed process 77 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB"}) {
    CAPTURE(text);
    const std::string raw = "Mar  3 10:11:12 box " + std::string(text);
    const LogLine line = Parsed(raw);
    CHECK(line.prefixed);
    CHECK(line.host == "box");
    CHECK(line.text == text);
    CHECK(Parsed("> " + raw).text == text);
    const Classification place = Classify(raw);
    CHECK(place.line_class == LineClass::kKernel);
    CHECK(raw.substr(place.text_begin) == text);
  }
}

TEST_CASE("A syslog line without a tag is another program's in all other cases") {
  for (const std::string_view raw :
       {"Mar  3 10:11:12 box last message repeated 2 times",
        "Mar  3 10:11:12 box CRON[7]: DMA free:1",
        "Mar  3 10:11:12 box app: x invoked oom-killer: gfp_mask=0xd0, order=0",
        "Mar  3 10:11:12 box app[1]: page allocation failure of mine",
        "Mar  3 10:11:12 box DMA: is slow", "Mar  3 10:11:12 app: DMA free:3560kB min:68kB",
        "2024-05-01T12:00:00Z box DMA free:3560kB min:68kB low:84kB",
        "Mar  3 10:11:12 box x invoked oom-killer: why?"}) {
    CAPTURE(raw);
    CHECK(Classify(raw).line_class == LineClass::kOtherProgram);
    CHECK_FALSE(Parsed(raw).prefixed);
  }
}

TEST_CASE("A line of another program below one without a tag is not the kernel's") {
  const std::string head = "> Mar  3 10:11:12 box ";
  LatestHead latest;
  const std::string first = head + "Mem-info:";
  const std::string second = head + "app[1]: x";
  for (const std::string& raw : {first, second}) {
    LogLine line;
    line.raw = line.text = raw;
    ParsePrefixes(line, latest);
    CHECK(line.prefixed == (raw == first));
  }
}

TEST_CASE("A report without the kernel's tag, quoted and wrapped, is one record") {
  const test::TextSink sink = test::Import(
      "> Mar  3 10:11:12 box init invoked oom-killer: gfp_mask=0xd0,  \n"
      "> order=0, oomkilladj=0\n"
      "> Mar  3 10:11:12 box [<c0149ea8>] out_of_memory+0x158/0x1b0\n"
      "> Mar  3 10:11:12 box Mem-info:\n"
      "> Mar  3 10:11:12 box DMA free:3560kB min:68kB low:84kB high:100kB  \n"
      "> active:0kB inactive:0kB present:16256kB pages_scanned:0  \n"
      "> all_unreclaimable? yes\n"
      "> Mar  3 10:11:12 box app[1]: x\n");
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(CellOf(event, "oom_report", "invoker_comm") == "init");
  CHECK(CellOf(event, "oom_report", "order") == "0");
  CHECK(CellOf(event, "zone", "present_kb") == "16256");
  CHECK(event.lines.size() == 7);
}

TEST_CASE("Android's second clock behind the uptime is no text") {
  const LogLine line = Parsed("[   36.172486] [03-19 10:05:52.172] Mem-Info:");
  CHECK(line.text == "Mem-Info:");
  CHECK(line.uptime_us == 36172486);
  CHECK(line.local_time == "03-19 10:05:52.172");
  CHECK(Parsed("[03-19 10:05:52.172] Mem-Info:").text == "[03-19 10:05:52.172] Mem-Info:");
  CHECK(Parsed("[   36.172486] [13-19 10:05:52.172] x").text == "[13-19 10:05:52.172] x");
}

TEST_CASE("Months that are named by their number are read") {
  for (const std::string_view date : {"五 7月  3 12:34:56 2020", "금  7월  3 12:34:56 2020"}) {
    CAPTURE(date);
    const std::string raw = "[" + std::string(date) + "] Mem-Info:";
    const LogLine line = Parsed(raw);
    CHECK(line.text == "Mem-Info:");
    REQUIRE(line.time);
    CHECK(Iso8601Utc(*line.time) == "2020-07-03T12:34:56Z");
  }
  const LogLine padless = Parsed("[五 5月 15 17:19:17 2026] x");
  CHECK(padless.local_time == "五 5月 15 17:19:17 2026");
  CHECK(Iso8601Utc(*padless.time) == "2026-05-15T17:19:17Z");
  CHECK_FALSE(Parsed("[五 13月  3 12:34:56 2020] Mem-Info:").time);
}

TEST_CASE("A failure behind another program's text is read, its process only where it is sure") {
  struct Case {
    std::string_view before;
    std::string_view comm;
  };
  for (const Case& c : {Case{"[Vol=01][00:02:54/00:04:07]", "swapper/0"},
                        Case{"[   12.345678] loading firmware of the device ", ""}}) {
    CAPTURE(c.before);
    const test::TextSink sink = test::Import(
        std::string(c.before) + "swapper/0: page allocation failure: order:0, mode:0x200020\n");
    REQUIRE(sink.events().size() == 1);
    const RecordedEvent& event = sink.events()[0];
    CHECK(CellOf(event, "page_alloc_failure", "comm") == c.comm);
    CHECK(CellOf(event, "page_alloc_failure", "order") == "0");
    const bool said = event.damage.find("hides who asked") != std::string::npos;
    CHECK(said == c.comm.empty());
  }
  CHECK(test::Import("we see swapper/0: page allocation failure: order:0, mode:0x20\n")
            .events()
            .empty());
}

TEST_CASE("The process line tells who asked where other text hides it") {
  const test::TextSink sink = test::Import(
      "[   12.345678] loading firmware of the device x: page allocation failure: order:0, "
      "mode:0x20\n"
      "[   12.345679] CPU: 0 PID: 7 Comm: x Not tainted 3.10.0 #1\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "comm") == "x");
  CHECK(sink.events()[0].damage.find("hides who") == std::string::npos);
}

TEST_CASE("A header of the OOM killer's behind another program's text is read") {
  constexpr std::string_view kHeader =
      "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n";
  test::TextSink sink = test::Import("root@router:/tmp/downloads# " + std::string(kHeader));
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "oom_report", "invoker_comm") == "java");
  sink = test::Import("[   12.345678] loading the firmware of " + std::string(kHeader));
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "oom_report", "invoker_comm").empty());
  CHECK(CellOf(sink.events()[0], "oom_report", "gfp_mask") == "208");
  CHECK(sink.events()[0].damage.find("hides who asked") != std::string::npos);
}

TEST_CASE("A frame whose trace lost its header does not end the report") {
  const test::TextSink sink = test::Import(
      "[  100.000001] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
      "[  100.000002]  oom_kill_process.cold+0x8/0x8a\n"
      "[  100.000003] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,"
      "mems_allowed=0,global_oom,task_memcg=/,task=x,pid=77,uid=0\n"
      "[  100.000004] Out of memory: Killed process 77 (x) total-vm:4kB, anon-rss:4kB, "
      "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "call_frame", "symbol") == "oom_kill_process.cold");
}

TEST_CASE("Lines that were broken with a plus in front of the rest are put together") {
  const std::string head = "Jun  8 07:44:53 box kernel: [  100.00000";
  const std::string broken =
      head + "1] Mem-Info:\n" + head +
      "2] DMA free:7776kB min:40kB low:48kB high:56kB active_anon:556kB inactive_anon:524kB\n"
      "+active_file:16kB inactive_file:0kB unevictable:0kB present:15340kB pages_scanned:30\n"
      "+all_unreclaimable? no\n" +
      head +
      "3] DMA: 64*4kB 77*8kB 45*16kB 18*32kB 4*64kB 2*128kB 2*256kB 3*512kB 1*1024kB\n"
      "+1*2048kB 0*4096kB = 7800kB\n";
  const test::TextSink sink = test::Import(broken);
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(CellOf(event, "zone", "present_kb") == "15340");
  CHECK(CellOf(event, "zone", "all_unreclaimable") == "0");
  CHECK(event.damage.find("free list") == std::string::npos);
  CHECK(event.lines.size() == 6);
}

TEST_CASE("A line of a patch below a log's line is no part of it") {
  const test::TextSink sink = test::Import(
      "[  100.000001] Mem-Info:\n"
      "[  100.000002] DMA free:7776kB min:40kB low:48kB high:56kB active_anon:556kB present:524kB\n"
      "+int free;\n"
      "++ more\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 2);
}

TEST_CASE("The dot of a 64-bit powerpc entry point is no part of a function's name") {
  const test::TextSink sink = test::Import(
      "[  100.000001] x: page allocation failure: order:0, mode:0x20\n"
      "[  100.000002] Call Trace:\n"
      "[  100.000003] [c000000fff] [c00000000001] .warn_alloc_failed+0x110/0x160\n"
      "[  100.000004] [c000000fff] [c00000000002] .__alloc_pages_nodemask+0x7a0/0x9f0\n"
      "[  100.000005] [c000000fff] [c00000000003] .foo_poll_work+0xad4/0xf20 [foo]\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "call_frame", "symbol") == "warn_alloc_failed");
  CHECK(CellOf(sink.events()[0], "page_alloc_failure", "blame_symbol") == "foo_poll_work");
}

TEST_CASE("A BUG of powerpc's older kernels names the function first") {
  const test::TextSink sink =
      test::Import("[  100.000001] kernel BUG in foo_get_blocks at fs/foo/aops.c:1293!\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "bug");
  CHECK(CellOf(sink.events()[0], "crash", "file") == "fs/foo/aops.c");
  CHECK(CellOf(sink.events()[0], "crash", "line") == "1293");
  CHECK(CellOf(sink.events()[0], "crash", "ip_symbol") == "foo_get_blocks");
}

TEST_CASE("What powerpc's debugger prints of an exception is a crash, and its BUG is the cause") {
  const std::string vector = "cpu 0x3: Vector: 700 (Program Check) at [c0000001e16632d0]\n";
  test::TextSink sink = test::Import(vector);
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "oops");
  sink = test::Import(vector + "  current = 0xc0000001dde71310\n" +
                      "kernel BUG in foo_get_blocks at fs/foo/aops.c:1293!\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "bug");
  CHECK(test::Import("cpu 0x3: Vector: 501 (Hardware Interrupt) at [c00000]\n").events().empty());
}

TEST_CASE("The announcement of 2.6.34-mm is read") {
  const test::TextSink sink = test::Import(
      "[  100.000001] Out of memory: Kill process 77 (eater) with score 967 or sacrifice child\n"
      "[  100.000002] Killed process 77 (eater) total-vm:4kB, anon-rss:4kB, file-rss:0kB\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "oom_report", "chosen_comm") == "eater");
  CHECK(CellOf(sink.events()[0], "oom_kill", "score") == "967");
}

}  // namespace
}  // namespace kautopsy
