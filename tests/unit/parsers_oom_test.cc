#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/kill.h"
#include "parsers/kernel/oom_header.h"
#include "parsers/kernel/oom_summary.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/task_table.h"
#include "tests/support/text_sink.h"
#include "tests/unit/section_fixture.h"

namespace kautopsy {
namespace {

using test::Line;
using Lines = std::vector<std::string_view>;

TEST_CASE("The header of every version is read, its fields in any set") {
  struct Case {
    std::string_view text;
    Text comm;
    Integer mask;
    Text flags;
    Text nodemask;
    Integer order;
    Integer adj;
    Integer score_adj;
  };
  const std::vector<Case> cases = {
      {"oom-killer: gfp_mask=0x201d2, order=0", {}, 0x201d2, {}, {}, 0, {}, {}},
      {"a b invoked oom-killer: gfp_mask=0xd0, order=2, oomkilladj=-17",
       "a b",
       0xd0,
       {},
       {},
       2,
       -17,
       {}},
      {"x invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=-1000",
       "x",
       0xd0,
       {},
       {},
       0,
       0,
       -1000},
      {"x invoked oom-killer: gfp_mask=0x0(), nodemask=(null),  order=0, oom_score_adj=0",
       "x",
       0,
       {},
       "(null)",
       0,
       {},
       0},
      {"x invoked oom-killer: gfp_mask=0x24(A|__B|0x1), nodemask=0,2-3, order=-1, newer=7, "
       "oom_score_adj=5",
       "x",
       0x24,
       "A|__B|0x1",
       "0,2-3",
       -1,
       {},
       5},
      {"x invoked oom-killer: order=2, oom_score_adj=-3, gfp_mask=0x27(A|0x1)",
       "x",
       0x27,
       "A|0x1",
       {},
       2,
       {},
       -3},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.text);
    OomHeaderSection section;
    CHECK((IsOomHeader(Line(expected.text)) || IsNamelessOomHeader(Line(expected.text))));
    REQUIRE(section.Offer(Line(expected.text)) == Claim::kTaken);
    const OomReport& report = section.report();
    CHECK(report.invoker_comm == expected.comm);
    CHECK(report.gfp_mask == expected.mask);
    CHECK(report.gfp_flags == expected.flags);
    CHECK(report.nodemask == expected.nodemask);
    CHECK(report.order == expected.order);
    CHECK(report.oom_adj == expected.adj);
    CHECK(report.oom_score_adj == expected.score_adj);
    CHECK(section.Offer(Line(expected.text)) == Claim::kConflict);
  }
}

TEST_CASE("A header that mail wrapped is put together") {
  const std::string comm = "systemd-journal";
  for (const Lines& lines : std::vector<Lines>{
           {"systemd-journal invoked oom-killer:",
            "gfp_mask=0xd0(GFP_HIGHUSER|B), order=3, oom_score_adj=1"},
           {"systemd-journal invoked oom-killer: gfp_mask=0xd0(GFP_HIGHUSER|B),",
            "order=3, oom_score_adj=1"},
           {"systemd-journal invoked oom-killer:", "gfp_mask=0xd0(GFP_HIGHUSER|B), order=3,",
            "oom_score_adj=1"},
           {"systemd-journal invoked oom-killer: gfp_mask=0xd0(GFP_HIGHUSER|",
            "B), order=3, oom_score_adj=1"},
           {"systemd-journal invoked oom-killer: order=3, oom_score_adj=1,",
            "gfp_mask=0xd0(GFP_HIGHUSER|B)"}}) {
    CAPTURE(lines[0]);
    OomHeaderSection section;
    for (const std::string& line : test::PutTogether(lines))
      CHECK(section.Offer(Line(line)) == Claim::kTaken);
    CHECK_FALSE(section.broken());
    CHECK(section.report().invoker_comm == comm);
    CHECK(section.report().gfp_mask == 0xd0);
    CHECK(section.report().gfp_flags == "GFP_HIGHUSER|B");
    CHECK(section.report().order == 3);
    CHECK(section.report().oom_score_adj == 1);
  }
}

TEST_CASE("A header in which people marked or shortened something is one") {
  for (const std::string_view text :
       {"x invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0 **(1)**",
        "x invoked oom-killer: gfp_mask=0xd0, order=0 , oom_score_adj=0",
        "x invoked oom-killer: gfp_mask=0xd0(GFP_KERNEL), order=0, ...",
        "x invoked oom-killer: gfp_mask=0xd0 ...", "x invoked oom-killer: gfp_mask=0xd0 \u2026"}) {
    CAPTURE(text);
    CHECK(IsOomHeader(Line(text)));
    OomHeaderSection section;
    REQUIRE(section.Offer(Line(text)) == Claim::kTaken);
    CHECK(section.report().gfp_mask == 0xd0);
    CHECK(section.report().order.value_or(0) == 0);
  }
}

TEST_CASE("Prose about a header is none") {
  for (const std::string_view text :
       {"x invoked oom-killer: gfp_mask=0xd0, order=0, and died", "x invoked oom-killer",
        "x invoked oom-killer: why?", "oom-killer: gfp_mask=0xd0 it said",
        "x invoked oom-killer: order=0, so it died", "x invoked oom-killer: order=0",
        "the oom-killer: gfp_mask=0x1"}) {
    CAPTURE(text);
    CHECK_FALSE(IsOomHeader(Line(text)));
    CHECK_FALSE(IsNamelessOomHeader(Line(text)));
    OomHeaderSection section;
    CHECK(section.Offer(Line(text)) == Claim::kNone);
  }
}

TEST_CASE("A header that lost the mask at its end is broken") {
  OomHeaderSection section;
  const LogLine line = Line("x invoked oom-killer: order=2, oom_score_adj=0,");
  REQUIRE(section.Offer(line) == Claim::kTaken);
  CHECK(section.broken());
  CHECK(section.report().order == 2);
}

TEST_CASE("The cpuset line may come in pieces, but only of the header's process") {
  for (const Lines& lines : std::vector<Lines>{{"x cpuset=/a b mems_allowed=0,2-3"},
                                               {"x cpuset=", "/a b mems_allowed=0,2-3"},
                                               {"x cpuset=/a", "mems_allowed=0,2-3"},
                                               {"x cpuset=", "/a", "mems_allowed=0,2-3"}}) {
    OomHeaderSection section;
    REQUIRE(section.Offer(Line("x invoked oom-killer: gfp_mask=0xd0, order=0")) == Claim::kTaken);
    CHECK(section.Offer(Line("y cpuset=/ mems_allowed=0")) == Claim::kNone);
    for (const std::string_view line : lines) {
      CAPTURE(line);
      CHECK(section.Offer(Line(line)) == Claim::kTaken);
    }
    CHECK_FALSE(section.cpuset_broken());
    CHECK(section.report().cpuset->starts_with("/a"));
    CHECK(section.report().mems_allowed == "0,2-3");
    CHECK(section.Offer(Line("x cpuset=/ mems_allowed=0")) == Claim::kConflict);
  }
}

TEST_CASE("The process line is followed by flags, job and machine, each once") {
  ProcessLineSection section;
  CHECK(section.Offer(Line("Workqueue: events moom_callback")) == Claim::kNone);
  const std::vector<std::string> wrapped =
      test::PutTogether({"CPU: 0 PID: 44 Comm: x Tainted: G      D", "5.4.114-rc1 #1"});
  REQUIRE(wrapped.size() == 1);
  REQUIRE(section.Offer(Line(wrapped[0])) == Claim::kTaken);
  CHECK(section.release() == "5.4.114-rc1");
  CHECK(section.Offer(Line("Tainted: [O]=OOT_MODULE, [E]=UNSIGNED_MODULE")) == Claim::kTaken);
  CHECK(section.Offer(Line("Hardware name: QEMU")) == Claim::kTaken);
  CHECK(section.hardware() == "QEMU");
  CHECK(section.Offer(Line("Workqueue: events moom_callback")) == Claim::kTaken);
  CHECK(section.Offer(Line("Tainted: [O]=OOT_MODULE")) == Claim::kConflict);
}

TEST_CASE("The job of a kernel worker is read with its queue, function, module and description") {
  const auto work = ParseWorkqueueLine("Workqueue: events_freezable balloon_work [acme_balloon]");
  REQUIRE(work.has_value());
  CHECK(work->workqueue == "events_freezable");
  CHECK(work->symbol == "balloon_work");
  CHECK(work->module == "acme_balloon");
  CHECK_FALSE(work->description.has_value());
  const auto built_in = ParseWorkqueueLine("Workqueue: my queue flush.isra.0 (flush-8:0 (x))");
  REQUIRE(built_in.has_value());
  CHECK(built_in->workqueue == "my queue");
  CHECK(built_in->symbol == "flush.isra.0");
  CHECK_FALSE(built_in->module.has_value());
  CHECK(built_in->description == "flush-8:0 (x)");
  const auto nameless = ParseWorkqueueLine("Workqueue: events 0x0");
  REQUIRE(nameless.has_value());
  CHECK_FALSE(nameless->symbol.has_value());
  for (const std::string_view text :
       {"Workqueue:  0x0 ((null))", "Workqueue: ", "Stopper: multi_cpu_stop+0x0/0x100"})
    CHECK_FALSE(ParseWorkqueueLine(text).has_value());
}

TEST_CASE("An event has the row of the worker's job, unless its line is cut") {
  for (const bool cut : {false, true}) {
    ProcessLineSection section;
    REQUIRE(section.Offer(Line("CPU: 0 PID: 44 Comm: kworker/0:1 Not tainted 5.4.114 #1")) ==
            Claim::kTaken);
    LogLine line = Line("Workqueue: events balloon_work [acme_balloon]");
    line.cut = cut;
    REQUIRE(section.Offer(line) == Claim::kTaken);
    EventRecord event;
    section.AddTo(event);
    const std::vector<test::RecordedRow> rows = test::RowsOfEvent(event);
    REQUIRE(rows.size() == (cut ? 0 : 1));
    if (cut) continue;
    CHECK(rows[0].relation == "work_item");
    CHECK(rows[0].cells ==
          std::vector<std::pair<std::string, std::string>>{{"workqueue", "events"},
                                                           {"symbol", "balloon_work"},
                                                           {"module", "acme_balloon"},
                                                           {"log_line", "7"}});
  }
}

TEST_CASE("A row of the process table that was pasted twice counts once") {
  TaskTableSection section;
  const auto offer = [&](std::string_view text) { return section.Offer(Line(text)); };
  REQUIRE(offer("[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name") ==
          Claim::kTaken);
  for (const std::string_view row : {"[  711]     0   711    27085      300   1       0      0 sh",
                                     "[  712]     0   712    27085      300   1       0      0 sh",
                                     "[  711]     0   711    27085      300   1       0      0 sh",
                                     "[  711]     0   711    27085      301   1       0      0 sh"})
    CHECK(offer(row) == Claim::kTaken);
  CHECK(section.rows().size() == 3);
  CHECK(section.rows().rss_pages() == 901);
}

TEST_CASE("The summary is split at its keys only") {
  const auto summary = ParseOomSummary(
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,2,cpuset=/a,b=c,mems_allowed=0-1,4,"
      "oom_memcg=/x,y,task_memcg=/x,y/task=z,pid=1,task=a,pid=7,b,pid=4242,uid=1000");
  REQUIRE(summary.has_value());
  CHECK(summary->constraint_kind == "memcg");
  CHECK(summary->nodemask == "0,2");
  CHECK(summary->cpuset == "/a,b=c");
  CHECK(summary->mems_allowed == "0-1,4");
  CHECK(summary->oom_memcg == "/x,y");
  CHECK(summary->task_memcg == "/x,y/task=z,pid=1");
  CHECK(summary->task == "a,pid=7,b");
  CHECK(summary->pid == 4242);
  CHECK(summary->uid == 1000);
}

TEST_CASE("A summary lacks what its kernel has not built in") {
  const auto summary =
      ParseOomSummary("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=,pid=1,uid=0");
  REQUIRE(summary.has_value());
  CHECK(summary->constraint_kind == "none");
  CHECK(summary->nodemask == "(null)");
  CHECK_FALSE(summary->cpuset.has_value());
  CHECK_FALSE(summary->task_memcg.has_value());
  CHECK(summary->task == "");
  CHECK_FALSE(ParseOomSummary("oom-kill:constraint=CONSTRAINT_ODD,task=x,pid=1,uid=0"));
  CHECK_FALSE(ParseOomSummary("oom-kill: constraint"));
}

TEST_CASE("A summary in pieces is put together") {
  OomSummarySection section;
  CHECK(section.Offer(Line(",cpuset=/,mems_allowed=0")) == Claim::kNone);
  for (const std::string_view line :
       {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)", ",cpuset=/,mems_allowed=0",
        ",global_oom,task_memcg=/s/a.service,task=java,pid=42,uid=0"}) {
    CHECK_FALSE(section.whole());
    REQUIRE(section.Offer(Line(line)) == Claim::kTaken);
    CHECK(section.Offer(Line("Mem-Info:")) == Claim::kNone);
  }
  CHECK(section.whole());
  CHECK(section.summary().cpuset == "/");
  CHECK(section.summary().task_memcg == "/s/a.service");
  CHECK(section.summary().pid == 42);
}

