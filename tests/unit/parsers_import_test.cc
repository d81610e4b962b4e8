#include <doctest/doctest.h>

#include <string>

#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;
using test::TextSink;

std::string OomSample() { return test::ReadFile("samples/oom/el6-complete.log"); }

TEST_CASE("A report whose header is lost is one incomplete report, its memory report included") {
  const std::string whole = OomSample();
  const std::string headless = whole.substr(whole.find("Mem-Info:") - 34);
  const TextSink sink = Import(headless.substr(headless.find("Mar")));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "oom");
  CHECK_FALSE(sink.events()[0].complete);
  CHECK(sink.events()[0].damage.find("no header") != std::string::npos);
  CHECK(sink.events()[0].damage.find("no Mem-Info") == std::string::npos);
}

TEST_CASE("A memory report alone stays one") {
  const std::string whole = OomSample();
  const std::size_t begin = whole.rfind('\n', whole.find("Mem-Info:")) + 1;
  const std::size_t end = whole.rfind('\n', whole.find("[ pid ]")) + 1;
  const TextSink sink = Import(whole.substr(begin, end - begin));
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "mem_info");
  CHECK(sink.events()[0].complete);
}

TEST_CASE("A paste that begins within a prefix loses nothing of its first line") {
  const TextSink sink = Import(
      " 2.985912] 1179648 pages RAM\n[    2.985914] 951810 pages HighMem\n"
      "[    2.985915] 149486 pages reserved\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 3);
  CHECK(sink.summary().ledger.claimed == 3);
}

// The lines of a crash, in the second of the sample's last line.
std::string CrashTrace() {
  const std::string head = "Mar  3 04:17:12 db7 kernel: ";
  return head + "Pid: 99, comm: httpd Not tainted 2.6.32-431.17.1.el6.x86_64 #1\n" + head +
         "Call Trace:\n" + head + " [<ffffffff8112f64a>] ? crashing_function+0x74a/0x8d0\n";
}

TEST_CASE("The trace of a crash below a kill is no part of the report") {
  const TextSink plain = Import(OomSample());
  const TextSink crashed = Import(OomSample() + CrashTrace());
  REQUIRE(crashed.events().size() == 1);
  CHECK(crashed.events()[0].key == plain.events()[0].key);
}

TEST_CASE("A memory report alone stays one when a trace follows it") {
  const std::string whole = OomSample();
  const std::size_t begin = whole.rfind('\n', whole.find("Mem-Info:")) + 1;
  const std::size_t end = whole.rfind('\n', whole.find("[ pid ]")) + 1;
  const TextSink sink = Import(whole.substr(begin, end - begin) + CrashTrace());
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "mem_info");
  CHECK(sink.events()[0].complete);
}

TEST_CASE("The pid tells to which of two reports a victim belongs") {
  std::string text;
  for (const std::string_view line :
       {"a invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0",
        "Out of memory: Kill process 10 (a) score 5 or sacrifice child",
        "b invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0",
        "Out of memory: Kill process 20 (b) score 6 or sacrifice child",
        "Killed process 10, UID 0, (a) total-vm:9kB, anon-rss:8kB, file-rss:1kB",
        "Killed process 21, UID 0, (child) total-vm:9kB, anon-rss:8kB, file-rss:1kB"})
    text += "Nov 20 12:42:42 h kernel: " + std::string(line) + "\n";
  const std::string rows = Import(text).ToText();
  CHECK(rows.find("oom_kill pid=10 comm=a uid=0 score=5 ") != std::string::npos);
  CHECK(rows.find("oom_kill pid=21 comm=child uid=0 score=6 ") != std::string::npos);
  CHECK(rows.find("reason=global chosen_pid=20 chosen_comm=b") != std::string::npos);
  CHECK(rows.find("chosen_pid=10 chosen_comm=a log_line") == std::string::npos);
}

TEST_CASE("A byte order mark before the first line does not hide it") {
  const TextSink plain = Import(OomSample());
  const TextSink marked = Import("\xEF\xBB\xBF" + OomSample());
  REQUIRE(marked.events().size() == 1);
  CHECK(marked.events()[0].key == plain.events()[0].key);
  CHECK(marked.events()[0].lines.front().place.column == 4);
}

TEST_CASE("A line that is too long counts as damaged and is told, the lines around it are read") {
  const std::string kill =
      "Nov 20 12:42:42 h kernel: Killed process 1 (x) total-vm:9kB, anon-rss:8kB, file-rss:1kB\n";
  const TextSink sink = Import(kill + std::string(3 << 20, 'x') + "\n" + kill);
  CHECK(sink.summary().ledger.lines == 3);
  CHECK(sink.summary().ledger.damaged == 1);
  CHECK(sink.summary().ledger.claimed == 2);
  REQUIRE(sink.summary().damage.has_value());
  CHECK(sink.summary().damage->starts_with("line 2 is longer than 1 MiB"));
}

TEST_CASE("An rss that no machine can have is no size") {
  std::string text = OomSample();
  text.replace(text.find("   38   0     -17"), 5, "9223372036854775807");
  const TextSink sink = Import(text);
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.ToText().find("rss_pages=9223372036854775807") != std::string::npos);
  CHECK(sink.ToText().find("rss_kb=-") == std::string::npos);
}

TEST_CASE("The reaper's line belongs to the kill it names, though another stands between") {
  const test::TextSink sink = test::Import(
      "[   10.000001] Out of memory: Killed process 42 (a) total-vm:1kB, anon-rss:1kB, "
      "file-rss:0kB\n"
      "[   10.000002] Out of memory: Killed process 43 (b) total-vm:1kB, anon-rss:1kB, "
      "file-rss:0kB\n"
      "[   10.000003] oom_reaper: reaped process 42 (a), now anon-rss:0kB, file-rss:0kB, "
      "shmem-rss:0kB\n");
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[0].lines.size() == 2);
  CHECK(sink.events()[1].lines.size() == 1);
}

}  // namespace
}  // namespace kautopsy
