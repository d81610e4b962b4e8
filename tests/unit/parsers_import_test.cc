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

TEST_CASE("A code tick in front of a report is no part of the requester's name") {
  const TextSink sink = Import(
      "`logd invoked oom-killer: gfp_mask=0xcca(GFP_USER), order=0, oom_score_adj=0\n"
      "CPU: 0 PID: 2261 Comm: logd Not tainted 5.4.69 #0\n"
      "Call Trace:\n[<80009d60>] show_stack+0x30/0x100\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(test::CellOf(sink.events()[0], "oom_report", "invoker_comm") == "logd");
  CHECK(test::CellOf(sink.events()[0], "oom_report", "invoker_pid") == "2261");
  CHECK(test::CellOf(sink.events()[0], "oom_report", "kernel_release") == "5.4.69");
}

TEST_CASE("Frames in bold are frames") {
  const TextSink sink = Import(
      "[  100.000001] mongod: page allocation stalls for 10100ms, order:0, mode:0x24(GFP_NOFS)\n"
      "[  100.000002] Call Trace:\n"
      "**[  100.000003] acme_putpage+0x1f5/0x590 [acme]**\n"
      "[  100.000004] **[<ffffffff8112f64a>] ? pageout.isra.53+0x1e6/0x340**\n"
      "[  100.000005] shrink_page_list+0x7c/0x9c**\n");
  REQUIRE(sink.events().size() == 1);
  const std::string rows = sink.ToText();
  CHECK(rows.find("symbol=acme_putpage offset=501 size=1424 module=acme") != std::string::npos);
  CHECK(rows.find("symbol=pageout.isra.53") != std::string::npos);
  CHECK(rows.find("symbol=shrink_page_list") != std::string::npos);
}

TEST_CASE("A first line that was copied without its prefix belongs to the host of the next") {
  const std::string rest = "Jun 13 04:36:30 h kernel: ";
  const TextSink sink = Import("java: page allocation failure: order:0, mode:0x20(GFP_ATOMIC)\n" +
                               rest + "CPU: 7 PID: 111104 Comm: java Not tainted 4.4.0 #1\n" +
                               rest + "Call Trace:\n" + rest + " [<ffffffff8112f64a>] f+0x1/0x2\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 4);
  CHECK(sink.ToText().find("host=h") != std::string::npos);
  CHECK(test::CellOf(sink.events()[0], "page_alloc_failure", "pid") == "111104");
}

TEST_CASE("A first line without its prefix belongs to the next one's host below an open report") {
  const std::string at = "Jun 13 04:36:30 h kernel: ";
  const TextSink sink =
      Import(at + "Node 1 Normal free:2448kB min:1684kB low:5200kB high:6200kB\n" + at +
             "lowmem_reserve[]: 0 0 0 0\n" +
             "java: page allocation failure: order:0, mode:0x20(GFP_ATOMIC)\n" + at +
             "CPU: 7 PID: 1104 Comm: java Not tainted 4.4.0 #1\n" + at + "Call Trace:\n" + at +
             " [<ffffffff8112f64a>] f+0x1/0x2\n");
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[1].kind == "alloc_failure");
  CHECK(sink.events()[1].lines.size() == 4);
  CHECK(test::CellOf(sink.events()[1], "page_alloc_failure", "pid") == "1104");
}

TEST_CASE("A report of which only the first line has its prefix is one, of that line's host") {
  const std::string at = "Jun 13 04:36:30 h kernel: ";
  const TextSink sink =
      Import(at + "java: page allocation failure: order:0, mode:0x20(GFP_ATOMIC)\n" +
             "CPU: 7 PID: 1104 Comm: java Not tainted 4.4.0 #1\nCall Trace:\n" +
             " [<ffffffff8112f64a>] f+0x1/0x2\n" + at + "eth0: link up\nCall Trace:\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 4);
  CHECK(sink.ToText().find("host=h") != std::string::npos);
  CHECK(test::CellOf(sink.events()[0], "page_alloc_failure", "pid") == "1104");
}

TEST_CASE("A first line with its uptime alone is of the next one's host by that clock") {
  const std::string header =
      "snmpd invoked oom-killer: gfp_mask=0x840d0, order=0, oom_score_adj=0\n";
  for (const std::string_view uptime : {"3110562.214498", "12.214498"}) {
    const TextSink sink =
        Import("[" + std::string(uptime) + "] " + header +
               "Jun  6 12:43:18 h kernel: [3110562.214502] snmpd cpuset=/ mems_allowed=0\n");
    const bool near = uptime.size() > 10;
    CHECK(sink.events().size() == (near ? 1 : 2));
    CHECK((sink.ToText().find("cpuset=/") != std::string::npos) == near);
  }
}

TEST_CASE("A report that lost its header is known by the requester's cpuset, or by its trace") {
  const std::string trace =
      "[  10.000002] CPU: 2 PID: 22101 Comm: mongod Kdump: loaded Not tainted "
      "3.10.0-957.el7.x86_64 #1\n"
      "[  10.000003] Call Trace:\n"
      "[  10.000004]  [<ffffffff9e5bb7c0>] dump_header+0x90/0x229\n"
      "[  10.000005]  [<ffffffff9e5bb8c0>] oom_kill_process+0x254/0x3d0\n"
      "[  10.000006]  [<ffffffff9e5bb9c0>] mem_cgroup_oom_synchronize+0x1/0x2\n";
  const TextSink cpuset = Import("[  10.000001] mongod cpuset=66af mems_allowed=0\n" + trace);
  REQUIRE(cpuset.events().size() == 1);
  CHECK(cpuset.events()[0].kind == "oom");
  CHECK(test::CellOf(cpuset.events()[0], "oom_report", "invoker_comm") == "mongod");
  CHECK(test::CellOf(cpuset.events()[0], "oom_report", "cpuset") == "66af");
  CHECK(test::CellOf(cpuset.events()[0], "oom_report", "constraint_kind") == "memcg");
  const TextSink frame = Import(trace.substr(trace.find("[  10.000004]")));
  REQUIRE(frame.events().size() == 1);
  CHECK(frame.events()[0].kind == "oom");
  const TextSink refusal = Import(
      "[  10.000001] mongod cpuset=/ mems_allowed=0\n"
      "[  10.000002] CPU: 2 PID: 22101 Comm: mongod Not tainted 4.14.0 #1\n"
      "[  10.000003] Call Trace:\n"
      "[  10.000004]  warn_alloc+0x10b/0x1a0\n");
  REQUIRE(refusal.events().size() == 1);
  CHECK(refusal.events()[0].kind == "alloc_failure");
}

TEST_CASE("A cpuset line is no run of the OOM killer, and names whose report it is") {
  const std::string cpuset = "[  10.000001] dockerd cpuset=/ mems_allowed=0\n";
  const TextSink alone =
      Import(cpuset + "[  10.000002] CPU: 0 PID: 5 Comm: other Not tainted 5.4.0 #1\n");
  REQUIRE(alone.events().size() == 1);  // the line must not vanish, nor tell more than it says
  CHECK(alone.events()[0].kind == "mem_info");
  CHECK(alone.events()[0].lines.size() == 1);
  CHECK(alone.events()[0].damage == "nothing but whose request it was");
  const TextSink sink = Import(cpuset + "[  10.000002] Mem-Info:\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "mem_info");
}

TEST_CASE("Equal days of different months are different days, though their names are not known") {
  const TextSink sink = Import(
      "май 28 01:23:30 h kernel: bar invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0\n"
      "июн 28 01:23:31 h kernel: Out of memory: Killed process 7 (bar) total-vm:1kB, anon-rss:1kB, "
      "file-rss:0kB\n");
  CHECK(sink.events().size() == 2);
}

TEST_CASE("The rest of a memory report is one from its counters or totals on") {
  for (const std::string text :
       {"[  10.000001] 316507 total pagecache pages\n", "[  10.000001] Free swap  = 1945376kB\n",
        "[  10.000001] Swap cache stats: add 1, delete 1, find 0/0\n",
        "[  10.000001]  mapped:5636 shmem:182 pagetables:211\n"}) {
    CAPTURE(text);
    const TextSink sink = Import(text);
    REQUIRE(sink.events().size() == 1);
    CHECK(sink.events()[0].kind == "mem_info");
    CHECK_FALSE(sink.events()[0].complete);
  }
}

TEST_CASE("Old kernels tell one kill for each thread of the process") {
  const std::string kill = "[  10.000001] Out of Memory: Killed process 2368 (jserver).\n";
  const TextSink sink = Import(kill + kill + kill);
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].lines.size() == 3);
  CHECK(test::CellsOf(sink.events()[0], "oom_kill", "pid").size() == 1);
}

TEST_CASE("A kill whose sizes were cut off is one") {
  const TextSink sink =
      Import("[  10.000001] Out of memory: Killed process 2866 (dontstarve) total-vm:740852\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(test::CellOf(sink.events()[0], "oom_kill", "comm") == "dontstarve");
  CHECK(test::CellOf(sink.events()[0], "oom_kill", "total_vm_kb").empty());
}

TEST_CASE("Soft breaks of mail that lost its header are joined, pipes quote") {
  const TextSink sink = Import(
      "WARNING: CPU: 2 PID: 387 at security/apparmor/match.c:316 aa_dfa_unpack_and=\n"
      "_more+0x6cc/0x720\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].title == "WARNING in aa_dfa_unpack_and_more");
  const TextSink quoted = Import(
      ">>> | BUG: Kernel NULL pointer dereference at 0x00000000\n"
      ">>> | Oops: Kernel access of bad area, sig: 11 [#1]\n");
  REQUIRE(quoted.events().size() == 1);
  CHECK(quoted.events()[0].lines.size() == 2);
}

TEST_CASE("Bare lines of fixed words are records, prose with such words is none") {
  const std::string segfault =
      "crasher[143]: segfault at 10 ip 0000000000401615 sp 00007ffd2dae5c68 error 6 in c[401+78]";
  for (const std::string& text :
       {std::string("end_request: I/O error, dev sda, sector 67801511"),
        std::string("EXT3-fs error (device dm-1): ext3_readdir: bad entry in directory #978"),
        std::string("ahci 0000:00:12.0: swiotlb buffer is full (sz: 512 bytes)"),
        std::string("__alloc_pages: 0-order allocation failed (gfp=0x20/0) from c012845e"),
        std::string("sending SIGTERM to process 6 \"python3\": badness 209, VmRSS 2891 MiB"),
        segfault}) {
    CAPTURE(text);
    CHECK(Import(text + "\n").events().size() == 1);
  }
  for (const std::string& text :
       {std::string("I got end_request: I/O error, dev sda, sector 67801511 all day"),
        std::string("EXT3-fs error (device dm-1): ext3_readdir: what does it mean?"),
        std::string("BTRFS critical (device X): I saw this 2 times"),
        std::string("Kernel panic: Attempted to kill init! happens when you run this 3 times"),
        std::string("| Out of memory: Killed process 5 (foo)"), "I got " + segfault,
        std::string("See log at 12:34:56 in kernel: Out of memory: Killed process 9 (foo)."),
        std::string("Total swap = 12kB is what it said"), std::string("x cpuset=/ mems_allowed=0"),
        "I see: " + segfault}) {
    CAPTURE(text);
    CHECK(Import(text + "\n").events().empty());
  }
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

TEST_CASE("Lines of a record that were pasted twice are no second record") {
  const std::string counters =
      "[  812.000401] memory: usage 204800kB, limit 204800kB, failcnt 77\n"
      "[  812.000402] memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0\n"
      "[  812.000403] kmem: usage 7000kB, limit 9007199254740988kB, failcnt 0\n";
  const std::string head =
      "[  812.000300] job invoked oom-killer: gfp_mask=0x24000c0, order=0, oom_score_adj=0\n"
      "[  812.000400] Task in /a killed as a result of limit of /a\n";
  const std::string kill =
      "[  812.000500] Memory cgroup out of memory: Kill process 77 (job) score 904 or sacrifice "
      "child\n";
  CHECK(Import(head + counters + counters + kill).events().size() == 1);
  // The same text at another moment is another group's.
  std::string later = counters;
  for (std::size_t at = later.find(".0004"); at != std::string::npos; at = later.find(".0004"))
    later.replace(at, 5, ".0009");
  CHECK(Import(head + counters + later + kill).events().size() == 2);
}

TEST_CASE("The task that printed a report asked for memory, where its header is lost") {
  const auto report = [](const std::string& caller) {
    const auto line = [&](const std::string& text) {
      return "[  385.952126][" + caller + "] " + text + "\n";
    };
    return line("Call Trace:") + line(" dump_header+0x4a/0x220") +
           line(" oom_kill_process+0xe8/0x140") + line("Tasks state (memory values in pages):") +
           line(
               "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj "
               "name") +
           line("[    811]     0   811    19824      674   188416        0          -250 loader") +
           line("[    812]     0   812    21762      503   192512        0         -1000 other");
  };
  const TextSink by_task = Import(report("  T811"));
  REQUIRE(by_task.events().size() == 1);
  CHECK(test::CellOf(by_task.events()[0], "oom_report", "invoker_comm") == "loader");
  CHECK(test::CellOf(by_task.events()[0], "oom_report", "invoker_pid") == "811");
  CHECK(by_task.events()[0].damage.find("what was asked for is lost") != std::string::npos);
  const TextSink by_cpu = Import(report("  C811"));  // in an interrupt of anybody's
  REQUIRE(by_cpu.events().size() == 1);
  CHECK(test::CellOf(by_cpu.events()[0], "oom_report", "invoker_comm").empty());
}

TEST_CASE("A mapping that got no memory is told by old kernels without the file's name") {
  const TextSink sink = Import("Allocation of length 221184 from process 67 (free) failed\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].title == "free: mapping of 221184 bytes failed");
  CHECK(Import("so the Allocation of length 221184 from process 67 (free) failed\n")
            .events()
            .empty());
}

TEST_CASE("Lines that an author quotes above the whole report are no record of their own") {
  const std::string quote =
      "[  385.000001] vm7 kernel: Free swap  = -24580kB\n"
      "[  385.000002] vm7 kernel: Total swap = 0kB\n"
      "[  385.000003] vm7 kernel: 458615 pages RAM\n\nThe whole of it:\n\n";
  const std::string whole =
      "  Mem-Info:\n"
      "  122508 total pagecache pages\n"
      "  1176 pages in swap cache\n"
      "  Free swap  = -24580kB\n"
      "  Total swap = 0kB\n"
      "  458615 pages RAM\n";
  const TextSink quoted = Import(quote + whole);
  REQUIRE(quoted.events().size() == 1);
  CHECK(quoted.events()[0].lines.front().place.line == 7);
  std::string other = whole;
  other.replace(other.find("458615"), 6, "458616");
  CHECK(Import(quote + other).events().size() == 2);
  CHECK(Import(quote).events().size() == 1);
  // Any machine without swap prints such lines.
  const std::string common = "Free swap  = 0kB\n";
  std::string no_swap = quote;
  no_swap.replace(no_swap.find("Free swap  = -24580kB\n"), 22, common);
  std::string no_swap_whole = whole;
  no_swap_whole.replace(no_swap_whole.find("Free swap  = -24580kB\n"), 22, common);
  CHECK(Import(no_swap + no_swap_whole).events().size() == 2);
}

}  // namespace
}  // namespace kautopsy
