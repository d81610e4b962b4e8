#include <doctest/doctest.h>

#include <string>

#include "reports/diagnosis/moments.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("the slab cache whose pages were refused is no second request") {
  Database database = StoreOfText(
      "[   76.674219] fox/1: page allocation failure: order:1, mode:0x200020\n"
      "[   76.674256] CPU: 0 PID: 612 Comm: fox/1 Not tainted 3.12.10 #2\n"
      "[   76.674691] Mem-info:\n"
      "[   76.674739] active_anon:4889 inactive_anon:13 isolated_anon:0\n"
      "[   76.674739]  free:3286 slab_reclaimable:1090 slab_unreclaimable:915\n"
      "[   76.674938] SLAB: Unable to allocate memory on node 0 (gfp=0x20)\n"
      "[   76.674949]   cache: kmalloc-8192, object size: 8192, order: 1\n"
      "[   76.674962]   node 0: slabs: 3/3, objs: 3/3, free: 0\n"
      "[   76.676300] end_request: I/O error, dev mmcblk0, sector 27648\n",
      "slab.log");
  const std::string report = Report(database);
  CHECK(Mentions(report, "the same request: no memory for slab cache"));
  CHECK(Mentions(report, "in the second behind it: 1 storage error; what was"));
}

TEST_CASE("what a refused request's report lacks is told") {
  Database database = StoreOfText(
      "[   76.674219] fox/1: page allocation failure: order:1, mode:0x200020\n"
      "[   76.674691] Mem-info:\n"
      "[   76.674739] active_anon:4889 inactive_anon:13 isolated_anon:0\n",
      "cut.log");
  CHECK(Mentions(Report(database), "incomplete: "));
}

TEST_CASE(
    "the timeline tells the sum of what is mapped together, and a size as the kernel counts it") {
  Database database = StoreOfText(
      "[ 2186.412135] Killed process 840 (bash) total-vm:115568kB, anon-rss:0kB, file-rss:0kB, "
      "shmem-rss:0kB\n"
      "[ 2186.486416] vmalloc: allocation failure, allocated 3221225472 of 4294967296 bytes\n"
      "[ 2186.486420] fox: page allocation failure: order:0, mode:0xd2\n"
      "[ 2187.000001] fox: vmalloc error: size 18446744071562596352, exceeds total pages, "
      "mode:0xdc0(GFP_KERNEL|__GFP_ZERO), nodemask=(null),cpuset=/,mems_allowed=0\n",
      "mapped.log");
  const std::string report = Report(database);
  CHECK(Mentions(report, "4.0 GiB refused"));
  CHECK(Mentions(report, "18446744071562596352 bytes [vmalloc]"));
}

// A cut kill: whoever asked has no pid in the text.
std::string CutKill(const std::string& victim) {
  return "[  100.000001] fox invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n"
         "[  100.000003] Killed process 77 (" +
         victim + ") total-vm:1000kB, anon-rss:900kB, file-rss:0kB\n";
}

TEST_CASE("who asked is not cleared of what befell one of the same name, perhaps itself") {
  Database same = StoreOfText(CutKill("fox"), "same.log");
  const std::string report = Report(same);
  CHECK(Mentions(report, "asked: fox"));
  CHECK_FALSE(Mentions(report, "thereby at fault"));
  Database other = StoreOfText(CutKill("hen"), "other.log");
  CHECK(Mentions(Report(other), "asked: fox; who asks is not thereby at fault"));
}

TEST_CASE("what stands at an uptime happened at it, not on it, whatever else dates it") {
  CHECK(StartOnDay("36 d 0 h after boot") == "At 36 d 0 h after boot");
  CHECK(StartOnDay("Nov 20") == "On Nov 20");
  Database database = StoreOfText(
      "June 6 12:49:57 db7 kernel: [3110960.995962] Out of memory: Kill process 1858 (fox) score "
      "1 "
      "or sacrifice child\n"
      "June 6 12:49:57 db7 kernel: [3110961.032675] Killed process 1858 (fox) total-vm:140652kB, "
      "anon-rss:15492kB, file-rss:6100kB\n",
      "long-month.log");
  CHECK(Mentions(Report(database), "At 36 d 0 h after boot the kernel killed fox"));
}

