#include "reports/diagnosis/badness.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

ScoreTerms Terms(int64_t pages, int64_t adjustment, bool maybe_root) {
  return {{pages, pages}, adjustment, maybe_root};
}

TEST_CASE("each generation of kernels has its own score") {
  struct Row {
    BadnessRule rule;
    ScoreTerms terms;
    ScoreRange compared;
    ScoreRange printed;
  };
  constexpr int64_t kAll = 1000000;
  const std::vector<Row> rows = {
      // 250,500 * 1000 / 1,000,000 = 250; root 250 - 30.
      {BadnessRule::kPerMille, Terms(250500, 0, false), {250, 250}, {250, 250}},
      {BadnessRule::kPerMille, Terms(250500, 100, true), {320, 350}, {320, 350}},
      {BadnessRule::kPerMille, Terms(250500, -900, false), {1, 1}, {1, 1}},
      {BadnessRule::kPerMille, Terms(900000, 500, false), {1000, 1000}, {1000, 1000}},
      // Root 30 * (1,000,000 / 1000) = 30,000 pages less.
      {BadnessRule::kRootLess30, Terms(250500, 0, true), {220500, 250500}, {220, 250}},
      // 250,500 * 3 / 100 = 7,515 pages less.
      {BadnessRule::kRootLess3Percent, Terms(250500, 0, true), {242985, 250500}, {242, 250}},
      // 100 * (1,000,000 / 1000) = 100,000 pages more.
      {BadnessRule::kPages, Terms(250500, 100, true), {350500, 350500}, {350, 350}},
      {BadnessRule::kPages, Terms(250500, -500, false), {1, 1}, {0, 0}}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(ComparedScore(rows[i].rule, rows[i].terms, kAll, true) == rows[i].compared);
    CHECK(PrintedScore(rows[i].rule, rows[i].terms, kAll, true) == rows[i].printed);
  }
}

TEST_CASE("oom_score_adj counts in whole thousandths of the base") {
  // 1,048,575 / 1000 = 1048; 250,500 + 300 * 1048 = 564,900; 564,900,000 / 1,048,575 = 538.
  const ScoreTerms terms = Terms(250500, 300, false);
  CHECK(ComparedScore(BadnessRule::kPages, terms, 1048575, true) == ScoreRange{564900, 564900});
  CHECK(PrintedScore(BadnessRule::kPages, terms, 1048575, true) == ScoreRange{538, 538});
}

TEST_CASE("since 5.9 a spared task scores below zero, and below those that hold more") {
  // 250,500 - 500 * 1000.
  CHECK(ComparedScore(BadnessRule::kPages, Terms(250500, -500, false), 1000000, false) ==
        ScoreRange{-249500, -249500});
}

TEST_CASE("the release tells the rule; backports get the one with the wider range") {
  const auto rule = [](std::string_view release) {
    return RuleOfKernel(ParseKernelVersion(release));
  };
  CHECK(rule("2.6.32-431.17.1.el6.x86_64") == BadnessRule::kPerMille);
  CHECK(rule("3.4.113") == BadnessRule::kPerMille);
  CHECK(rule("3.6.0") == BadnessRule::kRootLess30);
  CHECK(rule("3.10.0-514.el7.x86_64") == BadnessRule::kRootLess30);
  CHECK(rule("3.13.0-24-generic") == BadnessRule::kRootLess30);
  CHECK(rule("3.16.0-4-amd64") == BadnessRule::kRootLess3Percent);
  CHECK(rule("4.16.1") == BadnessRule::kRootLess3Percent);
  CHECK(rule("4.18.0-80.el8.x86_64") == BadnessRule::kPages);
  CHECK(rule("6.1.0-56-amd64") == BadnessRule::kPages);
}

// A report of a machine of 256,000 pages without swap, whose table prints all terms.
EventFacts Report(const std::vector<TaskFacts>& biggest_first) {
  EventFacts event = ExhaustedOom();
  event.oom->score_base_least_pages = 256000;
  event.oom->score_base_most_pages = 256000;
  SetTable(event, biggest_first);
  return event;
}

TaskFacts Task(int64_t pid, int64_t rss_pages, int64_t adjustment, int64_t uid = 1000) {
  TaskFacts task = MakeTask(pid, "p" + std::to_string(pid), rss_pages);
  task.oom_score_adj = adjustment;
  task.uid = uid;
  task.pgtables_kb = 400;
  task.swap_kb = 0;
  return task;
}

