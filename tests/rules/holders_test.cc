#include <doctest/doctest.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/growth.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

int64_t SumOfWholes(const std::vector<BalanceItem>& items) {
  int64_t kb = 0;
  for (const BalanceItem& item : items) kb += item.part_of.empty() ? item.size_kb : 0;
  return kb;
}

NodeMemory Node(int64_t node, int64_t total_kb, int64_t anon_kb) {
  NodeMemory memory;
  memory.node = node;
  memory.total_kb = total_kb;
  memory.anon_kb = anon_kb;
  memory.free_kb = 1000;
  memory.kernel_stack_kb = 500;
  memory.shmem_kb = 40;
  memory.mlocked_kb = 0;
  return memory;
}

TEST_CASE(
    "the items of a memory report add up to what the kernel manages, with their parts inside") {
  EventFacts event = ExhaustedOom();
  event.node_memory = {Node(0, 1024000, 920000)};
  event.node_memory[0].huge_pages_kb = 4096;
  const IncidentFacts facts = SmallFacts(event);
  const std::vector<BalanceItem> items = BalanceOf(facts, event);
  CHECK(SumOfWholes(items) == (262144 - 6144) * 4);
  CHECK(ItemKb(items, "anon") == 230000 * 4);
  CHECK(ItemKb(items, "kernel_stacks") == 500);
  CHECK(ItemKb(items, "huge_pages") == 4096);
  const std::vector<BalanceItem> parts = BalanceParts(event);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].item == "shmem");
  CHECK(parts[0].part_of == "anon");
  CHECK(parts[1].item == "reserved");
  CHECK(parts[1].size_kb == 6144 * 4);
  CHECK(NodeBalances(event).empty());
}

// 2 GiB, a quarter of it zone Movable, with kernel objects in 900 MiB of the rest.
EventFacts MovableOom() {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask.reset();
  event.oom->gfp_flags = "GFP_KERNEL";
  event.zones = {MakeZone(0, "Normal", 7000, 9000, {1700, 20}),
                 MakeZone(0, "Movable", 400000, 3000, {9000, 100, 100, 100, 90, 80, 70, 60})};
  event.zones[0].managed_kb = 1572864;
  event.zones[1].managed_kb = 524288;
  event.zones[0].lowmem_reserve_pages = {0, 131072};
  event.zones[1].lowmem_reserve_pages = {0, 0};
  event.mem->ram_pages = 524288;
  event.mem->reserved_pages = 0;
  event.mem->anon_pages = 100000;
  event.mem->free_pages = 101750;
  event.mem->slab_unreclaimable_pages = 150000;
  event.mem->slab_pages = 152000;
  event.slabs = {{"kmemleak_object", 500000}, {"dentry", 30000}};
  return event;
}

TEST_CASE("kernel objects are measured by what is not zone Movable, and precede its size") {
  IncidentFacts facts = SmallFacts(MovableOom());
  facts.kernel_release = "5.4.0-42-generic";
  facts.ram_kb = 2097152;
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "slab_leak");
  const Finding* const holder = PrimaryFinding(diagnosis);
  REQUIRE(holder);
  CHECK(holder->title.find("38.1 % of what the request may use") != std::string::npos);
  CHECK(holder->brief.find("kmemleak_object of it 488 MiB") != std::string::npos);
  const Finding* const low = FindFinding(diagnosis, "low_zone");
  REQUIRE(low);
  CHECK(low->role == Role::kContributing);
  CHECK(low->brief == "all but zone Movable used up");
  CHECK(low->advice.at(0).act.find("less memory in zone Movable") == 0);
}