TEST_CASE("The announcement of every version names the chosen process") {
  for (const std::string_view text :
       {"Out of Memory: Kill process 9 (x) score 36803 and children.",
        "Out of memory: kill process 9 (x) score 36803 or a child",
        "Out of memory: Kill process 9 (x) score 36803 or sacrifice child",
        ("Out of memory (oom_kill_allocating_task): Kill process 9 (x) score 36803 or sacrifice "
         "child"),
        "No available memory (MPOL_BIND): kill process 9 (x) score 36803 or a child",
        "No available memory in cpuset: kill process 9 (x) score 36803 or a child",
        "Memory cgroup out of memory: Kill process 9 (x) score 36803"}) {
    CAPTURE(text);
    KillSection section;
    CHECK(IsKillLine(Line(text)));
    REQUIRE(section.Offer(Line(text)) == Claim::kTaken);
    CHECK(section.chosen_pid() == 9);
    CHECK(section.chosen_comm() == "x");
    REQUIRE(section.Offer(Line("Killed process 10 (y)")) == Claim::kTaken);
    EventRecord event;
    section.AddTo(event);
    CHECK(event.rows.size() == 1);
  }
  KillSection bound;
  REQUIRE(bound.Offer(Line("No available memory (MPOL_BIND): kill process 9 (x) score 3 or a "
                           "child")) == Claim::kTaken);
  CHECK(bound.constraint_kind() == "memory_policy");
}

