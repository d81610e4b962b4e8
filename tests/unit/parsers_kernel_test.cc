#include <doctest/doctest.h>

#include <sstream>

#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/task_table.h"
#include "parsers/kernel/zones.h"
#include "tests/support/files.h"
#include "tests/support/text_sink.h"
#include "tests/unit/section_fixture.h"

namespace kautopsy {
namespace {

using test::Line;

TEST_CASE("A frame is read with or without address, mark, question mark and module") {
  std::string mark;
  const auto old_form =
      ParseCallFrame("<IRQ>  [<ffffffffa013a55c>] ? tg3_start_xmit+0xa8c/0xd80 [tg3]", mark);
  REQUIRE(old_form.has_value());
  CHECK(old_form->context == "irq");
  CHECK(old_form->address == "ffffffffa013a55c");
  CHECK(old_form->reliable == 0);
  CHECK(old_form->symbol == "tg3_start_xmit");
  CHECK(old_form->offset == 0xa8c);
  CHECK(old_form->size == 0xd80);
  CHECK(old_form->module == "tg3");
  const auto new_form = ParseCallFrame("out_of_memory.cold+0x1c0/0x4c0", mark);
  REQUIRE(new_form.has_value());
  CHECK(new_form->reliable == 1);
  CHECK(new_form->symbol == "out_of_memory.cold");
  CHECK(new_form->context == "irq");  // the mark holds until the next one
  CHECK_FALSE(new_form->address.has_value());
}

TEST_CASE("What is no whole frame is none, and does not change the mark") {
  std::string mark = "irq";
  for (const std::string_view text :
       {"[<ffffffff8112f64a>] ? f+0x74a/0x", "[<ffffffff8112f64a>]", "? ", "f+0x1",
        "f+0x1/0x2 trailing words", "<EOI> [<zz>] f+0x1/0x2", "", "f + 0x1/0x2",
        "m+0x1/0x2 [tg3"}) {
    CHECK_FALSE(ParseCallFrame(text, mark).has_value());
    CHECK(mark == "irq");
  }
}

TEST_CASE("A frame without a name is its address") {
  std::string mark;
  const std::optional<CallFrame> frame = ParseCallFrame("? 0xffffffffc02e5000", mark);
  REQUIRE(frame.has_value());
  CHECK(frame->symbol == "0xffffffffc02e5000");
  CHECK(frame->reliable == 0);
  CHECK_FALSE(ParseCallFrame("0x10", mark).has_value());
  CHECK_FALSE(ParseCallFrame("0xffffffffc02e5000 of it", mark).has_value());
}

TEST_CASE("A free list gives its cells, their types and its total") {
  FreeList list;
  REQUIRE(ParseFreeList("Node 1 Normal: 2245*4kB (UEM) 0*8kB 1*16kB (M) = 8996kB", list));
  CHECK(list.node == 1);
  CHECK(list.zone == "Normal");
  CHECK(list.block_kb == 4);
  CHECK(list.counts == std::vector<int64_t>{2245, 0, 1});
  CHECK(list.migrate_types == std::vector<std::string>{"UEM", "", "M"});
  CHECK(list.total_kb == 8996);
  CHECK(list.AddsUp());
  const FreeListRow row = ToRow(list, 7);
  CHECK(row.counts == "[2245,0,1]");
  CHECK(row.migrate_types == R"(["UEM",null,"M"])");
  CHECK(row.log_line == 7);
}

TEST_CASE("A free list that is cut has no total and no half cell") {
  FreeList list;
  REQUIRE(ParseFreeList("DMA32: 10*4kB 11*8kB 12*1", list));
  CHECK_FALSE(list.node.has_value());
  CHECK(list.counts == std::vector<int64_t>{10, 11});
  CHECK_FALSE(list.total_kb.has_value());
  CHECK_FALSE(list.AddsUp());
  CHECK_FALSE(ToRow(list, 7).migrate_types.has_value());
  FreeList none;
  CHECK_FALSE(ParseFreeList("DMA32: ", none));
  CHECK_FALSE(ParseFreeList("Node 0 Foo: 1*4kB = 4kB", none));
}

TEST_CASE("What stands in parentheses behind a free list's cell is letters or nothing of it") {
  FreeList list;
  REQUIRE(ParseFreeList("Normal: 1*4kB (U\"M) 2*8kB = 20kB", list));
  CHECK(list.counts == std::vector<int64_t>{1});
  CHECK_FALSE(list.total_kb.has_value());
  CHECK_FALSE(ToRow(list, 7).migrate_types.has_value());
}

TEST_CASE("A zone line is read by its fields' names, cut values are left out") {
  const auto zone = ParseZoneLine(
      "Node 0 DMA32 free:431968kB boost:0kB min:688kB isolated(anon):5kB pages_scanned:9 mana");
  REQUIRE(zone.has_value());
  CHECK(zone->node == 0);
  CHECK(zone->zone == "DMA32");
  CHECK(zone->free_kb == 431968);
  CHECK(zone->boost_kb == 0);
  CHECK(zone->min_kb == 688);
  CHECK(zone->isolated_anon_kb == 5);
  CHECK(zone->pages_scanned == 9);
  CHECK_FALSE(zone->managed_kb.has_value());
  CHECK(ParseZoneLine("Normal free:8kB min:4kB all_unreclaimable? yes")->all_unreclaimable == 1);
  CHECK_FALSE(ParseZoneLine("Normal free:43").has_value());
  CHECK(ParseLowmemReserve("lowmem_reserve[]: 0 2965 193855") == "[0,2965,193855]");
  CHECK_FALSE(ParseLowmemReserve("lowmem_reserve[]: 0 x").has_value());
}

TEST_CASE("The process table takes its columns from its header, and a comm may hold anything") {
  TaskTableSection table;
  CHECK(table.Offer(Line("[ 3878] 0 3878 1 2 qemu")) == Claim::kNone);  // no header yet
  REQUIRE(table.Offer(Line("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes newer swapents "
                           "oom_score_adj name")) == Claim::kTaken);
  REQUIRE(table.Offer(Line("[   2323]   999  2323   156297     1709   241664  77      3            "
                           " 0 CPU 0/KVM ]")) == Claim::kTaken);
  CHECK(table.Offer(Line("[   2324]   999  2324   156297     1709")) == Claim::kNone);  // cut
  REQUIRE(table.rows().size() == 1);
  const Task task = table.rows()[0];
  CHECK(task.pid == 2323);
  CHECK(task.rss_pages == 1709);
  CHECK(task.pgtables_bytes == 241664);
  CHECK(task.swapents_pages == 3);
  CHECK(task.comm == "CPU 0/KVM ]");
  CHECK(table.Offer(Line("[ pid ]   uid  tgid total_vm      rss name")) == Claim::kConflict);
}

TEST_CASE("The process table is ranked by rss and summed up") {
  TaskTableSection table;
  REQUIRE(table.Offer(Line("[ pid ]   uid  tgid total_vm      rss name")) == Claim::kTaken);
  REQUIRE(table.Offer(Line("[    1]     0     1      100       20 init")) == Claim::kTaken);
  REQUIRE(table.Offer(Line("[    2]     0     2      100       30 sshd")) == Claim::kTaken);
  REQUIRE(table.Offer(Line("[    3]     0     3      100       20 cron")) == Claim::kTaken);
  CHECK(table.rows().rss_pages() == 70);
  SUBCASE("equal sizes keep their order") {
    EventRecord event;
    event.page_size_kb = 4;
    table.AddTo(event);
    std::string ranks;
    for (const test::RecordedRow& row : test::RowsOfEvent(event)) {
      for (const auto& [column, value] : row.cells) {
        if (column == "rss_rank" || column == "rss_kb") ranks += value + " ";
      }
    }
    CHECK(ranks == "80 2 120 1 80 3 ");
  }
  SUBCASE("tasks of one command are summed up") {
    REQUIRE(table.Offer(Line("[    4]     0     4      100       25 cron")) == Claim::kTaken);
    EventRecord event;
    event.page_size_kb = 4;
    table.AddTo(event);
    std::string sums;
    for (const test::RecordedRow& row : test::RowsOfEvent(event)) {
      if (row.relation != "task_command") continue;
      for (const auto& [column, value] : row.cells) sums.append(value).append(" ");
    }
    CHECK(sums == "cron 2 45 180 ");
  }
  SUBCASE("a figure beyond any machine leaves no sum") {
    REQUIRE(table.Offer(Line("[    4]     0     4      100       -1 bad")) == Claim::kTaken);
    CHECK_FALSE(table.rows().rss_pages().has_value());
  }
}

TEST_CASE("A name in front of words may hold the words") {
  CHECK_FALSE(SplitAtWords("0123456789abcdef: words", ": words").has_value());  // no name: 16 bytes
  const auto line = SplitAtWords("a: words: words here: words", ": words");
  REQUIRE(line.has_value());
  CHECK(line->comm == "a: words");
  CHECK(line->rest == " here: words");
}

TEST_CASE("Kill lines of all versions give the victim and its sizes") {
  struct Case {
    std::string_view text;
    std::string_view comm;
    Integer uid;
    Integer anon;
    Integer file;
    Text reason;
  };
  const std::vector<Case> cases = {
      {"Killed process 9, UID 48, (a) b) total-vm:30kB, anon-rss:20kB, file-rss:10kB", "a) b", 48,
       20, 10, std::nullopt},
      {"Killed process 9 (x) vsz:30kB, anon-rss:20kB, file-rss:10kB", "x", std::nullopt, 20, 10,
       std::nullopt},
      {"Killed process 9 (x), UID 1, total-vm:30kB, anon-rss:20kB, file-rss:10kB, shmem-rss:0kB",
       "x", 1, 20, 10, std::nullopt},
      {"Out of memory: Killed process 9 (x) total-vm:30kB, anon-rss:20kB, file-rss:10kB, "
       "shmem-rss:0kB, UID:5 pgtables:3kB "
       "oom_score_adj:-7",
       "x", 5, 20, 10, "global"},
      {"Memory cgroup out of memory: Killed process 9 (x) total-vm:30kB, anon-rss:20kB, "
       "file-rss:10kB",
       "x", std::nullopt, 20, 10, "memcg"},
      {"Out of memory: Killed process 9 (x).", "x", std::nullopt, std::nullopt, std::nullopt,
       "global"},
  };
  for (const Case& expected : cases) {
    KillSection section;
    CAPTURE(expected.text);
    REQUIRE(section.Offer(Line(expected.text)) == Claim::kTaken);
    const OomKill& kill = section.kills().at(0);
    CHECK(kill.pid == 9);
    CHECK(kill.comm == expected.comm);
    CHECK(kill.uid == expected.uid);
    CHECK(kill.anon_rss_kb == expected.anon);
    CHECK(kill.file_rss_kb == expected.file);
    CHECK(kill.reason == expected.reason);
    // Without sizes it is told for each thread.
    const bool for_threads = expected.text.ends_with(").");
    CHECK(section.Offer(Line(expected.text)) == (for_threads ? Claim::kTaken : Claim::kConflict));
  }
}

TEST_CASE("The process line gives pid, comm and release behind any taint field") {
  struct Case {
    std::string_view text;
    std::string_view comm;
    std::string_view release;
  };
  for (const Case& expected : std::vector<Case>{
           {"Pid: 44, comm: qemu_wl50 Not tainted 2.6.32-431.17.1.el6.x86_64 #1", "qemu_wl50",
            "2.6.32-431.17.1.el6.x86_64"},
           {"Pid: 44, comm: x Tainted: G        W  ---------------    2.6.32-573.el6.x86_64 #1 HP",
            "x", "2.6.32-573.el6.x86_64"},
           {"CPU: 2 PID: 44 Comm: a b: c Kdump: loaded Not tainted 4.18.0-139.el8.ppc64le+debug #1",
            "a b: c", "4.18.0-139.el8.ppc64le+debug"},
           {"CPU: 1 UID: 0 PID: 44 Comm: x Tainted: G           OE       6.16.0-00015-g #102 "
            "PREEMPT(full)",
            "x", "6.16.0-00015-g"}}) {
    ProcessLineSection section;
    CAPTURE(expected.text);
    REQUIRE(section.Offer(Line(expected.text)) == Claim::kTaken);
    CHECK(section.pid() == 44);
    CHECK(section.comm() == expected.comm);
    CHECK(section.release() == expected.release);
  }
}

TEST_CASE("A free list whose stars Markdown changed is read as it was printed") {
  for (const std::string_view text :
       {"Node 0 DMA: 15_4kB 0_8kB 2_16kB = 92kB", "Node 0 DMA: 15\\*4kB 0\\*8kB 2\\*16kB = 92kB"}) {
    FreeList list;
    REQUIRE(ParseFreeList(text, list));
    CHECK(list.counts == std::vector<int64_t>{15, 0, 2});
    CHECK(list.block_kb == 4);
    CHECK(list.AddsUp());
  }
}

// Sections share one stream of lines: if two took the same form, the order of asking would decide.
TEST_CASE("Every line of a report is claimed by exactly one section, whatever the comm") {
  const std::string report = test::ReadFile("samples/oom/el6-complete.log");
  for (const std::string_view comm :
       {"mysqld", "CPU 0/KVM", "Node 0", "[1]", "Mem-Info:", "Killed process"}) {
    MemInfoSection mem_info;
    CallTraceSection trace;
    TaskTableSection table;
    KillSection kill;
    ProcessLineSection process;
    const std::vector<Section*> sections = {&mem_info, &trace, &table, &kill, &process};
    std::istringstream lines(report);
    for (std::string text; std::getline(lines, text);) {
      text.erase(0, text.find("kernel: ") + 8);
      for (std::size_t at = text.find("mysqld"); at != std::string::npos;
           at = text.find("mysqld", at + comm.size())) {
        text.replace(at, 6, comm);
      }
      CAPTURE(text);
      const bool header = text.find("oom-killer: ") != std::string::npos ||
                          text.find("mems_allowed=") != std::string::npos;
      const LogLine line = Line(std::string_view(text).substr(text.find_first_not_of(' ')));
      int claims = 0;
      for (Section* section : sections) claims += section->Offer(line) == Claim::kNone ? 0 : 1;
      CHECK(claims == (header ? 0 : 1));
      int openers = 0;
      for (const RecordKind& kind : AllKinds()) {
        for (const Opener& opener : kind.openers)
          openers += !opener.may_continue && opener.matches(line) ? 1 : 0;
      }
      CHECK(openers == (text.find("oom-killer: ") != std::string::npos ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace kautopsy