TEST_CASE("caches of the kernel's own debugging are turned off, not traced") {
  IncidentFacts facts = SmallFacts(MovableOom());
  facts.ram_kb = 2097152;
  // While the detector is there, it can tell whether anything leaks.
  CHECK(RuleHolder(facts)->advice.at(0).act.find("echo scan > ") == 0);
  CHECK(RuleHolder(facts)->advice.at(1).act == "kmemleak=off at boot");
  facts.events[0].slabs[0].name = "debug_objects_cache";
  CHECK(RuleHolder(facts)->advice.at(0).act == "no_debug_objects at boot");
  facts.events[0].slabs[0].name = "kmalloc-64";
  CHECK(RuleHolder(facts)->advice.at(0).act.find("slub_debug=U,kmalloc-64") == 0);
}

TEST_CASE("swap is advised only where programs could fill it") {
  const auto advises_swap = [](const EventFacts& event) {
    const std::optional<Finding> finding = RuleHostExhausted(SmallFacts(event));
    REQUIRE(finding);
    return RecommendationText(*finding).find("a swap area of") != std::string::npos;
  };
  EventFacts event = ExhaustedOom();
  CHECK(advises_swap(event));
  event.mem->anon_pages = 5000;  // 20 MiB
  event.mem->slab_unreclaimable_pages = 60000;
  CHECK_FALSE(advises_swap(event));
  event.mem->anon_pages = 130000;
  event.mem->slab_unreclaimable_pages = 100000;  // more than a third
  CHECK_FALSE(advises_swap(event));
}

TEST_CASE("each node of several has its own balance") {
  EventFacts event = ExhaustedOom();
  event.node_memory = {Node(0, 500000, 400000), Node(1, 600000, 100)};
  const std::vector<NodeBalance> nodes = NodeBalances(event);
  REQUIRE(nodes.size() == 2);
  CHECK(SumOfWholes(nodes[0].items) == 500000);
  CHECK(SumOfWholes(nodes[1].items) == 600000);
  CHECK(ItemKb(nodes[1].items, "not_itemised") == 600000 - 100 - 1000 - 500);
}

TEST_CASE("a pasted meminfo is a balance too") {
  EventFacts event = MakeEvent(1, "meminfo");
  const auto kb = [&](const char* name, double value) { event.values[name] = {value, "kB"}; };
  kb("MemTotal", 100000);
  kb("MemFree", 1000);
  kb("Buffers", 300);
  kb("Cached", 700);
  kb("AnonPages", 90000);
  kb("Shmem", 200);
  kb("Percpu", 50);
  const std::vector<BalanceItem> items = BalanceOf(MakeFacts({}), event);
  CHECK(SumOfWholes(items) == 100000);
  CHECK(ItemKb(items, "file") == 800);
  CHECK(ItemKb(items, "per_cpu") == 50);
  CHECK(ItemKb(items, "not_itemised") == 100000 - 90000 - 200 - 800 - 1000 - 50);
}

// A machine of 1,024,000 kB.
EventFacts Workers(int64_t tasks, int64_t rss_kb) {
  EventFacts event = ExhaustedOom();
  event.tasks.commands = {{"httpd", tasks, rss_kb}};
  event.tasks.rss_kb = rss_kb + 24000;
  return event;
}

TEST_CASE("many processes of one name that hold most of RAM are a storm") {
  const std::optional<Finding> finding = RuleForkStorm(SmallFacts(Workers(300, 600000)));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(finding->title.find("300 processes httpd held 586 MiB = 58.6 % of RAM") !=
        std::string::npos);
  // 0.9 * (1,024,000 - 24,000) / 2,000 each.
  CHECK(finding->advice.front().act.starts_with("at most 450 processes of httpd"));
}

TEST_CASE("a few, or such that hold little, or guests are no storm") {
  CHECK_FALSE(RuleForkStorm(SmallFacts(Workers(5, 600000))));
  CHECK_FALSE(RuleForkStorm(SmallFacts(Workers(300, 400000))));
  EventFacts guests = Workers(300, 600000);
  guests.tasks.guests = {MakeTask(1, "httpd", 100, "web1")};
  CHECK_FALSE(RuleForkStorm(SmallFacts(guests)));
  EventFacts group = Workers(300, 600000);
  group.oom->constraint_kind = "memcg";
  CHECK_FALSE(RuleForkStorm(SmallFacts(group)));
}

