#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

bool Mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a group that had given its memory back is looked at before its limit is raised") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/build";
  event.group.counters = {{"memory", 53192, 262144, 99902}, {"swap", 0, 4096, 0}};
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release = "6.1.0-21-amd64";
  const std::optional<Finding> finding = RuleMemcgLimit(facts);
  REQUIRE(finding);
  CHECK(finding->advice.at(0).act.find("look at memory.peak of control group /build") == 0);
  CHECK(finding->advice.at(0).why.find("used 20.3 % of its limit") != std::string::npos);
  facts.events[0].group.counters[0].usage_kb = 262144;
  CHECK(RuleMemcgLimit(facts)->advice.at(0).act.find("memory.max=327680K") == 0);
  CHECK(RuleMemcgLimit(facts)->advice.at(0).check == "memory.events and memory.peak of the group");
  facts.kernel_release = "5.10.0-9-amd64";
  CHECK(RuleMemcgLimit(facts)->advice.at(0).check ==
        "memory.events and memory.current of the group");
}

TEST_CASE("of what a group holds in files, tmpfs is told apart: it leaves for swap alone") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/web";
  event.group.counters = {{"memory", 262144, 262144, 9}, {"swap", 0, 0, 0}};
  event.group.stat_kb = {{"anon", 204800}, {"file", 52224}, {"shmem", 51200}};
  const auto brief = [&] { return RuleMemcgLimit(SmallFacts(event))->brief; };
  CHECK(
      brief().ends_with("programs 200 MiB = 78.1 % of it, tmpfs and shared memory 50 MiB, "
                        "files 1.0 MiB"));
  event.group.stat_kb["shmem"] = 0;
  CHECK(brief().ends_with("= 78.1 % of it, files 51 MiB"));
  event.group.stat_kb = {{"rss", 204800}, {"cache", 52224}};  // to 4.11, without "shmem"
  CHECK(brief().ends_with("= 78.1 % of it, files and tmpfs 51 MiB"));
}

TEST_CASE("where the victim held next to nothing of the limit, what did is looked for first") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/writer";
  event.group.counters = {{"memory", 308224, 308224, 2589}, {"swap", 0, 4096, 0}};
  event.kills[0].anon_rss_kb = 1152;
  CHECK(RuleMemcgLimit(SmallFacts(event))->advice.at(0).act.find("look at memory.stat") == 0);
  event.group.stat_kb = {{"anon", 300000}};
  CHECK(RuleMemcgLimit(SmallFacts(event))->advice.at(0).act.find("memory.max=") == 0);
  event.group.stat_kb.clear();
  event.tasks.rss_kb = 200000;  // of others: the table tells that programs hold it
  CHECK(RuleMemcgLimit(SmallFacts(event))->advice.at(0).act.find("memory.max=") == 0);
  event.tasks.rss_kb.reset();
  event.kills[0].anon_rss_kb = 300000;
  CHECK(RuleMemcgLimit(SmallFacts(event))->advice.at(0).act.find("memory.max=") == 0);
}

TEST_CASE("a group's files are named by the version of control groups that the text proves") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/web";
  const auto advice = [&](const char* release) {
    IncidentFacts facts = SmallFacts(event);
    facts.kernel_release = release;
    const Advice told = RuleMemcgLimit(facts)->advice.at(0);
    return told.act + "; " + told.check;
  };
  const auto one = [&](const char* release) {
    return Mentions(advice(release), "memory.limit_in_bytes") &&
           Mentions(advice(release), "memory.failcnt and memory.max_usage_in_bytes of") &&
           !Mentions(advice(release), "memory.max ") && !Mentions(advice(release), "memory.max=");
  };
  const auto both = [&](const char* release) {
    return Mentions(advice(release), "[cgroup v1: memory.limit_in_bytes]") &&
           Mentions(advice(release), "memory.events [cgroup v1: memory.failcnt]");
  };
  CHECK(one("3.14.18-gentoo"));  // version 2 is of 4.5
  CHECK(one("3.10.0-327.4.5.el7.x86_64"));
  CHECK(both("4.15.0-20-generic"));
  event.group.counters = {{"memory", 40960, 40960, 8},
                          {"memory_swap", 0, std::nullopt, 0},
                          {"kmem", 0, std::nullopt, 0}};
  event.group.stat_kb = {{"rss", 40840}};
  CHECK(both("4.15.0-20-generic"));  // prints these two for both
  CHECK(advice("4.15.0-20-generic")
            .starts_with("memory.max=51200K [cgroup v1: memory.limit_in_bytes] of"));
  event.group.counters[2].usage_kb = 124;  // version 2 does not charge it
  CHECK(one("4.15.0-20-generic"));
  event.group.counters[2].usage_kb = 0;
  event.group.counters[1].usage_kb = 40960;
  CHECK(one("4.15.0-20-generic"));
  event.group.counters[1].usage_kb = 0;
  event.group.counters[1].limit_kb = 81920;
  CHECK(one("4.15.0-20-generic"));
  event.group.counters[1].limit_kb = std::nullopt;
  CHECK(one("5.10.0-9-amd64"));  // prints "swap:" for version 2
  event.group.stat_kb = {{"anon", 40840}};
  CHECK(one("4.18.0-305.el8.x86_64"));  // so does EL8, once it prints the new sums
}

