#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "parsers/envelope/wrap.h"
#include "parsers/envelope/wrap_memcg.h"
#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

// What a mail program makes of `text`: lines are broken at the last blanks before `width`, which
// are lost; a quoting one puts "> " in front of each.
std::string Wrapped(const std::string& text, std::size_t width, std::string_view quote) {
  std::string mail;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (line.size() > width) {
      std::size_t begin = line.rfind(' ', width);
      if (begin == std::string::npos || begin == 0) begin = line.find(' ', width);
      if (begin == std::string::npos) break;
      std::size_t end = begin;
      while (begin > 0 && line[begin - 1] == ' ') --begin;
      while (end < line.size() && line[end] == ' ') ++end;
      if (begin == 0) break;
      mail.append(quote).append(line, 0, begin).append("\n");
      line.erase(0, end);
    }
    mail.append(quote).append(line).append("\n");
  }
  return mail;
}

// The report without syslog's prefix, which would leave no room in a mail.
std::string AsDmesg(const std::string& text) {
  constexpr std::string_view kTag = " kernel: ";
  std::string bare;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tag = line.find(kTag);
    bare += tag == std::string::npos ? line : "[  100.000000] " + line.substr(tag + kTag.size());
    bare += '\n';
  }
  return bare;
}

std::string RowsOf(const std::string& text) {
  std::string rows;
  const test::TextSink sink = test::Import(text);
  for (const test::RecordedEvent& event : sink.events()) {
    rows += event.title + " (" + event.damage + ")\n";
    for (const test::RecordedRow& row : event.rows) {
      rows += row.relation;
      for (const auto& [column, value] : row.cells) {
        if (column != "log_line") rows.append(" ").append(column).append("=").append(value);
      }
      rows += '\n';
    }
  }
  return rows;
}

std::string FirstDifference(const std::string& expected, const std::string& actual) {
  std::istringstream wanted(expected);
  std::istringstream given(actual);
  for (std::string one, other; std::getline(wanted, one);) {
    std::getline(given, other);
    if (one != other) return fmt::format("expected: {}\n  actual: {}", one, other);
    other.clear();
  }
  return "more than expected";
}

TEST_CASE("A report that a mail program wrapped gives the rows of the whole one") {
  for (const std::string name :
       {"samples/oom/el6-complete.log", "samples/oom/memcg-v1-reaped.log",
        "samples/oom/memcg-v2-group.log", "samples/alloc_failure/el6-complete.log",
        "samples/alloc_failure/vmalloc-powerpc.log", "samples/mem_info/el5-sysrq.log",
        "samples/formats/kern-iso.log"}) {
    const std::string whole = AsDmesg(test::ReadFile(name));
    const std::string expected = RowsOf(whole);
    for (const std::size_t width : {72U, 74U, 76U, 78U, 80U}) {
      for (const std::string_view quote : {"", "> "}) {
        CAPTURE(name);
        CAPTURE(width);
        CAPTURE(quote);
        const std::string actual = RowsOf(Wrapped(whole, width, quote));
        CHECK_MESSAGE(actual == expected, FirstDifference(expected, actual));
      }
    }
  }
}

// `text` with the lines of its zones and nodes, or those that hold `word`, broken at `width`, in
// the middle of words, too.
std::string CutAt(const std::string& text, std::size_t width, std::string_view word = "kB min:") {
  std::string cut;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool zone = line.find(word) != std::string::npos;
    const bool node = line.find("Node 0 active_anon:") != std::string::npos;
    for (; (zone || node) && line.size() > width; line.erase(0, width))
      cut.append(line, 0, width).append("\n");
    cut.append(line).append("\n");
  }
  return cut;
}

TEST_CASE("Lines of zones and nodes that were broken within words give the rows of whole ones") {
  for (const std::string name :
       {"samples/oom/el6-complete.log", "samples/alloc_failure/el6-complete.log",
        "samples/mem_info/el5-sysrq.log"}) {
    const std::string whole = AsDmesg(test::ReadFile(name));
    const std::string expected = RowsOf(whole);
    for (std::size_t width = 62; width <= 110; ++width) {
      CAPTURE(name);
      CAPTURE(width);
      const std::string actual = RowsOf(CutAt(whole, width));
      CHECK_MESSAGE(actual == expected, FirstDifference(expected, actual));
    }
  }
}

