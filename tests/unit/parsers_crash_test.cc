#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/crash_head.h"
#include "parsers/kernel/crash_place.h"
#include "parsers/kernel/taint.h"
#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy::test {
namespace {

struct Wording {
  std::string_view text;
  std::string_view kind;
  std::string_view title;
};

// The lines of the sample, each behind `prefix` in place of its uptime.
std::string WithPrefix(const std::string& sample, const std::string& prefix) {
  std::string text;
  for (const std::string& line : LinesOf(ReadFile("samples/" + sample))) {
    const std::size_t end = line.find("] ");
    text += prefix + (end == std::string::npos ? line : line.substr(end + 2)) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the heads of crashes have one title for the words of all times") {
  constexpr std::string_view kNull = "BUG: unable to handle kernel NULL pointer dereference";
  constexpr std::string_view kPaging = "BUG: unable to handle kernel paging request";
  const Wording wordings[] = {
      {"Unable to handle kernel NULL pointer dereference at 0000000000000018 RIP:", "oops", kNull},
      {"BUG: unable to handle kernel NULL pointer dereference at           (null)", "oops", kNull},
      {"BUG: kernel NULL pointer dereference, address: 0000000000000008", "oops", kNull},
      {"BUG: Kernel NULL pointer dereference on read at 0x00000008", "oops", kNull},
      {"Unable to handle kernel paging request at virtual address 5a5a5a62", "oops", kPaging},
      {"BUG: unable to handle page fault for address: fffff61a1a1a1a1a", "oops", kPaging},
      {"BUG: Unable to handle kernel data access on write at 0xc00a0000", "oops", kPaging},
      {"CPU 1 Unable to handle kernel paging request at virtual address 00000024, epc == 80123454",
       "oops", kPaging},
      {"Unable to handle kernel paging request at virtual address 003dfb44 when read", "oops",
       kPaging},
      {"CPU 0 Unable to handle kernel paging request at virtual address 0000000000002b82, era == "
       "9000",
       "oops", kPaging},
      {"Unable to handle kernel paging request for data at address 0x00000000", "oops", kPaging},
      {"Unable to handle kernel access at virtual address (ptrval)", "oops", kPaging},
      {"Kernel Fault: Code=15 (Data TLB miss fault) at addr 00000010", "oops", "Kernel Fault"},
      {"Bad Address (null pointer deref?): Code=15 (Data TLB miss fault) at addr 00000010", "oops",
       "Bad Address (null pointer deref?)"},
      {"monitor event: 0040 ilc:2 [#1]SMP", "oops", "monitor event"},
      {"Oops: 0002 [#1] PREEMPT SMP", "oops", "Oops"},
      {"Oops: Oops: 0002 [#1] PREEMPT SMP NOPTI", "oops", "Oops"},
      {"double fault: 0000 [1] SMP", "oops", "double fault"},
      {"cat(183): Oops 0", "oops", "Oops"},
      {"Internal error: synchronous external abort: 96000210 [#1] SMP", "oops",
       "synchronous external abort"},
      {"general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1]",
       "gpf", "general protection fault"},
      {"kernel BUG at mm/slub.c:4200!", "bug", "kernel BUG"},
      {"BUG: scheduling while atomic: insmod/102/0x00000002", "bug",
       "BUG: scheduling while atomic"},
      {"BUG: scheduling while atomic: swapper/0x00000100/0", "bug", "BUG: scheduling while atomic"},
      {"BUG: spinlock lockup suspected on CPU#1, kworker/1:2/77", "bug", "BUG: spinlock lockup"},
      {"BUG kmalloc-64 (Not tainted): Redzone overwritten", "bug",
       "BUG kmalloc-64: Redzone overwritten"},
      {"WARNING: at fs/x.c:12 f+0x1/0x2() (Not tainted)", "warning", "WARNING"},
      {"WARNING: CPU: 0 PID: 7 at fs/x.c:12 f+0x1/0x2 [m]", "warning", "WARNING"},
      {"WARNING: fs/x.c:12 at f+0x1/0x2, CPU#0: a b/7", "warning", "WARNING"},
      {"WARNING: CPU: 0 PID: 7 at fs/x.c:12 f (fs/x.c:12 (discriminator 2) fs/x.c:8)", "warning",
       "WARNING"},
      {"NMI watchdog: BUG: soft lockup - CPU#38 stuck for 26s! [xfs_io:258927]", "soft_lockup",
       "BUG: soft lockup"},
      {"watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 7", "hard_lockup", "hard LOCKUP"},
      {"INFO: task a:b:5732 blocked for more than 120 seconds.", "hung_task", "INFO: task hung"},
      {"rcu: INFO: rcu_sched self-detected stall on CPU", "rcu_stall",
       "INFO: rcu_sched self-detected stall on CPU"},
      {"[ INFO: possible circular locking dependency detected ]", "lockdep",
       "possible circular locking dependency detected"},
      {"BUG: KASAN: use-after-free in f+0x1/0x2 [m]", "sanitizer", "KASAN: use-after-free"},
      {"BUG: Bad page state in process kcompactd0  pfn:15dd75", "bad_page", "BUG: Bad page state"},
      {"Kernel panic - not syncing: Fatal exception", "panic", "kernel panic: Fatal exception"}};
  for (const Wording& wording : wordings) {
    CAPTURE(wording.text);
    const std::optional<CrashHead> head = ParseCrashHead(wording.text);
    REQUIRE(head);
    CHECK(head->kind == wording.kind);
    CHECK(head->title == wording.title);
  }
}

TEST_CASE("what only speaks of crashes is no head of one") {
  for (const char* text :
       {"rcu: Unless rcu_preempt kthread gets sufficient CPU time, OOM is now expected behavior.",
        "NMI watchdog: Perf NMI watchdog permanently disabled", "mce: [Hardware Error]: bank",
        "CPU0: stopping", "The words BUG: soft lockup - CPU#1 stuck for 22s! [x:1] in a sentence",
        "WARNING: this is a test", "Modules linked in: bug"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseCrashHead(text));
  }
}

TEST_CASE("a name may hold what stands behind it") {
  const auto head =
      ParseCrashHead("INFO: task kworker/u16:26:5732 blocked for more than 122 seconds.");
  REQUIRE(head);
  CHECK(head->comm == "kworker/u16:26");
  CHECK(head->pid == 5732);
  CHECK(head->seconds == 122);
}

TEST_CASE("every architecture's line of the instruction pointer names a function") {
  for (const char* text :
       {"RIP: 0010:[<ffffffff8023bada>]  [<ffffffff8023bada>] f+0x7d/0xda [m]",
        "RIP: 0010:f+0x559/0xff0 [m]", "EIP is at f+0x32/0x40 [m]", "pc : f+0x280/0x2a8 [m]",
        "NIP [c0000000beea10a0] f+0x100/0x290 [m]",
        "Krnl PSW : 0404c00180000000 0000000000431f8e (f+0x62/0x7c [m])", "epc : f+0xa/0x2e [m]",
        "TPC: <f+0x34/0xc0 [m]>", "IAOQ[0]: f+0xc4/0x208 [m]"}) {
    CAPTURE(text);
    const std::optional<CodePlace> place = ParseInstructionPointer(text);
    REQUIRE(place);
    CHECK(place->symbol == "f");
    CHECK(place->module == "m");
  }
  CHECK_FALSE(ParseInstructionPointer("RIP: 0033:0x47fbe9"));
  CHECK_FALSE(ParseInstructionPointer("epc : ffffffff80358b6c ra : ffffffff80395382"));
}

TEST_CASE("taint is told letter by letter") {
  const std::vector<Taint> taints = DecodeTaint("GWr");
  REQUIRE(taints.size() == 2);
  CHECK(taints[0].name == "WARN");
  CHECK(taints[1].letter == "r");
  CHECK_FALSE(taints[1].name);
}

TEST_CASE("a crash has the same title and key in every rendering") {
  const TextSink console = Import(ReadFile("samples/crash/oops-6.12.log"));
  const RecordedEvent& event = TheOne(console, "oops");
  for (const char* prefix :
       {"", "<4>[    2.256378] ", "[    2.256378][  T146] ", "kern  :alert : [    2.256378] ",
        "Nov 20 12:00:04 db3 kernel: [    2.256378] ",
        "2024-05-01T12:00:00.123456+02:00 db3 kernel: "}) {
    CAPTURE(prefix);
    const TextSink sink = Import(WithPrefix("crash/oops-6.12.log", prefix));
    const RecordedEvent& other = TheOne(sink, "oops");
    CHECK(other.title == event.title);
    CHECK(other.key == event.key);
    CHECK(other.complete);
    CHECK(CellOf(other, "crash", "dedup_key") == CellOf(event, "crash", "dedup_key"));
  }
}

TEST_CASE("a crash within another report, and the other way round, leave both whole") {
  const std::vector<std::string> oom = LinesOf(ReadFile("samples/oom/el6-complete.log"));
  const std::string prefix = oom[0].substr(0, oom[0].find("kernel: ") + 8);
  const std::vector<std::string> oops = LinesOf(WithPrefix("crash/oops-6.12.log", prefix));
  const auto nested = [](const std::vector<std::string>& outer, std::size_t at,
                         const std::vector<std::string>& inner) {
    std::string text;
    for (std::size_t i = 0; i < outer.size(); ++i) {
      for (std::size_t j = 0; i == at && j < inner.size(); ++j) text += inner[j] + "\n";
      text += outer[i] + "\n";
    }
    return text;
  };
  for (const std::size_t at : {5U, 20U, 40U}) {
    CAPTURE(at);
    for (const std::string& text : {nested(oom, at, oops), nested(oops, at, oom)}) {
      const TextSink sink = Import(text);
      CHECK(TheOne(sink, "oops").complete);
      CHECK(TheOne(sink, "oom").complete);
    }
  }
}

TEST_CASE("two CPUs that print at once are told apart by the callers in their lines") {
  const std::vector<std::string> left =
      LinesOf(WithPrefix("crash/oops-6.12.log", "[   10.000001][  T146] "));
  const std::vector<std::string> right =
      LinesOf(WithPrefix("crash/oops-6.12.log", "[   10.000001][  T147] "));
  std::string text;
  for (std::size_t i = 0; i < left.size(); ++i) text += left[i] + "\n" + right[i] + "\n";
  const TextSink sink = Import(text);
  REQUIRE(sink.events().size() == 2);
  for (const RecordedEvent& event : sink.events()) {
    CHECK(event.kind == "oops");
    CHECK(event.complete);
  }
}

TEST_CASE(
    "ports and disks that fail at once are told apart, other lines between them do not matter") {
  const TextSink ata = Import(
      "[  100.000000] ata1.00: exception Emask 0x0 SAct 0x20 SErr 0x0 action 0x6 frozen\n"
      "[  100.000001] ata2.00: exception Emask 0x0 SAct 0x20 SErr 0x0 action 0x6 frozen\n"
      "[  100.000002] ata1.00: failed command: READ FPDMA QUEUED\n"
      "[  100.000003] ata2.00: failed command: WRITE FPDMA QUEUED\n"
      "[  100.000004] ata1.00: cmd 60/08:28:00:08:00/00:00:00:00:00/40 tag 5 ncq 4096 in\n"
      "[  100.000005]          res 40/00:00:00:00:00/00:00:00:00:00/00 Emask 0x4 (timeout)\n"
      "[  100.000006] ata2.00: cmd 61/08:28:00:08:00/00:00:00:00:00/40 tag 5 ncq 4096 out\n"
      "[  100.000007] br0: port 2(vnet1) entered disabled state\n"
      "[  100.000008]          res 41/40:00:00:00:00/00:00:00:00:00/00 Emask 0x9 (media error)\n"
      "[  101.000010] ata1: EH complete\n"
      "[  101.000011] ata2: EH complete\n");
  REQUIRE(ata.events().size() == 2);
  CHECK(ata.events()[0].title == "timeout on ata1.00: READ FPDMA QUEUED");
  CHECK(ata.events()[1].title == "medium error on ata2.00: WRITE FPDMA QUEUED");
  const TextSink scsi = Import(
      "[  100.000000] sd 0:0:0:0: [sda] tag#5 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK\n"
      "[  100.000001] sd 1:0:0:0: [sdb] tag#7 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK\n"
      "[  100.000002] sd 0:0:0:0: [sda] tag#5 Sense Key : Medium Error [current]\n"
      "[  100.000003] sd 1:0:0:0: [sdb] tag#7 Sense Key : Hardware Error [current]\n"
      "[  100.000004] sd 0:0:0:0: [sda] tag#5 Add. Sense: Unrecovered read error\n"
      "[  100.000005] sd 1:0:0:0: [sdb] tag#7 Add. Sense: Internal target failure\n"
      "[  100.000006] blk_update_request: critical medium error, dev sda, sector 2048\n"
      "[  100.000007] blk_update_request: critical target error, dev sdb, sector 4096\n");
  REQUIRE(scsi.events().size() == 2);
  CHECK(scsi.events()[0].title == "medium error on sda: Unrecovered read error");
  CHECK(scsi.events()[1].title == "I/O error on sdb: Internal target failure");
  CHECK(scsi.events()[1].complete);
}

TEST_CASE("hardware errors go on behind a stranger's line, and are crashes too") {
  const TextSink sink = Import(
      "[  100.000000] mce: [Hardware Error]: CPU 1: Machine Check: 0 Bank 5: be00000000800400\n"
      "[  100.000001] br0: port 2(vnet1) entered disabled state\n"
      "[  100.000002] mce: [Hardware Error]: TSC 0 ADDR 111111111 MISC 7880000000\n"
      "[  100.000003] {1}[Hardware Error]: event severity: corrected\n"
      "[  100.000004] {1}[Hardware Error]:  Error 0, type: corrected\n"
      "[  100.000005] br0: port 2(vnet1) entered blocking state\n"
      "[  100.000006] {1}[Hardware Error]:   section_type: memory error\n"
      "[  100.000007] {1}[Hardware Error]:   physical_address: 0x000000012345f000\n"
      "[  100.000008] br0: port 2(vnet1) entered forwarding state\n");
  REQUIRE(sink.events().size() == 2);
  const RecordedEvent& check = sink.events()[0];
  CHECK(CellOf(check, "hardware_error", "address") == "111111111");
  CHECK(CellOf(check, "crash", "kind") == "mce");
  CHECK(CellOf(check, "crash", "title") == "fatal hardware error: machine check");
  CHECK(CellOf(check, "crash", "cpu") == "1");
  const RecordedEvent& firmware = sink.events()[1];
  CHECK(CellOf(firmware, "hardware_error", "address") == "000000012345f000");
  CHECK(CellOf(firmware, "crash", "dedup_key").size() == 32);
}

TEST_CASE("a report that lost its trace says so") {
  const std::string after = "[  100.900000] br0: port 2(vnet1) entered disabled state\n";
  const std::vector<std::string> cut = {
      "[  100.000000] INFO: rcu_sched self-detected stall on CPU\n",
      "[  100.000000] BUG: sleeping function called from invalid context at mm/slab.h:494\n"
      "[  100.000001] in_atomic(): 1, irqs_disabled(): 0, pid: 611, name: acmectl\n"
      "[  100.000002] Preemption disabled at:\n"
      "[  100.000003] [<ffffffffc0a01234>] acme_set+0x14/0x60 [acme]\n"
      "[  100.000004] CPU: 0 PID: 611 Comm: acmectl Tainted: G           O 6.1.50 #1\n",
      "[  100.000000] WARNING: possible circular locking dependency detected\n"
      "[  100.000001] 6.1.50 #1 Tainted: G           O\n"
      "[  100.000002] acmectl/633 is trying to acquire lock:\n"
      "[  100.000003] the existing dependency chain (in reverse order) is:\n"
      "[  100.000004] -> #1 (&b->lock){+.+.}-{3:3}:\n"
      "[  100.000005]        acme_drain+0x14/0x60 [acme]\n"};
  for (const std::string& text : cut) {
    CAPTURE(text);
    std::string log = text;
    log += after;
    const TextSink sink = Import(log);
    REQUIRE(sink.events().size() == 1);
    CHECK_FALSE(sink.events()[0].complete);
    CHECK(sink.events()[0].damage.find("no call trace") != std::string::npos);
  }
}

TEST_CASE("a hung task's stack is whole if it is told to its bottom") {
  const std::string head =
      "[  300.000000] INFO: task acmed:17 blocked for more than 120 seconds.\n"
      "[  300.000001]       Tainted: G           O 6.1.50 #1\n"
      "[  300.000002] task:acmed state:D stack:0 pid:17 ppid:1 flags:0x00000000\n"
      "[  300.000003] Call Trace:\n"
      "[  300.000004]  __schedule+0x34d/0x9e0\n";
  const std::string bottom = "[  300.000005]  entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n";
  const std::string after = "[  300.000006] br0: port 2(vnet1) entered disabled state\n";
  const TextSink cut = Import(head + after);
  REQUIRE(cut.events().size() == 1);
  CHECK_FALSE(cut.events()[0].complete);
  const TextSink whole = Import(head + bottom + after);
  REQUIRE(whole.events().size() == 1);
  CHECK(whole.events()[0].complete);
}

TEST_CASE("two crashes that no caller tells apart are not called whole") {
  const std::vector<std::string> lines =
      LinesOf(WithPrefix("crash/oops-6.12.log", "[   10.000001] "));
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n").append(line).append("\n");
  const TextSink sink = Import(text);
  REQUIRE_FALSE(sink.events().empty());
  for (const RecordedEvent& event : sink.events()) CHECK_FALSE(event.complete);
}

}  // namespace kautopsy::test
