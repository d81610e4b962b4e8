#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/refusal_rate.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A refusal that stands in one line.
EventFacts OneLine(const std::string& reason, const std::string& title) {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.title = title;
  event.refusal.emplace();
  event.refusal->kind = "failure";
  event.refusal->reason = reason;
  return event;
}

EventFacts TcpLimit() {
  return OneLine("limit: net.ipv4.tcp_mem", "TCP: its own limit of memory is reached");
}

EventFacts TaskLimit(const std::string& path) {
  return OneLine("limit: pids.max of " + path,
                 "fork refused: pids.max of " + path + " or of a group above it is reached");
}

// `figures` as the kernel prints them behind the size, from 5.1 on.
EventFacts BounceBuffer(int64_t bytes, const std::string& figures) {
  const std::string reason =
      "swiotlb buffer is full (sz: " + std::to_string(bytes) + " bytes)" + figures;
  EventFacts event = OneLine(reason, "no memory for DMA of scan 0000:02:00.0: " + reason);
  event.refusal->size_bytes = bytes;
  return event;
}

EventFacts SmallPool() {
  const std::string reason = "512 KiB atomic DMA coherent pool is too small!";
  return OneLine(reason, "no memory for DMA: " + reason);
}

EventFacts XfsWaits() {
  EventFacts event = OneLine("possible memory allocation deadlock",
                             "XFS: kmem_alloc gets no memory and tries again");
  event.refusal->size_bytes = 40000;
  return event;
}

Diagnosis Of(EventFacts event) {
  IncidentFacts facts = MakeFacts({std::move(event)});
  facts.kernel_release = "5.10.0-9-amd64";
  return Diagnose(facts);
}

TEST_CASE("a limit of its own does not hide what else befell the machine") {
  EventFacts oops = MakeEvent(2, "oops", "Mar  4 11:20:32");
  oops.crash.emplace();
  oops.crash->title = "BUG: unable to handle page fault for address: 0000000000000008";
  const Diagnosis crashed = Diagnose(MakeFacts({TcpLimit(), oops}));
  CHECK(crashed.primary_cause == "kernel_bug");
  CHECK(FindFinding(crashed, "own_limit")->role == Role::kContributing);
  EventFacts hung = MakeEvent(2, "hung_task", "Mar  4 11:20:32");
  hung.crash.emplace();
  CHECK(Diagnose(MakeFacts({TaskLimit("/a.slice"), hung})).primary_cause == "stall");
  EventFacts refused = SeedRefusal();
  refused.local_time = "Mar  4 11:20:32";
  CHECK(Diagnose(MakeFacts({TcpLimit(), refused})).primary_cause != "own_limit");
}

TEST_CASE("before 4.5 TCP's line may mean the limit of a control group") {
  IncidentFacts facts = MakeFacts({TcpLimit()});
  facts.kernel_release = "3.10.0-1160.el7.x86_64";
  CHECK(RuleOwnLimit(facts)->confidence == Confidence::kMedium);
  facts.kernel_release = "5.10.0-9-amd64";
  CHECK(RuleOwnLimit(facts)->confidence == Confidence::kHigh);
}

TEST_CASE("figures of bounce buffers that no kernel prints are not computed with") {
  for (const char* const figures :
       {", total 4611686018427387905 (slots), used 4611686018427387905 (slots)",
        ", total 32768 (slots), used 40000 (slots)"}) {
    CAPTURE(figures);
    const std::optional<Finding> finding = RuleOwnLimit(MakeFacts({BounceBuffer(4096, figures)}));
    REQUIRE(finding);
    CHECK(finding->confidence == Confidence::kMedium);
    CHECK_FALSE(Mentions(RecommendationText(*finding), "swiotlb=-"));
  }
}

TEST_CASE("a limit that its line states is the cause, and its advice names the setting") {
  struct Case {
    EventFacts event;
    std::string headline, advice;
  };
  const Case cases[] = {
      {TcpLimit(), "TCP's own limit [net.ipv4.tcp_mem]", "cat /proc/net/sockstat"},
      {TaskLimit("/system.slice/build.service"), "refused in /system.slice/build.service",
       "TasksMax= of build.service"},
      {TaskLimit("/docker/0f1e"), "refused in /docker/0f1e", "pids.max of /docker/0f1e larger"},
      {BounceBuffer(4096, ", total 32768 (slots), used 32767 (slots)"),
       "of 32,768 slots of 2 KiB 32,767 were used, and scan 0000:02:00.0 needed 2",
       "swiotlb=65536 at boot: double of now: 128 MiB"},
      {BounceBuffer(4096, ", total 0 (slots), used 0 (slots)"), "had set up none",
       "swiotlb=force at boot"},
      {BounceBuffer(262145, ", total 32768 (slots), used 5 (slots)"),
       "more than 256 KiB is never given", "maintainers of the driver of scan 0000:02:00.0"},
      {BounceBuffer(300000, ""), "more than 256 KiB is never given", "maintainers of the driver"},
      {SmallPool(), "[coherent_pool, 512 KiB] was used up", "coherent_pool=1024K at boot"}};
  for (const Case& one : cases) {
    CAPTURE(one.event.title);
    const Diagnosis diagnosis = Of(one.event);
    CHECK(diagnosis.primary_cause == "own_limit");
    CHECK(diagnosis.confidence == Confidence::kHigh);
    CHECK(diagnosis.severity == Severity::kMinor);
    CHECK(Mentions(diagnosis.headline, one.headline));
    CHECK(Mentions(RecommendationText(*PrimaryFinding(diagnosis)), one.advice));
    CHECK(Mentions(diagnosis.signature, OwnLimit(one.event)));
  }
}