TEST_CASE("A memory cgroup's report that was broken within words gives the rows of the whole one") {
  const std::string path = "/kubepods/burstable/pod0c1d7f0a-5e0b-4c0d-9f5a-0a1b2c3d4e5f/";
  const std::string id = "5d41402abc4b2a76b9719d911017c592aa11bb22cc33dd44ee55ff6677889900";
  const std::string at = "[  100.000001] ";
  const std::string old_form =
      at + "mongod invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=999\n" + at +
      "mongod cpuset=" + id + " mems_allowed=0\n" + at + "Task in " + path + id +
      " killed as a result of limit of " + path + id + "\n" + at +
      "memory: usage 524288kB, limit 524288kB, failcnt 12\n" + at + "Memory cgroup stats for " +
      path + id +
      ": cache:507172KB rss:11448KB rss_huge:0KB shmem:28KB dirty:503316KB writeback:0KB\n" + at +
      "Memory cgroup out of memory: Kill process 626 (mongod) score 7 or sacrifice child\n";
  const std::string new_form =
      at + "mongod invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=999\n" + at +
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=" + id +
      ",mems_allowed=0,oom_memcg=" + path + id + ",task_memcg=" + path + id +
      ",task=mongod,pid=62685,uid=1001\n";
  for (const std::string& whole : {old_form, new_form}) {
    const std::string expected = RowsOf(whole);
    CHECK(expected.find(fmt::format("oom_memcg={}{}", path, id)) != std::string::npos);
    // Within the task's name it is not known whether a blank was lost; a uid may end anywhere.
    const std::size_t summary = whole.rfind(at);
    const std::size_t name = whole.find(",task=") - summary + std::string_view(",task=").size();
    for (std::size_t width = 101; width <= 240; ++width) {
      const std::size_t uid = whole.rfind('=') - summary + 1;
      const bool sure = (name + 5) / width == name / width && (uid + 3) / width == uid / width;
      if (whole == new_form && !sure) continue;
      CAPTURE(width);
      const std::string actual = RowsOf(CutAt(whole, width, "/kubepods"));
      CHECK_MESSAGE(actual == expected, FirstDifference(expected, actual));
    }
  }
}

TEST_CASE("Text below a memory cgroup's line does not go on with it") {
  constexpr std::string_view kTask = "Task in /kube/pod1 killed as a result of limit of /kube";
  CHECK(GlueOfMemcg(kTask, "/pod1") == "");
  for (const std::string_view text : {"/pod", "/pod2", "/pod1 is mine", "s", "Mem-Info:"})
    CHECK_FALSE(GlueOfMemcg(kTask, text));
  constexpr std::string_view kSummary = "oom-kill:constraint=CONSTRAINT_NONE,task=a";
  CHECK_FALSE(GlueOfMemcg(kSummary, "b,pid=1,uid=0"));  // maybe "a b"
  CHECK(GlueOfMemcg(kSummary, ",pid=1,uid=0") == "");
  CHECK_FALSE(GlueOfMemcg("oom-kill:constraint=CONSTRAINT_NONE,task=a,pid=1,uid=0", "0"));
  constexpr std::string_view kStats = "Memory cgroup stats for /a: cache:507KB rss:44";
  CHECK(GlueOfMemcg(kStats, "8KB rss_huge:0KB") == "");
  CHECK_FALSE(GlueOfMemcg(kStats, "8 KB of what"));
  CHECK_FALSE(GlueOfMemcg("we saw rss:44", "8KB rss_huge:0KB"));
}

TEST_CASE("Prose below a zone's line does not go on with it") {
  constexpr std::string_view kZone = "[    1.000002] Node 0 DMA free:15880kB min:256kB low:320kB";
  for (const std::string_view prose : {"free memory: see above", "and this is what we saw",
                                       "low: that is what it was", "B is the zone"}) {
    CAPTURE(prose);
    CHECK_FALSE(GlueOfBroken(kZone, false, prose));
  }
  CHECK_FALSE(GlueOfBroken("[    1.000002] What about", false, "free:12kB min:4kB"));
  CHECK(GlueOfBroken("unevictable:0kB isolat", false, "ed(anon):0kB dirty:0kB") == "");
  CHECK(GlueOfBroken("kernel_stack:0k", false, "B pagetables:0kB unstable:0kB") == "");
  CHECK(GlueOfBroken("free_cma:0kB", false, "writeback_tmp:0kB pages_scanned:0") == " ");
  // Since 4.8 a zone's line ends there.
  CHECK_FALSE(GlueOfBroken("Node 0 Normal free:4kB min:4kB writepending:0kB free_cma:0kB", false,
                           "shmem:77kB"));
}

// What some web pages and mail programs make of a text: an empty line behind each.
std::string DoubleSpaced(const std::string& text) {
  std::string spaced;
  for (const char c : text) spaced.append(c == '\n' ? 2 : 1, c);
  return spaced;
}

TEST_CASE("A wrapped report with an empty line behind every line gives the rows of the whole one") {
  for (const std::string name :
       {"samples/oom/el6-complete.log", "samples/oom/memcg-v2-group.log",
        "samples/alloc_failure/el6-complete.log", "samples/mem_info/el5-sysrq.log"}) {
    const std::string whole = AsDmesg(test::ReadFile(name));
    const std::string expected = RowsOf(whole);
    for (const std::size_t width : {72U, 80U}) {
      for (const std::string_view quote : {"", "> "}) {
        CAPTURE(name);
        CAPTURE(width);
        CAPTURE(quote);
        const std::string actual = RowsOf(DoubleSpaced(Wrapped(whole, width, quote)));
        CHECK_MESSAGE(actual == expected, FirstDifference(expected, actual));
      }
    }
  }
}