TEST_CASE("where to look for the lines that a paste lacks depends on who built the kernel") {
  const std::string refused =
      "[  100.000001] fox: page allocation failure: order:4, mode:0xd0\n"
      "[  100.000002] CPU: 0 PID: 77 Comm: fox Not tainted ";
  Database ubuntu = StoreOfText(refused + "4.4.0-119-generic #1\n", "ubuntu.log");
  CHECK(Mentions(Report(ubuntu), "how much was free: the memory report [Mem-Info]"));
  CHECK(Mentions(Report(ubuntu), "journalctl -k | kautopsy -"));
  Database other = StoreOfText(refused + "3.10.0-514.el7.x86_64 #1\n", "other.log");
  CHECK(Mentions(Report(other), "kautopsy /var/log/messages*"));
  CHECK_FALSE(Mentions(Report(other), "journalctl"));
}

std::string Kill(const std::string& release) {
  return "[  100.000001] fox invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0\n"
         "[  100.000002] Pid: 77, comm: fox Not tainted " +
         release +
         " #1\n[  100.000003] Out of memory: kill process 77 (fox) score 1248 or a child\n"
         "[  100.000004] Killed process 77 (fox)\n";
}

TEST_CASE("a score of the old heuristic is not one of 1000") {
  Database old = StoreOfText(Kill("2.6.32"), "old.log");
  CHECK(Mentions(Report(old), "score 1,248, by"));
  Database backport = StoreOfText(Kill("2.6.32-754.el6.x86_64"), "el6.log");
  CHECK(Mentions(Report(backport), "score 1,248 of 1000"));
}

// show_free_areas() until 2.6.10, as it stands in a report of 2.6.9.
TEST_CASE("free swap is told where the report has no total") {
  Database database = StoreOfText(
      "[  100.000003] Mem-info:\n"
      "[  100.000004] Active:2000 inactive:1000 dirty:0 writeback:0 unstable:0 free:2048 "
      "slab:100 "
      "mapped:50 pagetables:10\n"
      "[  100.000005] DMA free:8192kB min:16kB low:32kB high:48kB active:8000kB inactive:4000kB "
      "present:32768kB\n"
      "[  100.000006] protections[]: 0 0 0\n"
      "[  100.000007] DMA: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB "
      "0*2048kB 2*4096kB = 8192kB\n"
      "[  100.000008] Free swap:       2097152kB\n"
      "[  100.000009] Out of Memory: Killed process 77 (fox).\n",
      "old.log");
  CHECK(Mentions(Report(database), "wap 2.0 GiB free; its size is not in the text"));
}

constexpr const char* kHeader =
    "[  100.000001] fox invoked oom-killer: "
    "gfp_mask=0x140c0c0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), "
    "nodemask=(null), order=3, oom_score_adj=0\n"
    "[  100.000002] CPU: 1 PID: 77 Comm: fox Not tainted 4.15.0 #1\n";

TEST_CASE("what was asked for is told where no zones show it") {
  Database database = StoreOfText(kHeader, "header.log");
  CHECK(Mentions(Report(database), "for: 32 KiB in one piece [order 3], mode 0x140c0c0"));
  Database bare = StoreOfText(
      "[  100.000001] Out of memory: Kill process 77 (fox) score 12 or sacrifice child\n"
      "[  100.000002] Killed process 77 (fox) total-vm:800kB, anon-rss:80kB, file-rss:8kB\n",
      "bare.log");
  CHECK_FALSE(Mentions(Report(bare), "for: "));
  CHECK_FALSE(Mentions(Report(bare), "CONSTRAINT_NONE"));
}

std::string StatedKill(const std::string& constraint, const std::string& rest,
                       const std::string& who) {
  return "[  100.000001] oom-kill:constraint=" + constraint +
         ",nodemask=(null),cpuset=/,mems_allowed=0," + rest +
         ",task_memcg=/web,task=fox,pid=77,uid=0\n[  100.000002] " + who +
         ": Killed process 77 (fox) total-vm:800kB, anon-rss:80kB, file-rss:8kB, shmem-rss:0kB, "
         "UID:0 pgtables:8kB oom_score_adj:0\n";
}

TEST_CASE("that the machine ran out and not a group is told where the log states it") {
  Database machine =
      StoreOfText(StatedKill("CONSTRAINT_NONE", "global_oom", "Out of memory"), "machine.log");
  CHECK(Mentions(Report(machine), "The whole machine had run out of"));
  CHECK(Mentions(Report(machine), "memory, not that of a control group"));
  Database group = StoreOfText(
      StatedKill("CONSTRAINT_MEMCG", "oom_memcg=/web", "Memory cgroup out of memory"), "group.log");
  CHECK_FALSE(Mentions(Report(group), "CONSTRAINT_NONE"));
}