EventFacts Seen(int64_t id, const char* time, int64_t rss_pages) {
  EventFacts event = ExhaustedOom();
  event.id = id;
  event.boot_id = 1;
  event.local_time = time;
  event.tasks = {};
  SetTable(event, {MakeTask(700, "java", rss_pages)});
  return event;
}

IncidentFacts Reports(std::vector<EventFacts> events) {
  IncidentFacts facts = SmallFacts(Seen(0, "Nov 24 09:00:00", 1));
  facts.events = std::move(events);
  return facts;
}

TEST_CASE("a process that grows from report to report may leak; three reports tell more than two") {
  const std::vector<EventFacts> three = {Seen(1, "Nov 24 10:00:00", 25600),
                                         Seen(2, "Nov 24 10:05:00", 51200),
                                         Seen(3, "Nov 24 10:10:00", 76800)};
  const std::optional<Finding> finding = RuleTaskLeak(Reports(three));
  REQUIRE(finding);
  CHECK(finding->cause == "task_leak");
  CHECK(finding->role == Role::kContributing);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(
      finding->explanation.starts_with("java [pid 700] 100 MiB -> 300 MiB in 10 min, 3 reports."));
  const std::vector<EventFacts> two = {three[0], three[2]};
  CHECK(RuleTaskLeak(Reports(two))->confidence == Confidence::kLow);
}

TEST_CASE("the limit for what grew is what RAM has left for it, not what it was killed at") {
  EventFacts first = Seen(1, "Nov 24 10:00:00", 25600);
  SetTable(first, {MakeTask(700, "java", 25600), MakeTask(701, "other", 128000)});
  EventFacts last = Seen(2, "Nov 24 10:05:00", 204800);
  last.kind = "oom";
  last.oom = OomFacts();
  IncidentFacts facts = Reports({first, last});
  facts.kernel_release = "5.14.0-70.el9.x86_64";
  // RAM 1,024,000 kB, less a twentieth and the 512,000 kB of the other program
  CHECK(RuleTaskLeak(facts)->advice.at(0).act ==
        "java between 100 MiB and 450 MiB: MemoryMax= in its unit");
  facts.kernel_release = "3.10.0-514.el7.x86_64";  // control groups without memory.max
  const Advice old = RuleTaskLeak(facts)->advice.at(0);
  CHECK(old.act.starts_with("java between 100 MiB and 450 MiB: its own settings"));
  CHECK(old.check == "ps -C java -o rss=");  // the process was killed: its pid is of no use
}

// A host that killed at 400 MiB, and again at 600 MiB of the same program.
IncidentFacts KilledTwice() {
  EventFacts first = ExhaustedOom();
  first.boot_id = 1;
  SetTable(first, {MakeTask(700, "java", 102400), MakeTask(701, "other", 90000)});
  EventFacts last = first;
  last.id = 2;
  last.tasks = TaskTable();
  SetTable(last, {MakeTask(700, "java", 153600)});
  IncidentFacts facts = Reports({first, last});
  facts.kernel_release = "5.14.0-70.el9.x86_64";
  RunAgain(facts);
  return facts;
}

TEST_CASE("one program gets one limit, whichever rule names it, and never by its pid") {
  const IncidentFacts facts = KilledTwice();
  const std::optional<Finding> host = RuleHostExhausted(facts);
  const std::optional<Finding> leak = RuleTaskLeak(facts);
  REQUIRE(host);
  REQUIRE(leak);
  // It was the largest when the host was full already: 400 MiB less a twentieth of 1,024,000 kB.
  CHECK(host->advice.at(0).act == "java at most 350 MiB: MemoryMax=350M in its unit");
  CHECK(leak->advice.at(0).act == host->advice.at(0).act);
  CHECK(leak->advice.at(0).check == "memory.events of the unit's control group");
}

