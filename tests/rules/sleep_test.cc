#include <doctest/doctest.h>

#include <array>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

FrameFacts Frame(std::string symbol) { return {std::move(symbol), {}, {}, true}; }

// 12 MiB of mapped pages, with the zones of the report and nothing else of it.
EventFacts MappedWithoutCounters() {
  EventFacts event = MakeEvent(1, "alloc_failure", "Nov 24 10:00:00");
  RefusalFacts refusal;
  refusal.kind = "vmalloc";
  refusal.comm = "kworker/u16:3";
  refusal.size_bytes = 12 << 20;
  refusal.reason = "failed to allocate pages";
  refusal.gfp_flags = "GFP_KERNEL|__GFP_HIGHMEM";
  event.refusal = refusal;
  event.zones = {MakeZone(0, "DMA", 11000, 40, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}),
                 MakeZone(0, "Normal", 150000, 160000)};
  event.zones[0].lowmem_reserve_pages = {0, 4000, 4000, 4000};
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  for (ZoneFacts& zone : event.zones) zone.free_cma_kb = 0;
  return event;
}

IncidentFacts WithoutRam(EventFacts event) {
  IncidentFacts facts = On(std::move(event), "6.12.9");
  facts.ram_kb.reset();
  RunAgain(facts);
  return facts;
}

TEST_CASE("zones that all fail name the cause where the counters of the report are lost") {
  const EventFacts event = MappedWithoutCounters();
  const Diagnosis diagnosis = Diagnose(WithoutRam(event));
  CHECK(diagnosis.primary_cause == "host_exhausted");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  CHECK(Mentions(diagnosis.headline, "12 MiB in single pages [vmalloc], and had no page above"));
  SUBCASE("not where a zone passes") {
    EventFacts passes = event;
    passes.zones[1].free_kb = 170000;
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(passes)));
  }
  SUBCASE("not where zones are lost, too") {
    EventFacts cut = event;
    cut.zones.pop_back();
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(cut)));
    cut.zones.clear();
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(cut)));
  }
  SUBCASE("not of a request that must not wait, or of none") {
    EventFacts atomic = event;
    atomic.refusal->gfp_flags = "GFP_ATOMIC";
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(atomic)));
    EventFacts look = event;
    look.refusal.reset();
    look.kind = "mem_info";
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(look)));
  }
  SUBCASE("not where the counters stand in the text: they say more") {
    EventFacts counted = event;
    counted.mem = SeedMemInfo().mem;
    CHECK_FALSE(RuleNoPageLeft(WithoutRam(counted)));
  }
}

TEST_CASE("marks that were raised for a while helped, if the request would pass without") {
  EventFacts event = MappedWithoutCounters();
  CHECK_FALSE(RuleRaisedMarks(WithoutRam(event)));
  event.zones[1].boost_kb = 100000;
  const std::optional<Finding> finding = RuleRaisedMarks(WithoutRam(event));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  event.zones[1].boost_kb = 1000;
  CHECK_FALSE(RuleRaisedMarks(WithoutRam(event)));
}

TEST_CASE("functions that devices are put to sleep by are known by their names") {
  struct Case {
    const char* symbol;
    bool sleeps;
  };
  constexpr auto kCases =
      std::to_array<Case>({{"dpm_run_callback", true},
                           {"__device_suspend", true},
                           {"device_suspend", true},
                           {"__device_suspend_late", true},
                           {"async_suspend", true},
                           {"async_resume_noirq", true},
                           {"suspend_devices_and_enter", true},
                           {"async_run_entry_fn", false},  // devices are started by it, too
                           {"rpm_suspend", false},         // one device rests, the machine works
                           {"pm_suspend_timer_fn", false},
                           {"usb_suspend_both", false}});
  for (const Case& tried : kCases) {
    CAPTURE(tried.symbol);
    EventFacts event = MappedWithoutCounters();
    event.frames = {Frame("__vmalloc_node_range"), Frame(tried.symbol)};
    CHECK(RuleResume(WithoutRam(event)).has_value() == tried.sleeps);
  }
}

TEST_CASE("sleep helps where the kernel might have reclaimed, and is told of a report cut short") {
  EventFacts event = MappedWithoutCounters();
  event.frames = {Frame("dpm_run_callback")};
  const std::optional<Finding> helped = RuleResume(WithoutRam(event));
  REQUIRE(helped);
  CHECK(helped->role == Role::kContributing);
  CHECK(Mentions(helped->explanation, "nothing goes to swap"));
  event.refusal->gfp_flags = "GFP_ATOMIC";
  CHECK(RuleResume(WithoutRam(event))->role == Role::kContext);
  EventFacts cut = SeedMemInfo();
  CHECK_FALSE(RuleResume(MakeFacts({cut})));
  cut.frames = {Frame("dpm_run_callback")};
  CHECK(Mentions(RuleResume(MakeFacts({cut}))->title, "when the memory was asked for"));
}

TEST_CASE("a worker for devices whose trace is lost may be of a machine that sleeps") {
  EventFacts event = MappedWithoutCounters();
  event.work = WorkFacts{"async", "async_run_entry_fn", std::nullopt};
  const std::optional<Finding> likely = RuleResume(WithoutRam(event));
  REQUIRE(likely);
  CHECK(likely->role == Role::kContext);
  CHECK(likely->confidence == Confidence::kLow);
  event.frames = {Frame("really_probe"), Frame("async_run_entry_fn")};
  CHECK_FALSE(RuleResume(WithoutRam(event)));
  event.frames.clear();
  event.work->symbol = "wb_workfn";
  CHECK_FALSE(RuleResume(WithoutRam(event)));
}

}  // namespace
}  // namespace kautopsy::test