TEST_CASE("A group's victims belong to one kill, and the first one is told twice") {
  KillSection section;
  const Lines lines = {
      "Memory cgroup out of memory: Killed process 3 (c) total-vm:3kB, anon-rss:2kB",
      "Tasks in /a b are going to be killed due to memory.oom.group set",
      "Memory cgroup out of memory: Killed process 1 (a) total-vm:3kB, anon-rss:2kB",
      "Memory cgroup out of memory: Killed process 3 (c) total-vm:3kB, anon-rss:2kB"};
  for (const std::string_view line : lines) REQUIRE(section.Offer(Line(line)) == Claim::kTaken);
  REQUIRE(section.kills().size() == 3);
  CHECK(section.kills()[0].reason == "memcg");
  CHECK(section.kills()[1].reason == "group");
  CHECK(section.kills()[1].cgroup == "/a b");
  CHECK_FALSE(section.kills()[1].repeated.has_value());
  CHECK(section.kills()[2].repeated == 1);
}

TEST_CASE("The reaper's line goes to the kill of its pid") {
  KillSection section;
  REQUIRE(section.Offer(Line("Killed process 3 (c) total-vm:3kB, anon-rss:2kB")) == Claim::kTaken);
  CHECK(section.Offer(Line("oom_reaper: reaped process 4 (c), now anon-rss:0kB, file-rss:0kB, "
                           "shmem-rss:0kB")) == Claim::kNone);
  REQUIRE(section.Offer(Line("oom_reaper: reaped process 3 (c), now anon-rss:5kB, file-rss:6kB, "
                             "shmem-rss:7kB")) == Claim::kTaken);
  CHECK(section.kills()[0].reaped == 1);
  CHECK(section.kills()[0].reaped_anon_rss_kb == 5);
  CHECK(section.kills()[0].reaped_shmem_rss_kb == 7);
  KillSection stuck;
  REQUIRE(stuck.Offer(Line("Killed process 3 (c)")) == Claim::kTaken);
  REQUIRE(stuck.Offer(Line("oom_reaper: unable to reap pid:3 (c)")) == Claim::kTaken);
  CHECK(stuck.kills()[0].reaped == 0);
}