KillChoice Explain(const std::string& release, EventFacts event, Integer score = std::nullopt) {
  event.kernel_release = release;
  event.kills.front().score = score;
  static std::vector<IncidentFacts> kept;  // a choice points into its facts
  kept.reserve(64);
  kept.push_back(SmallFacts(std::move(event)));
  return *ExplainKill(kept.back(), kept.back().events.front());
}

TEST_CASE("the victim scores most, and its score is recomputed as printed") {
  // (100,000 + 400 / 4) * 1000 / 256,000 = 391.0.
  const KillChoice choice =
      Explain("4.19.0", Report({Task(700, 100000, 0), Task(5, 90000, 0)}), 391);
  CHECK(choice.place == ScorePlace::kFirst);
  CHECK(choice.exact);
  CHECK(choice.agreement == Agreement::kEqual);
  CHECK(WhyThisOne(choice) == "the largest program of the table");
  CHECK(ScoreWords(choice) == "391 printed, 391 recomputed, place 1 of 2");
}

TEST_CASE("a victim that lies mostly in swap is explained by that, not by what it held in RAM") {
  std::vector<TaskFacts> tasks = {Task(5, 2000, 0), Task(700, 1000, 0)};
  tasks[1].swap_kb = 40000;
  const KillChoice swapped = Explain("6.1.0", Report(tasks));
  CHECK(swapped.place == ScorePlace::kFirst);
  CHECK(WhyThisOne(swapped) == "p5 was larger by 3.9 MiB, but p700 held more with 39 MiB in swap");
  CHECK(InSwapWords(swapped) == " and 39 MiB in swap");
  const KillChoice alone = Explain("6.1.0", Report({tasks[1]}));
  CHECK(WhyThisOne(alone) == "the largest program of the table, most of it in swap");
  tasks[1].swap_kb = 3900;  // less than in RAM, and yet what decides
  tasks[0].rss_pages = 1100;
  tasks[0].rss_kb = 4400;
  const KillChoice part = Explain("6.1.0", Report(tasks));
  CHECK(WhyThisOne(part).ends_with("but held less with swap and page tables"));
  CHECK(InSwapWords(part).empty());
  tasks[1].swap_kb.reset();  // not in the table
  CHECK(InSwapWords(Explain("6.1.0", Report(tasks))).empty());
}

TEST_CASE("a larger one that is never killed, or spared by its setting, explains the choice") {
  const KillChoice never =
      Explain("4.19.0", Report({Task(5, 120000, -1000), Task(700, 100000, 0)}));
  CHECK(never.place == ScorePlace::kFirst);
  CHECK(WhyThisOne(never) == "p5 was larger by 78 MiB, but is never killed [oom_score_adj -1000]");
  const KillChoice spared = Explain("6.1.0", Report({Task(5, 120000, -100), Task(700, 100000, 0)}));
  CHECK(spared.place == ScorePlace::kFirst);
  CHECK(WhyThisOne(spared).find("its setting [oom_score_adj -100] spares it") != std::string::npos);
  const KillChoice chosen = Explain("6.1.0", Report({Task(5, 120000, 0), Task(700, 100, 1000)}));
  CHECK(chosen.place == ScorePlace::kFirst);
  CHECK(WhyThisOne(chosen).starts_with("its setting [oom_score_adj 1000]; p5 was larger by"));
}

TEST_CASE("until 4.16 root's programs may score 3 % less, so a slightly larger one may be passed") {
  const std::vector<TaskFacts> tasks = {Task(5, 102000, 0, 0), Task(700, 100000, 0)};
  CHECK(Explain("4.9.0", Report(tasks)).place == ScorePlace::kPossible);
  CHECK(WhyThisOne(Explain("4.9.0", Report(tasks))).find("root's programs may count 3 % less") !=
        std::string::npos);
  const KillChoice later = Explain("4.19.0", Report(tasks));
  CHECK(later.place == ScorePlace::kNotFirst);
  CHECK(WhyThisOne(later).starts_with("not in the text. p5 was larger"));
}