TEST_CASE("what a group holds in swap is a part of what it needs") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/web";
  event.group.counters = {{"memory", 40960, 40960, 8}, {"memory_swap", 163840, std::nullopt, 0}};
  const auto advice = [&] { return RuleMemcgLimit(SmallFacts(event))->advice.at(0); };
  CHECK(advice().act == "memory.limit_in_bytes=204800K of control group /web (now 40960K)");
  CHECK(advice().why.starts_with("it uses 160 MiB with what lies in swap, and a quarter more"));
  event.group.counters[1].limit_kb = 163840;
  CHECK(advice().act.starts_with(
      "memory.memsw.limit_in_bytes=204800K, then memory.limit_in_bytes=204800K of"));
  event.group.counters = {{"memory", 40960, 40960, 8}, {"swap", 16384, 16384, 3}};
  CHECK(advice().act.starts_with("memory.max=71680K of"));
  event.group.counters[1].usage_kb = 1536000;
  CHECK(advice().why.starts_with("a quarter more than it uses with swap would be above the RAM"));
}

// A control group of 2 GiB that is full of memory of programs.
EventFacts FullGroup(const std::string& group) {
  EventFacts event = ExhaustedOom();
  event.mem.reset();
  event.zones.clear();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = group;
  event.oom->task_memcg = group + "/kubepods-besteffort-pod7.slice/cri-1.scope";
  event.group.counters = {{"memory", 2 << 20, 2 << 20, 9}, {"swap", 0, 4096, 0}};
  event.group.stat_kb = {{"anon", 2000000}, {"file", 3000}, {"shmem", 0}};
  return event;
}

TEST_CASE("all pods of a node together: the limit is the kubelet's to set") {
  for (const std::string group :
       {"/kubepods", "/kubepods.slice", "/kubepods.slice/kubepods-burstable.slice",
        "/kubepods/besteffort", "/kubelet.slice/kubelet-kubepods.slice"}) {
    CAPTURE(group);
    const std::optional<Finding> finding = RuleMemcgLimit(SmallFacts(FullGroup(group)));
    REQUIRE(finding);
    CHECK(finding->brief.find("node allocatable reached by all pods") == 0);
    CHECK(finding->brief.find("programs 1.9 GiB = 95.4 % of it, files 2.9 MiB") !=
          std::string::npos);
    const std::string advice = RecommendationText(*finding);
    CHECK(advice.find("memory.max=") == std::string::npos);
    CHECK(advice.find("memory limit [resources.limits.memory] for the pod of java") !=
          std::string::npos);
    CHECK(advice.find("it has none [best effort]") != std::string::npos);
  }
}

TEST_CASE("the limit of one pod comes from its description, and none is put above RAM") {
  IncidentFacts facts = SmallFacts(FullGroup("/kubepods.slice/kubepods-pod7.slice"));
  facts.ram_kb = 8 << 20;
  CHECK(RuleMemcgLimit(facts)->advice.at(0).act.find("resources.limits.memory of the pod") == 0);
  facts.events[0].oom->oom_memcg = "/system.slice/db.service";
  CHECK(RuleMemcgLimit(facts)->advice.at(0).act.find("memory.max=2621440K") == 0);
  facts.ram_kb = (2 << 20) + 4096;
  CHECK(RuleMemcgLimit(facts)->advice.at(0).act.find("memory.max=") == std::string::npos);
}

}  // namespace
}  // namespace kautopsy::test