TEST_CASE("A victim's line that mail wrapped is put together") {
  for (const Lines& lines : std::vector<Lines>{
           {"Out of memory: Killed process 7 (x)  total-vm:9kB, anon-rss:8kB, file-rss:7kB,",
            "UID:5 pgtables:6kB oom_score_adj:-3"},
           {"Memory cgroup out of memory: Killed process 7 (x)  total-vm:9000000kB,",
            "anon-rss:8kB, file-rss:7kB, shmem-rss:0kB, UID:5 pgtables:6kB oom_score_adj:-3"},
           {"Out of memory: Killed process 7",
            "(x) total-vm:900000000kB, anon-rss:8kB, file-rss:7kB, shmem-rss:0kB,",
            "UID:5 pgtables:6kB oom_score_adj:-3"}}) {
    CAPTURE(lines[0]);
    KillSection section;
    for (const std::string& line : test::PutTogether(lines))
      REQUIRE(section.Offer(Line(line)) == Claim::kTaken);
    REQUIRE(section.kills().size() == 1);
    const OomKill& kill = section.kills()[0];
    CHECK(kill.pid == 7);
    CHECK(kill.comm == "x");
    CHECK(kill.anon_rss_kb == 8);
    CHECK(kill.file_rss_kb == 7);
    CHECK(kill.uid == 5);
    CHECK(kill.pgtables_kb == 6);
    CHECK(kill.oom_score_adj == -3);
    CHECK(section.Offer(Line("total-vm:1kB")) == Claim::kNone);
  }
}