TEST_CASE("equal scores are a tie; whole thousandths make one of unequal sizes") {
  const KillChoice pages = Explain("4.19.0", Report({Task(700, 9000, 0), Task(5, 9000, 0)}));
  CHECK(pages.place == ScorePlace::kTied);
  CHECK(WhyThisOne(pages) == "a tie with p5 [pid 5]: the order of the list decides");
  // 100,000 and 100,100 of 256,000 pages are 390 and 391 thousandths, without what is not printed.
  std::vector<TaskFacts> old = {Task(5, 100100, 0), Task(700, 100000, 0)};
  for (TaskFacts& task : old) task.pgtables_kb = task.swap_kb = std::nullopt;
  for (TaskFacts& task : old) task.total_vm_pages = 200000;
  const KillChoice thousandths = Explain("2.6.32-431.el6.x86_64", Report(old), 391);
  CHECK(thousandths.place == ScorePlace::kPossible);
  CHECK(thousandths.agreement == Agreement::kInRange);
  CHECK(WhyThisOne(thousandths).starts_with("probably a tie. p5 was larger by"));
}

TEST_CASE("a tie of programs that their settings take to the least score says so") {
  std::vector<TaskFacts> tasks = {Task(5, 120000, -998), Task(700, 100, -998)};
  CHECK(WhyThisOne(Explain("5.4.0", Report(tasks))) ==
        "a tie: settings [oom_score_adj -998] take both to the least score, 1, whatever they hold, "
        "and the order of the list decides. p5 was larger by 468 MiB");
  const KillChoice later = Explain("5.10.0", Report(tasks));  // no least score
  CHECK(later.place == ScorePlace::kNotFirst);
  CHECK_FALSE(later.floored);
  tasks[0].oom_score_adj = -999;
  CHECK(WhyThisOne(Explain("5.4.0", Report(tasks)))
            .starts_with("a tie: settings [oom_score_adj -998 and -999] take both to"));
  tasks[0] = Task(5, 100, -998);
  CHECK(WhyThisOne(Explain("5.4.0", Report(tasks)))
            .starts_with("a tie: settings [oom_score_adj -998] take it and p5 [pid 5] to"));
}

TEST_CASE("a printed score that a larger one could never reach is of swap and page tables") {
  std::vector<TaskFacts> tasks = {Task(5, 2400, 0), Task(700, 2000, 0)};
  for (TaskFacts& task : tasks) task.pgtables_kb = task.swap_kb = std::nullopt;
  tasks[0].total_vm_pages = 3000;  // 11 thousandths of 256,000 pages
  tasks[0].total_vm_kb = 12000;
  tasks[1].total_vm_pages = 200000;
  EventFacts event = Report(tasks);
  event.mem->total_swap_kb = 1000000;
  const KillChoice choice = Explain("3.0.101-0.35-default", event, 19);
  REQUIRE(choice.bigger_score);
  CHECK(choice.bigger_score->most == 11);
  CHECK(Outscored(choice));
  // 19 * 1,024 kB = 19,456 kB, less 8,000 kB of rss
  CHECK(WhyThisOne(choice) ==
        "p5 was larger by 1.6 MiB, but scores 11 at most with all its address space of 12 MiB; 19 "
        "points are 19 MiB, so p700 held about 11 MiB in swap and page tables, which this table "
        "does not print");
  CHECK_FALSE(Outscored(Explain("3.0.101-0.35-default", event, 12)));  // the table is a bit later
  CHECK(WhyThisOne(Explain("3.0.101-0.35-default", event, 12)).starts_with("probably a tie"));
}

TEST_CASE("a printed score that the figures do not give is told") {
  const KillChoice choice = Explain("4.19.0", Report({Task(700, 100000, 0)}), 700);
  CHECK(choice.agreement == Agreement::kDiffers);
  CHECK(ScoreWords(choice) == "700 printed, 391 recomputed: they disagree");
}

TEST_CASE("scores of a memory cgroup are measured by its limit and the swap it may use") {
  EventFacts event = Report({Task(700, 12800, 0)});
  event.oom->constraint_kind = "memcg";
  event.oom->score_base_least_pages = 25600;
  event.oom->score_base_most_pages.reset();
  // (12,800 + 100) / 25,600 pages; swap is known to be absent.
  CHECK(Explain("4.19.0", event, 503).agreement == Agreement::kEqual);
  event.mem->total_swap_kb = 25600 * 4;
  const KillChoice swap = Explain("4.19.0", event, 300);
  CHECK(swap.score == ScoreRange{251, 503});
  CHECK(swap.agreement == Agreement::kInRange);
}

