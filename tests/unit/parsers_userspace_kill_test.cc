#include <doctest/doctest.h>

#include <string>

#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;

constexpr char kHead[] = "Mar  3 04:17:11 h ";

TEST_CASE("Only the kills of OOM daemons are events; their other lines are not the kernel's") {
  const std::string head = kHead;
  const std::string kill = "sending SIGTERM to process 7 uid 0 \"a b\": badness 9, VmRSS 3 MiB\n";
  const test::TextSink sink = Import(
      head + "earlyoom[1]: low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%\n" +
      head + "earlyoom[1]: " + kill + head + "sshd[1]: " + kill + head + "kernel: " + kill + kill +
      head +
      "earlyoom[1]: sending 0 (no-op signal) to process 7 uid 0 \"a\": badness 9, VmRSS 3 MiB\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "userspace_kill");
  CHECK(sink.events()[0].title == "earlyoom: SIGTERM to a b (pid 7)");
  CHECK(sink.events()[0].lines.front().place.line == 2);
}

TEST_CASE("What an OOM daemon prints never becomes part of the kernel's report") {
  const std::string head = kHead;
  const test::TextSink sink =
      Import(head + "kernel: m invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0\n" + head +
             "earlyoom[1]: Killed process 7 (m) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n" + head +
             "kernel: Pid: 7, comm: m Not tainted 2.6.32-431.el6.x86_64 #1\n");
  for (const test::RecordedEvent& event : sink.events()) {
    if (event.lines.front().place.line == 1) CHECK(event.lines.size() == 2);
  }
  CHECK(sink.events().front().title == "OOM killer: called by m");
}

TEST_CASE("The low memory killer is read without a prefix, and in a mail that quotes it") {
  const std::string lines[] = {"lowmemorykiller: Killing 'mail.sync' (812), adj 705,",
                               "   to free 9240kB on behalf of 'kswapd0' (48) because",
                               "   cache 15004kB is below limit 16384kB for oom_score_adj 529",
                               "   Free memory is -812kB above reserved"};
  for (const std::string quote : {"", "> ", ">"}) {
    CAPTURE(quote);
    std::string text;
    for (const std::string& line : lines) text.append(quote).append(line).append("\n");
    const test::TextSink sink = Import(text);
    REQUIRE(sink.events().size() == 1);
    CHECK(sink.events()[0].lines.size() == 4);
    CHECK(sink.events()[0].damage.empty());
    CHECK(sink.events()[0].title.find("killed mail.sync (pid 812): cache 15004kB") !=
          std::string::npos);
  }
  CHECK(Import("lowmemorykiller: Killing a process is its last means\n").events().empty());
}

TEST_CASE("The daemon's reason stands at the end of its line") {
  const std::string kill =
      "lowmemorykiller: Kill 'mail' (812), uid 10, oom_score_adj 905 to free 140kB rss, 37kB "
      "swap; ";
  const test::TextSink sink = Import(kill + "reason: device is not responding\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].title ==
        "low memory killer: killed mail (pid 812): device is not responding");
}

}  // namespace
}  // namespace kautopsy