TEST_CASE("a larger number of bounce buffers is no advice where none could be large enough") {
  const Diagnosis diagnosis = Of(BounceBuffer(655360, ", total 32768 (slots), used 5 (slots)"));
  CHECK_FALSE(Mentions(RecommendationText(*PrimaryFinding(diagnosis)), "at boot"));
}

TEST_CASE("where the line tells less, the limit is less sure") {
  EventFacts no_size = BounceBuffer(0, "");
  no_size.refusal->size_bytes.reset();
  const EventFacts cases[] = {
      no_size, BounceBuffer(262144, ""),
      BounceBuffer(4096, ", total 32768 (slots), used 32766 (slots)"),
      OneLine("limit: net.ipv4.tcp_mem or net.ipv4.tcp_max_orphans", "TCP: its own limit")};
  for (const EventFacts& event : cases) {
    CAPTURE(*event.refusal->reason);
    const Diagnosis diagnosis = Of(event);
    CHECK(diagnosis.primary_cause == "own_limit");
    CHECK(diagnosis.confidence == Confidence::kMedium);
  }
}

TEST_CASE("a line that states no limit is none") {
  EventFacts cut = BounceBuffer(4096, "");
  cut.refusal->reason.reset();
  CHECK_FALSE(RuleOwnLimit(MakeFacts({cut})));
  CHECK_FALSE(RuleOwnLimit(MakeFacts({XfsWaits()})));
  CHECK_FALSE(RuleOwnLimit(
      MakeFacts({OneLine("pool for atomic allocation", "no memory for DMA: pool for atomic")})));
  CHECK_FALSE(RuleOwnLimit(MakeFacts({SeedRefusal()})));
  CHECK_FALSE(RuleOwnLimit(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a limit beside a kill explains no kill, with or without a cause of its own") {
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  const std::string cause = Diagnose(facts).primary_cause;
  CHECK(cause != "own_limit");
  facts.events.push_back(TcpLimit());
  facts.events.back().id = 2;
  const Diagnosis both = Diagnose(facts);
  CHECK(both.primary_cause == cause);
  CHECK(FindFinding(both, "own_limit")->role == Role::kContributing);
  const Diagnosis bare = Diagnose(MakeFacts({SeedKill(), TcpLimit()}));
  CHECK(FindFinding(bare, "own_limit")->role == Role::kContributing);
}

TEST_CASE("limits of several kinds are told together, the surest first") {
  EventFacts unsure = BounceBuffer(4096, "");
  EventFacts tasks = TaskLimit("/user.slice");
  EventFacts again = TaskLimit("/user.slice");
  tasks.id = 2;
  again.id = 3;
  const std::optional<Finding> finding = RuleOwnLimit(MakeFacts({unsure, tasks, again}));
  REQUIRE(finding);
  CHECK(finding->event_id == 2);
  CHECK(Mentions(finding->explanation, "Also: scan 0000:02:00.0 got no bounce buffer"));
  CHECK(finding->evidence.size() == 2);
}

TEST_CASE("refusals that stand in one line are of one kind where device and reason are") {
  EventFacts later = BounceBuffer(8192, ", total 9 (slots), used 9 (slots)");
  EventFacts other = BounceBuffer(8192, "");
  other.title.replace(other.title.find("scan"), 4, "disk");
  const IncidentFacts facts =
      MakeFacts({BounceBuffer(4096, ""), later, other, TcpLimit(), TaskLimit("/a")});
  CHECK(GroupRefusals(facts).size() == 4);
}

TEST_CASE("a headline tells what the line says, and that whoever waits was not refused") {
  const Diagnosis waits = Of(XfsWaits());
  CHECK(waits.primary_cause == "unknown");
  CHECK(Mentions(waits.headline,
                 "let a request for memory wait: XFS: kmem_alloc gets no memory and tries again"));
  const Diagnosis pool =
      Of(OneLine("pool for atomic allocation", "no memory for DMA: pool for atomic allocation"));
  CHECK(
      Mentions(pool.headline, "refused a request for memory: no memory for DMA: pool for atomic"));
}

TEST_CASE("a headline says that a refusal did no harm, and prefers one that did") {
  EventFacts harmless = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  harmless.refusal.emplace();
  harmless.refusal->kind = "failure";
  harmless.refusal->order = 0;
  harmless.refusal->gfp_flags = "GFP_KERNEL|__GFP_NORETRY";
  harmless.frames = {{"__alloc_pages", std::nullopt, "process", true},
                     {"foo_open", "foo", "process", true}};
  CHECK(Mentions(Of(harmless).headline, "refused a request for memory, without harm; why"));
  const Diagnosis both = Diagnose(MakeFacts({harmless, XfsWaits()}));
  CHECK(Mentions(both.headline, "XFS: kmem_alloc"));
}

}  // namespace
}  // namespace kautopsy::test