TEST_CASE("a printed score tells that a group's machine has no swap, whose total is not printed") {
  // 7,025 + 24 pages, 3 % less for root, of 10,240: 667; without this share 688.
  EventFacts event = Report({Task(700, 7025, 0, 0), Task(5, 2900, 0, 0)});
  event.tasks.biggest[0].pgtables_kb = 96;
  event.mem.reset();
  event.oom->constraint_kind = "memcg";
  event.oom->score_base_least_pages = 10240;
  event.oom->score_base_most_pages.reset();
  const KillChoice choice = Explain("4.15.0-20-generic", event, 667);
  CHECK(choice.exact);
  CHECK(choice.agreement == Agreement::kEqual);
  CHECK(ScoreWords(choice) == "667 printed, 667 recomputed with no swap to add, place 1 of 2");
  CHECK(Explain("4.15.0-20-generic", event, 688).exact);
  const KillChoice swap = Explain("4.15.0-20-generic", event, 500);
  CHECK_FALSE(swap.exact);
  CHECK(swap.agreement == Agreement::kInRange);
}

TEST_CASE("scores of a request that is bound to nodes are measured by these") {
  EventFacts event = Report({Task(700, 12800, 0)});
  event.oom->constraint_kind = "cpuset";
  event.oom->mems_allowed = "1";
  event.oom->score_base_least_pages.reset();
  event.oom->score_base_most_pages = 64500;
  event.zones = {MakeZone(0, "Normal", 1, 1), MakeZone(1, "Normal", 1, 1)};
  event.zones[1].present_kb = 64500 * 4;
  CHECK(Explain("4.19.0", event, 200).agreement == Agreement::kEqual);
  // Before 5.4 holes of the node count, too, so the score is a range; from then on it is exact.
  event.oom->score_base_most_pages = 2 * 64500;
  CHECK_FALSE(Explain("5.3.18", event).exact);
  const KillChoice exact = Explain("5.4.0", event);
  CHECK(exact.exact);
  CHECK(ScoreWords(exact) == "200 recomputed");
  event.complete = false;
  CHECK_FALSE(Explain("5.4.0", event).exact);
}

TEST_CASE("a kernel before 2.6.36 is not computed") {
  std::vector<TaskFacts> tasks = {Task(5, 100100, 0), Task(700, 100000, 0)};
  for (TaskFacts& task : tasks) task.oom_score_adj.reset();
  const KillChoice choice = Explain("2.6.18-164.el5", Report(tasks), 187302);
  CHECK(choice.rule == BadnessRule::kHeuristic);
  CHECK_FALSE(choice.score);
  CHECK(WhyThisOne(choice).find("count run time and children") != std::string::npos);
}

TEST_CASE("who asked may be killed unlooked at, and a child may die for its parent") {
  EventFacts event = Report({Task(5, 120000, 0), Task(700, 100000, 0)});
  event.kills.front().reason = "allocating_task";
  CHECK(WhyThisOne(Explain("4.19.0", event)).find("[oom_kill_allocating_task]") !=
        std::string::npos);
  event.kills.front().reason.reset();
  event.kills.front().chosen_pid = 5;
  event.kills.front().chosen_comm = "p5";
  const KillChoice child = Explain("4.4.0", event, 469);
  CHECK(child.child);
  CHECK(child.chosen->pid == 5);
  // (120,000 + 100) * 1000 / 256,000 = 469.
  CHECK(child.agreement == Agreement::kEqual);
  CHECK(WhyThisOne(child) == "p5 [pid 5] was chosen, and a child of it dies first");
}

TEST_CASE("what the memory did after the kill is told by the reaper or the next report") {
  EventFacts event = Report({Task(700, 100000, 0)});
  KillFacts& kill = event.kills.front();
  CHECK(AfterWords(SmallFacts(event), event, kill).empty());
  kill.reaped = true;
  kill.reaped_anon_rss_kb = 0;
  kill.reaped_shmem_rss_kb = 2048;
  CHECK(AfterWords(SmallFacts(event), event, kill) ==
        "its memory came back at once [oom_reaper: anon-rss 0 kB]; 2.0 MiB of it is shared and "
        "stays");
  EventFacts later = Report({MakeTask(700, "java", 50000)});
  later.id = 2;
  later.local_time = "Nov 24 10:00:07";
  IncidentFacts facts = SmallFacts(event);
  facts.events.push_back(later);
  CHECK(AfterWords(facts, event, kill) == "7 s later still there with 195 MiB");
}

}  // namespace
}  // namespace kautopsy::test
