#include <doctest/doctest.h>

#include <array>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/work_function.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

FrameFacts Frame(std::string symbol, Text module = std::nullopt, bool reliable = true) {
  return {std::move(symbol), std::move(module), std::nullopt, reliable};
}

// An OOM report of which little more than the header is left.
EventFacts HeaderOnly() {
  EventFacts event = MakeEvent(1, "oom", "Nov 24 10:00:00");
  event.complete = false;
  OomFacts oom;
  oom.invoker_comm = "kworker/3:2";
  oom.gfp_mask = 0x200d2;
  oom.order = 0;
  event.oom = oom;
  return event;
}

TEST_CASE("whose work a kernel worker did stands in its line, else in its call trace") {
  EventFacts event = HeaderOnly();
  CHECK(WorkWords(event).empty());
  event.frames = {Frame("__alloc_pages"), Frame("stale", std::nullopt, false),
                  Frame("card_work", "card"), Frame("process_one_work"), Frame("worker_thread")};
  CHECK(WorkWords(event) == " (card_work [card])");
  event.frames[3].symbol = "run_workqueue";
  CHECK(WorkWords(event) == " (card_work [card])");
  event.work = WorkFacts{"events", "other_work", std::nullopt};
  CHECK(WorkWords(event) == " (other_work)");
  event.frames.erase(event.frames.begin(), event.frames.begin() + 3);
  event.work.reset();
  CHECK(WorkWords(event).empty());
}

TEST_CASE("a balloon that asks for memory itself is told, whoever its hypervisor is") {
  struct Case {
    const char* symbol;
    const char* module;
    bool balloon;
  };
  constexpr auto kCases = std::to_array<Case>({{"vmballoon_work", "vmw_balloon", true},
                                               {"update_balloon_size_func", "virtio_balloon", true},
                                               {"balloon_up", "hv_balloon", true},
                                               {"balloon_up", "party", false},
                                               {"brightness_work", "vmw_balloon", false}});
  for (const Case& tried : kCases) {
    CAPTURE(tried.symbol);
    EventFacts event = HeaderOnly();
    event.work = WorkFacts{"events_freezable", tried.symbol, tried.module};
    const Diagnosis diagnosis = Diagnose(On(event, "3.10.0-957.el7.x86_64"));
    CHECK((diagnosis.primary_cause == "unaccounted") == tried.balloon);
    if (!tried.balloon) continue;
    CHECK(diagnosis.confidence == Confidence::kLow);
    CHECK(Mentions(diagnosis.findings.front().explanation, "lets the kernel kill programs"));
  }
  CHECK_FALSE(RuleBalloon(On(HeaderOnly(), "3.10.0-957.el7.x86_64")));
}

TEST_CASE("a balloon that is refused memory does no harm, and a surer cause comes first") {
  EventFacts refused = SeedRefusal();
  refused.work = WorkFacts{"events_freezable", "vmballoon_work", "vmw_balloon"};
  CHECK(Mentions(RuleBalloon(MakeFacts({refused}))->explanation, "does no harm"));
  EventFacts killed = ExhaustedOom();
  killed.work = refused.work;
  CHECK(Diagnose(SmallFacts(killed)).primary_cause == "host_exhausted");
}

TEST_CASE("frames without names blame no function") {
  EventFacts event = MakeEvent(1, "alloc_failure");
  RefusalFacts refusal;
  refusal.kind = "vmalloc";
  refusal.size_bytes = 0;
  refusal.reason = "allocation failure";
  event.refusal = refusal;
  event.frames = {Frame("0xc0012738"), Frame("0xc03029a0")};
  const auto advice = [&] { return RuleBadRequest(On(event, "3.4.0"))->advice.at(0).act; };
  CHECK(Mentions(advice(), "the caller [no names in its call trace]"));
  event.refusal->comm = "insmod";
  CHECK(Mentions(advice(), "what insmod asked for [no names in its call trace]"));
  event.frames.push_back(Frame("load_module"));
  CHECK(Mentions(advice(), "what the call trace names"));
  event.frames.clear();
  CHECK(Mentions(advice(), "what the call trace names"));
}

TEST_CASE("a burstable pod's container in a report cut before the limit: whose limit is asked") {
  const std::string id(64, 'a');
  struct Case {
    std::string cpuset;
    Integer adj;
    bool asked;
  };
  const std::array<Case, 6> cases = {{{id, 952, true},
                                      {"/kubepods/docker-" + id + ".scope", 2, true},
                                      {"/", 952, false},
                                      {id, 0, false},
                                      {id, 1000, false},
                                      {id, std::nullopt, false}}};
  const auto asks = [](const EventFacts& event) {
    for (const Missing& missing : Diagnose(On(event, "4.4.0")).missing)
      if (Mentions(missing.what, "the limit of the pod's container")) return true;
    return false;
  };
  for (const Case& tried : cases) {
    CAPTURE(tried.cpuset);
    EventFacts event = HeaderOnly();
    event.oom->cpuset = tried.cpuset;
    event.oom->oom_score_adj = tried.adj;
    CHECK(asks(event) == tried.asked);
    CHECK(Diagnose(On(event, "4.4.0")).primary_cause == "unknown");
    event.oom->constraint_kind = "none";  // stated: no group's limit
    CHECK_FALSE(asks(event));
  }
}

}  // namespace
}  // namespace kautopsy::test