TEST_CASE("An empty line between two reports does not join them") {
  const std::string kill = "Killed process 77 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB\n";
  const test::TextSink sink = test::Import(kill + "\n" + kill);
  CHECK(sink.events().size() == 2);
}

TEST_CASE("The blank at which a mail program broke a line is not doubled") {
  const std::string head = "[   10.000001] Node 0 Normal free:4kB min:4kB low:4kB high:4kB\n";
  const std::string rows = RowsOf(head +
                                  "[   10.000002] Node 0 hugepages_total=6 hugepages_free=2 \n"
                                  "hugepages_surp=0 hugepages_size=2048kB\n");
  CHECK(rows.find("total=6 free=2") != std::string::npos);
}

// As a mail is sent: RFC 2045, section 6.7.
std::string AsQuotedPrintable(const std::string& text) {
  std::string mail = "Content-Transfer-Encoding: quoted-printable\n\n";
  std::size_t column = 0;
  for (const char c : text) {
    const std::string encoded = c == '=' ? "=3D" : std::string(1, c);
    if (c != '\n' && column + encoded.size() > 75) {
      mail += "=\n";
      column = 0;
    }
    mail += encoded;
    column = c == '\n' ? 0 : column + encoded.size();
  }
  return mail;
}

TEST_CASE("A process named like encoded mail changes nothing in a log that is none") {
  const std::string log =
      "[   10.000001] a=3D invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n"
      "[   10.000002] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
      "global_oom,task_memcg=/x,task=java,pid=2946,uid=20\n"
      "[   10.000003] Out of memory: Killed process 2946 (java) total-vm:1kB, anon-rss:1kB, "
      "file-rss:0kB, shmem-rss:0kB, UID:20 pgtables:4kB oom_score_adj:0\n";
  const std::string rows = RowsOf(log);
  CHECK(rows.find(" invoker_comm=a=3D gfp_mask=208 ") != std::string::npos);
  CHECK(rows.find(" chosen_pid=2946 chosen_comm=java uid=20 ") != std::string::npos);
}

TEST_CASE("A line of Android's log is not the rest of an empty one of the kernel's") {
  const std::string kill =
      "10-24 14:24:26.342   710   710 I lowmemorykiller: Kill 'a' (17933), uid 10446, "
      "oom_score_adj 905 to free 140528kB rss, 37404kB swap; reason: low\n";
  const test::TextSink sink = test::Import("Mar  3 04:17:11 old1 kernel: \n" + kill);
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.front().place.line == 2);
}

TEST_CASE("A process line that was broken within its pid is put together") {
  const std::optional<std::string_view> glue = GlueOfBroken(
      "CPU: 1 PID: 1", false, "88243 Comm: Render Thread Not tainted 5.3.6-300.fc31 #1");
  REQUIRE(glue);
  CHECK(glue->empty());
  CHECK_FALSE(GlueOfBroken("CPU: 1 PID: 1", false, "88243 is what Comm: means"));
  CHECK_FALSE(GlueOfBroken("CPU: 1 PID:", false, "Comm: a"));
}

TEST_CASE("A release and a score that were broken within are put together") {
  constexpr std::string_view kTask = "[   70.321399] CPU: 2 PID: 482 Comm: fox Not tainted 5.3.0-";
  CHECK(GlueOfBroken(kTask, false, "rc1+ #159") == "");
  CHECK_FALSE(GlueOfBroken(kTask, false, "is what we run"));
  constexpr std::string_view kKill =
      "[   70.300482] Memory cgroup out of memory: kill process 2207 (fox) score 12";
  CHECK(GlueOfBroken(kKill, false, "48 or a child") == "");
  CHECK(GlueOfBroken(kKill, false, "or sacrifice child") == " ");
  CHECK_FALSE(GlueOfBroken(kKill, false, "48 of them died"));
}

TEST_CASE("A bare banner is not the rest of an empty line of the kernel's") {
  const test::TextSink sink = test::Import(
      "Mar  3 04:17:11 old1 kernel: \n"
      "Linux version 3.10.0-123.el7.x86_64 (builder@build7) (gcc version 4.8.2) #1 SMP\n");
  CHECK(sink.events().empty());
}

TEST_CASE("A report in mail that was not decoded gives the rows of the whole one") {
  for (const std::string name :
       {"samples/oom/el6-complete.log", "samples/oom/memcg-v2-group.log",
        "samples/alloc_failure/vmalloc-powerpc.log", "samples/formats/kern-iso.log"}) {
    CAPTURE(name);
    const std::string whole = test::ReadFile(name);
    const std::string expected = RowsOf(whole);
    const std::string actual = RowsOf(AsQuotedPrintable(whole));
    CHECK_MESSAGE(expected == actual, FirstDifference(expected, actual));
  }
}

}  // namespace
}  // namespace kautopsy