TEST_CASE("what grew beyond the largest of the first report is limited ahead of more swap") {
  IncidentFacts facts = KilledTwice();
  SetTable(facts.events[0], {MakeTask(701, "other", 90000), MakeTask(700, "java", 25600)});
  const std::optional<Finding> host = RuleHostExhausted(facts);
  REQUIRE(host);
  CHECK(host->advice.at(0).act.starts_with("java between 100 MiB and "));
  CHECK(host->advice.at(1).act.starts_with("a swap area"));
}

TEST_CASE("growth of one boot only, and only of what matters") {
  EventFacts first = Seen(1, "Nov 24 10:00:00", 25600);
  EventFacts last = Seen(2, "Nov 24 10:05:00", 51200);
  last.boot_id = 2;
  CHECK(GrownTasks(Reports({first, last})).empty());
  last = Seen(2, "Nov 24 10:05:00", 26000);
  CHECK(GrownTasks(Reports({first, last})).empty());
}

TEST_CASE("one report shows who is largest, not who grew") {
  const std::optional<Finding> finding =
      RuleTaskLeak(Reports({Seen(1, "Nov 24 10:00:00", 153600)}));
  REQUIRE(finding);
  CHECK(finding->rule == "largest_consumer");
  CHECK_FALSE(finding->cause);
  CHECK(finding->role == Role::kContext);
  CHECK(finding->title.find("java alone held 600 MiB = 60.0 % of RAM") != std::string::npos);
  CHECK_FALSE(RuleTaskLeak(Reports({Seen(1, "Nov 24 10:00:00", 76800)})));
}

// 1,024,000 kB of RAM and as much swap, all of it full.
IncidentFacts SwapFilled(const std::vector<TaskFacts>& tasks) {
  EventFacts event = ExhaustedOom();
  event.mem->total_swap_kb = 1024000;
  SetTable(event, tasks);
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release = "5.14.0-70.el9.x86_64";
  return facts;
}

TEST_CASE("of a program in RAM and swap both are limited, else it would only swap more") {
  TaskFacts java = MakeTask(700, "java", 200000);
  java.swap_kb = 900000;
  IncidentFacts facts = SwapFilled({java, MakeTask(701, "other", 1000)});
  const Advice advice = RuleHostExhausted(facts)->advice.at(0);
  // 800,000 kB less a twentieth of RAM, and no more swap than it had
  CHECK(advice.act.ends_with("MemoryMax=731M and MemorySwapMax=878M in its unit"));
  facts.kernel_release = "3.10.0-514.el7.x86_64";  // control groups without memory.max
  CHECK(RuleHostExhausted(facts)->advice.at(0).act ==
        "java at most 1.6 GiB in RAM and swap: its own settings for heap and buffers");
}

TEST_CASE("several large programs are told what they may have together") {
  TaskFacts java = MakeTask(700, "java", 150000);
  java.swap_kb = 400000;
  TaskFacts mysqld = MakeTask(701, "mysqld", 70000);
  mysqld.swap_kb = 500000;
  const IncidentFacts facts = SwapFilled({java, mysqld, MakeTask(702, "sshd", 1000)});
  const Advice advice = RuleHostExhausted(facts)->advice.at(0);
  CHECK(
      advice.act.starts_with("java [977 MiB] and mysqld [762 MiB] together at most 1.6 GiB in "
                             "RAM and swap: "));
  TaskFacts guest = java;
  guest.guest = "web1";
  CHECK(RuleHostExhausted(SwapFilled({guest}))->advice.at(0).act.ends_with(": a smaller guest"));
  CHECK(RuleHostExhausted(SwapFilled({MakeTask(702, "sshd", 1000)}))->advice.empty());
}

}  // namespace
}  // namespace kautopsy::test
