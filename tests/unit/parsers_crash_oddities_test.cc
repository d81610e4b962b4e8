#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy::test {

TEST_CASE("an old stall tells its CPUs in the first line, and whose stack stands below") {
  const TextSink sink = Import(
      "[  100.000000] INFO: rcu_sched detected stalls on CPUs/tasks: { 3 12} (detected by 1, "
      "t=15002 "
      "jiffies)\n"
      "[  100.000001] NMI backtrace for cpu 1\n"
      "[  100.000002] CPU: 1 PID: 0 Comm: swapper/1 Not tainted 3.13.0 #1\n"
      "[  100.000003] NMI backtrace for cpu 3\n"
      "[  100.000004] CPU: 3 PID: 77 Comm: spinner Not tainted 3.13.0 #1\n");
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(CellOf(event, "crash", "comm") == "spinner");
  CHECK(CellOf(event, "crash", "pid") == "77");
  CHECK(CellOf(event, "crash", "jiffies") == "15002");
  CHECK(CellsOf(event, "rcu_stall", "cpu") == std::vector<std::string>{"3", "12"});
}

TEST_CASE("whoever is not among the CPUs of a stall does not stall") {
  const std::string who =
      "[  100.000001] CPU: 3 PID: 33 Comm: three Not tainted 3.10.0 #1\n"
      "[  100.000002] Call Trace:\n"
      "[  100.000003]  spin+0x1/0x2\n";
  const TextSink both = Import(
      "[  100.000000] INFO: rcu_sched self-detected stall on CPU { 2 3}  (t=2100 jiffies g=1)\n" +
      who);
  CHECK(CellOf(TheOne(both, "rcu_stall"), "crash", "comm") == "three");
  const TextSink tasks = Import(
      "[  100.000000] INFO: rcu_sched detected stalls on CPUs/tasks: { P1234 P99 } (detected by 3, "
      "t=6002 jiffies)\n" +
      who);
  CHECK(CellOf(TheOne(tasks, "rcu_stall"), "crash", "comm").empty());
  CHECK(CellOf(TheOne(tasks, "rcu_stall"), "rcu_stall", "pid") == "1234");
}

TEST_CASE("taint stands among the registers of old kernels and other architectures") {
  const std::string head = "Unable to handle kernel paging request at virtual address 0f0ffa77\n";
  for (const char* line :
       {"EIP:    0060:[<f8cbd29d>]    Tainted: P  ", "EFLAGS: 00000293    Tainted: P  (2.6.12)",
        "REGS: c0000000017ff4a0 TRAP: 0300   Tainted: P  (2.6.19-rc4-mm1)",
        "CPU:    3    Tainted: P  ", "epc   : ffffffff80088290 f+0x1/0x2     Tainted: P"}) {
    CAPTURE(line);
    const TextSink sink = Import(head + line + "\n");
    REQUIRE(sink.events().size() == 1);
    CHECK(CellOf(sink.events()[0], "crash", "taint") == "P");
  }
}

TEST_CASE("the oldest traces name several frames in a line, or none") {
  struct Case {
    std::string_view line;
    std::vector<std::string> symbols;
  };
  const Case cases[] = {
      {"Call Trace: [<c0133793>] [<c0133c16>]", {"0xc0133793", "0xc0133c16"}},
      {"Call Trace: [<0023f77c>] timerqueue_del+0x2c/0x50", {"timerqueue_del"}},
      {"Call Trace: [__alloc_pages+61/384] [audio:usbout+22/24]", {"__alloc_pages", "usbout"}},
      {"Call Trace:\n <c024c33b> f+0x0/0x10c  <c0119c7d> g+0x35/0x7d", {"f", "g"}},
      {"Call Trace:\n [<c010525b>] dump_stack+0x1e/0x20 (20)", {"dump_stack"}},
      {"Call Trace:\n [<c0133793>]", {}}};  // what a cut leaves of a frame with a name
  for (const Case& expected : cases) {
    CAPTURE(expected.line);
    const TextSink sink =
        Import("Unable to handle kernel paging request at virtual address 0f0ffa77\n" +
               std::string(expected.line) + "\n");
    REQUIRE(sink.events().size() == 1);
    CHECK(CellsOf(sink.events()[0], "call_frame", "symbol") == expected.symbols);
  }
}

TEST_CASE("KASAN names first what was inlined, in one report") {
  const TextSink sink = Import(
      "[  100.000000] BUG: KASAN: slab-out-of-bounds in inner fs/x.c:3393 [inline]\n"
      "[  100.000001] BUG: KASAN: slab-out-of-bounds in outer+0x1d88/0x2000 fs/x.c:639\n"
      "[  100.000002] Read of size 1 at addr ffff8880738eb714 by task poc/3605\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].title == "KASAN: slab-out-of-bounds in outer");
}

TEST_CASE("a process line that mail broke before the taint still names the process") {
  const TextSink sink = Import(
      "BUG: scheduling while atomic: masim/895/0x00000002\n"
      "CPU: 2 PID: 895 Comm: masim\n"
      "Not tainted 6.6.0-dirty #255\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "crash", "cpu") == "2");
  const auto& cells = sink.events()[0].facts.cells;
  CHECK(std::any_of(cells.begin(), cells.end(), [](const auto& cell) {
    return cell.first == "kernel_release" && cell.second == "6.6.0-dirty";
  }));
}

TEST_CASE("prose that looks like the first line of a crash is none") {
  for (const char* text :
       {"nginx (pid 812): Exited (code 1)", "release: 1234 [#1]", "Merge: 1a2b3c4d [#42] SMP",
        "Oops: the page is gone [1]", "worker(12): retry attempt [#1]", "Kernel panic: the movie",
        "INFO: rcu_sched self-detected stall on CPU means that a grace period did not end",
        "INFO: rcu_sched detected stalls on CPUs/tasks: please read on",
        "Watchdog detected hard LOCKUP on cpu 0 what now", "Slab corruption: how to debug",
        "[   12.345678] systemd[1]: a[1]: segfault at 0 ip 00 sp 00 error 4 in a[0+1000]"}) {
    CAPTURE(text);
    CHECK(Import(std::string(text) + "\n").events().empty());
  }
}

TEST_CASE("a list of modules goes on where a line was full, and ends at prose") {
  std::string full = "Modules linked in:";
  for (int i = 0; i < 40; ++i) full += " module_" + std::to_string(i) + "(OE)";
  const std::string head =
      "------------[ cut here ]------------\nWARNING: at fs/x.c:12 f+0x1/0x2()\n";
  const TextSink sink =
      Import(head + full + "\n last_one(P) [last unloaded: gone]\nThe end of it\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellsOf(sink.events().front(), "module", "name").size() == 41);
}

}  // namespace kautopsy::test