TEST_CASE("whose work a kernel worker did stands beside it") {
  Database database = StoreOfText(
      "[  100.000001] kworker/u2:1 invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), order=0\n"
      "[  100.000002] CPU: 0 PID: 718 Comm: kworker/u2:1 Not tainted 4.19.35 #1\n"
      "[  100.000003] Workqueue: card_wq card_data_work [card]\n",
      "worker.log");
  CHECK(Mentions(Report(database), "asked: kworker/u2:1 [pid 718] (card_data_work [card])"));
}

TEST_CASE("a request that waits is not called refused in the course of things") {
  Database database = StoreOfText(
      "[  100.000001] XFS: fox(77) possible memory allocation deadlock in kmem_alloc "
      "(mode:0x250)\n"
      "[  160.000001] XFS: fox(77) possible memory allocation deadlock in kmem_alloc "
      "(mode:0x250)\n"
      "[  220.000001] XFS: fox(77) possible memory allocation deadlock in kmem_alloc "
      "(mode:0x250)\n",
      "xfs.log");
  ReportOptions options;
  options.verbose = true;
  CHECK(Mentions(Report(database, options), "request waited for"));
  CHECK_FALSE(Mentions(Report(database, options), "request refused"));
}

// The head of the report is lost; what a worker did stands right above its counters.
std::string CutReport(const std::string& between) {
  std::string text;
  for (const char* const frame : {"dpm_run_callback+0x4c/0x120", "__device_suspend+0xfa/0x410",
                                  "? kthread_park+0x60/0x60", "ret_from_fork+0x22/0x30"})
    text += std::string("Nov 24 10:00:00 web1 kernel:  ") + frame + "\n";
  return text + between +
         "Nov 24 10:00:00 web1 kernel: Mem-Info:\n"
         "Nov 24 10:00:00 web1 kernel: active_anon:2 inactive_anon:900000 isolated_anon:0\n"
         "Nov 24 10:00:00 web1 kernel:  active_file:90 inactive_file:80 isolated_file:0\n"
         "Nov 24 10:00:00 web1 kernel:  unevictable:20 dirty:5 writeback:0\n"
         "Nov 24 10:00:00 web1 kernel:  slab_reclaimable:4000 slab_unreclaimable:5000\n"
         "Nov 24 10:00:00 web1 kernel:  mapped:90 shmem:200 pagetables:900 bounce:0\n"
         "Nov 24 10:00:00 web1 kernel:  free:9000 free_pcp:0 free_cma:0\n";
}

TEST_CASE("a trace right above counters without a header tells what they are of") {
  Database slept = StoreOfText(CutReport(""), "slept.log");
  CHECK(Mentions(Report(slept), "asked for while the machine slept or woke"));
  CHECK(Mentions(Report(slept), "programs filled the memory: 97.9 % [host_exhausted]"));
  Database apart =
      StoreOfText(CutReport("Nov 24 10:00:00 web1 kernel: eth0: link becomes ready\n"), "eth.log");
  CHECK_FALSE(Mentions(Report(apart), "slept or woke"));
  CHECK_FALSE(Mentions(Report(apart), "host_exhausted"));
}

TEST_CASE("programs of one name are summed up against their control group's limit") {
  std::string log =
      "[  100.000000] php invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
      "oom_score_adj=0\n"
      "[  100.000000] CPU: 1 PID: 301 Comm: php Not tainted 5.15.0-9-amd64 #1\n"
      "[  100.000000] memory: usage 40960kB, limit 40960kB, failcnt 7\n"
      "[  100.000000] swap: usage 0kB, limit 0kB, failcnt 0\n"
      "[  100.000000] Memory cgroup stats for /web:\n"
      "[  100.000000] anon 40960000\n"
      "[  100.000000] file 0\n"
      "[  100.000000] Tasks state (memory values in pages):\n"
      "[  100.000000] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents "
      "oom_score_adj "
      "name\n";
  for (int pid = 301; pid < 307; ++pid)
    log += "[  100.000000] [    " + std::to_string(pid) + "]    33   " + std::to_string(pid) +
           "    30000     1600   200704        0             0 php\n";
  log +=
      "[  100.000000] "
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
      "oom_memcg=/web,task_memcg=/web,task=php,pid=301,uid=33\n"
      "[  100.000000] Memory cgroup out of memory: Killed process 301 (php) total-vm:120000kB, "
      "anon-rss:6400kB, file-rss:0kB, shmem-rss:0kB, UID:33 pgtables:196kB oom_score_adj:0\n";
  Database database = StoreOfText(log, "web.log");
  const std::string report = Report(database);
  CHECK(Mentions(report, "by name: 6 x php 38 MiB"));
  CHECK(Mentions(report, "all 6 programs together 38 MiB, what they share counted for each"));
}

}  // namespace
}  // namespace kautopsy::test