TEST_CASE("A search that kills nobody tells why") {
  struct Case {
    std::string_view text;
    Claim claim;
    std::string_view outcome;
  };
  for (const Case& expected : std::vector<Case>{
           {"Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
            Claim::kNone, "panicked"},
           {"Kernel panic - not syncing: System is deadlocked on memory", Claim::kNone, "panicked"},
           {"Kernel panic - not syncing: out of memory. panic_on_oom is selected", Claim::kNone,
            "panicked"},
           {"Out of memory and no killable processes...", Claim::kTaken, "none_killable"},
           {"OOM request ignored. No task eligible", Claim::kTaken, "none_killable"},
           {"Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task",
            Claim::kTaken, "skipped"}}) {
    CAPTURE(expected.text);
    KillSection section;
    CHECK_FALSE(section.outcome().has_value());
    CHECK(section.Offer(Line(expected.text)) == expected.claim);
    CHECK(section.outcome() == expected.outcome);
  }
  KillSection section;
  CHECK(section.Offer(Line("Kernel panic - not syncing: Fatal exception")) == Claim::kNone);
  CHECK_FALSE(section.outcome().has_value());
}

TEST_CASE("Rows without a header line are told by the number of their columns") {
  struct Case {
    std::string_view row;
    Integer Task::*column;
    int64_t value;
  };
  for (const Case& expected : std::vector<Case>{
           {"[ 77] 0 77 200 100 3 -17 a b", &Task::oom_adj, -17},
           {"[ 77] 0 77 200 100 9 500 -1000 a b", &Task::nr_ptes, 9},
           {"[     77] 0 77 200 100 57344 0 300 a b", &Task::pgtables_bytes, 57344},
           {"[ 77] 0 77 200 100 9 4 500 -1000 a b", &Task::nr_pmds, 4},
           {"[ 77] 0 77 200 100 60 30 10 57344 8 300 a b", &Task::rss_shmem_pages, 10}}) {
    CAPTURE(expected.row);
    TaskTableSection table;
    REQUIRE(table.Offer(Line(expected.row)) == Claim::kTaken);
    table.ResolveColumns(false);
    const Task task = table.rows()[0];
    CHECK(task.pid == 77);
    CHECK(task.rss_pages == 100);
    CHECK(task.comm == "a b");
    CHECK(task.*expected.column == expected.value);
  }
}

TEST_CASE("What the number of columns leaves open stays unknown") {
  TaskTableSection table;
  REQUIRE(table.Offer(Line("[ 77] 0 77 200 100 3 0 300 x")) == Claim::kTaken);
  SUBCASE("nothing tells") {
    table.ResolveColumns(false);
    CHECK_FALSE(table.rows()[0].cpu.has_value());
    CHECK_FALSE(table.rows()[0].nr_ptes.has_value());
    CHECK(table.rows()[0].oom_score_adj == 300);
  }
  SUBCASE("the header prints oom_adj") {
    table.ResolveColumns(true);
    CHECK(table.rows()[0].cpu == 3);
    CHECK(table.rows()[0].oom_adj == 0);
  }
  CHECK(table.Offer(Line("[ 77] 0 77")) == Claim::kNone);
  CHECK(table.Offer(Line("[ 12.345] usb 1-1: reset")) == Claim::kNone);
}

TEST_CASE("A table that mail wrapped is put together") {
  TaskTableSection table;
  for (const std::string& line : test::PutTogether(
           {"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes", "swapents oom_score_adj name",
            "[    389]     0   389     2112       19    57344", "0             0 syslogd",
            "[    391]     0   391     3029      783    65536 0 0"})) {
    REQUIRE(table.Offer(Line(line)) == Claim::kTaken);
  }
  CHECK(table.has_header());
  REQUIRE(table.rows().size() == 2);
  CHECK(table.rows()[0].comm == "syslogd");
  CHECK(table.rows()[0].pgtables_bytes == 57344);
  CHECK(table.rows()[1].comm == "");
}

}  // namespace
}  // namespace kautopsy
