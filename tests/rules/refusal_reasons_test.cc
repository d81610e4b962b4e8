#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A refused request for mapped pages on a machine with plenty of single pages and no large piece.
EventFacts Vmalloc(int64_t bytes, const std::string& reason) {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  RefusalFacts refusal;
  refusal.kind = "vmalloc";
  refusal.comm = "modprobe";
  refusal.size_bytes = bytes;
  refusal.gfp_flags = "GFP_KERNEL";
  refusal.reason = reason;
  refusal.context = "process";
  event.refusal = refusal;
  event.zones = {MakeZone(0, "DMA32", 400000, 8000, {90000, 5000})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  event.frames = {{"warn_alloc", std::nullopt, "process", true},
                  {"vzalloc", std::nullopt, "process", true},
                  {"ring_setup", "fastnic", "process", true}};
  return event;
}

EventFacts Percpu(const std::string& reason) {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->kind = "failure";
  event.refusal->size_bytes = 48;
  event.refusal->reason = reason;
  event.refusal->blame_module = "nf_counters";
  return event;
}

TEST_CASE("a request to map 0 bytes is the caller's fault, whatever is free") {
  EventFacts event = Vmalloc(0, "allocation failure");
  event.refusal->blame_module = "fastnic";
  const IncidentFacts facts = On(event, "5.10.0-9-amd64");
  CHECK_FALSE(facts.events[0].rerun);
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "bad_request");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK(Mentions(diagnosis.headline, "0 bytes"));
  CHECK(Mentions(PrimaryFinding(diagnosis)->advice.at(0).act, "fastnic"));
}

TEST_CASE("0 bytes of another allocator are no request of vmalloc's") {
  EventFacts event = Percpu("failed to populate");
  event.refusal->size_bytes = 0;
  CHECK_FALSE(RuleBadRequest(On(event, "5.10.0-9-amd64")));
}

TEST_CASE("the pages of vmalloc are tested one by one, not as one piece") {
  const IncidentFacts facts = On(Vmalloc(32 << 20, "failed to allocate pages"), "6.1.0-21-amd64");
  REQUIRE(facts.events[0].rerun);
  CHECK(facts.events[0].rerun->request.order == 0);
  CHECK_FALSE(facts.events[0].rerun->request.assumed);
  CHECK(facts.events[0].rerun->request.gfp.highest == HighestZone::kHighMem);
  CHECK_FALSE(ShowsFragmentation(facts));
}

TEST_CASE("of many mapped pages the sum lacks, whatever the mask of each allows") {
  EventFacts event = Vmalloc(int64_t{8} << 30, "allocated 1047483648 bytes of it");
  event.refusal->gfp_flags = "GFP_ATOMIC";
  event.zones.clear();
  IncidentFacts facts = On(event, "4.6.0");
  facts.ram_kb.reset();
  CHECK_FALSE(RuleAtomicReserve(facts));
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "unknown");
  CHECK(diagnosis.confidence == Confidence::kLow);
  CHECK(Mentions(diagnosis.headline, "8.0 GiB in single pages [vmalloc], of which only 999 MiB"));
  facts.events[0].refusal->reason = "failed to allocate pages";
  CHECK(Mentions(Diagnose(facts).headline, "8.0 GiB in single pages [vmalloc]; why is not"));
  facts.ram_kb = 4 << 20;  // the machine has less
  CHECK(Diagnose(facts).primary_cause == "bad_request");
  facts.events[0].refusal->kind = "failure";  // a page by itself
  facts.events[0].refusal->order = 0;
  facts.events[0].refusal->size_bytes.reset();
  CHECK(RuleAtomicReserve(facts));
}

TEST_CASE("how far a request of vmalloc came is told by its words") {
  const auto stage = [](int64_t bytes, const std::string& reason) {
    return StageOf(*Vmalloc(bytes, reason).refusal);
  };
  CHECK(stage(4096, "exceeds total pages") == VmallocStage::kImpossible);
  CHECK(stage(4096, "no address space: use vmalloc=<size> to increase size") ==
        VmallocStage::kNoRange);
  CHECK(stage(4096, "vm_struct allocation failed. Retrying.") == VmallocStage::kUnclear);
  CHECK(stage(4096, "allocation failure") == VmallocStage::kUnclear);
  CHECK(stage(8192, "allocated 4096 bytes of it") == VmallocStage::kPages);
  CHECK(stage(8192, "failed to map pages") == VmallocStage::kPages);
  CHECK(stage(8192, "page order 0, failed to allocate pages") == VmallocStage::kPages);
  CHECK(stage(4 << 20, "page order 9, failed to allocate pages") == VmallocStage::kLargePages);
  CHECK(stage(8192, "failed to allocated page array size 16") == VmallocStage::kPageArray);
  CHECK(StageOf(*SeedRefusal().refusal) == VmallocStage::kNone);
}

TEST_CASE("large pages of vmalloc are a try: the piece is tested, and its refusal does no harm") {
  const IncidentFacts facts =
      On(Vmalloc(4 << 20, "page order 9, failed to allocate pages"), "6.2.0");
  CHECK(facts.events[0].rerun->request.order == 9);
  CHECK_FALSE(facts.events[0].rerun->request.assumed);
  const std::optional<Finding> refused = RuleRefusedAllocation(facts);
  REQUIRE(refused);
  CHECK(refused->severity == Severity::kInfo);
  CHECK(Mentions(refused->title, "harmless: single pages are asked for behind it"));
}

TEST_CASE("where a request of vmalloc did not come to its pages, no refused page is tested") {
  for (const char* const reason :
       {"failed to allocated page array size 8192", "vm_struct allocation failed"}) {
    const IncidentFacts facts = On(Vmalloc(4 << 20, reason), "6.1.0-21-amd64");
    CHECK(facts.events[0].rerun->request.assumed);
    CHECK(facts.events[0].rerun->request.order == 0);
  }
}

TEST_CASE("a detector's notes need one certain range, so no other would have helped") {
  EventFacts event = Vmalloc(4 << 20, "no address space: use vmalloc=<size> to increase size");
  event.frames[1].symbol = "kasan_mem_notifier";
  const Diagnosis diagnosis = Diagnose(On(event, "5.4.0-42-generic"));
  CHECK(diagnosis.primary_cause == "kernel_bug");
  CHECK(Mentions(diagnosis.headline, "that KASAN needs for its notes was taken"));
  CHECK(Mentions(PrimaryFinding(diagnosis)->explanation, "vmalloc= makes no difference"));
}

constexpr char kNoRange[] = "no address space: use vmalloc=<size> to increase size";

TEST_CASE("no hole in the kernel's addresses: on 32 bit the range is small and can be raised") {
  EventFacts event = Vmalloc(4 << 20, kNoRange);
  event.zones[0].zone = "Normal";
  event.zones.push_back(MakeZone(0, "HighMem", 900000, 512));
  const Diagnosis diagnosis = Diagnose(On(event, "5.10.0-9-686-pae"));
  CHECK(diagnosis.primary_cause == "address_space");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK(Mentions(RecommendationText(*PrimaryFinding(diagnosis)), "vmalloc=256M at boot"));
}

TEST_CASE("no hole in the kernel's addresses: on 64 bit a leak, or the small range of code") {
  const Diagnosis wide = Diagnose(On(Vmalloc(4 << 20, kNoRange), "5.10.0-9-amd64"));
  CHECK(wide.primary_cause == "kernel_bug");
  CHECK(wide.confidence == Confidence::kMedium);
  CHECK_FALSE(Mentions(RecommendationText(*PrimaryFinding(wide)), "vmalloc=2"));
  EventFacts code = Vmalloc(64 << 10, kNoRange);
  code.frames[1].symbol = "bpf_jit_alloc_exec";
  const Diagnosis small = Diagnose(On(code, "5.10.0-9-amd64"));
  CHECK(small.primary_cause == "address_space");
  CHECK(Mentions(PrimaryFinding(small)->explanation, "1.5 GiB"));
}

TEST_CASE("an area that was not had is no lack of memory only where pages were free") {
  EventFacts event = Vmalloc(4 << 20, "vm_struct allocation failed");
  CHECK(RuleAddressSpace(On(event, "6.1.0-21-686")));
  event.zones[0].free_kb = 1000;
  event.zones[0].free_list_kb.reset();
  event.zones[0].cells.clear();
  CHECK_FALSE(RuleAddressSpace(On(event, "6.1.0-21-686")));
}

TEST_CASE("per-CPU memory that is not set up says nothing of free memory") {
  const Diagnosis diagnosis =
      Diagnose(On(Percpu("atomic alloc failed, no space left"), "6.1.0-21-amd64"));
  CHECK(diagnosis.primary_cause == "atomic_reserve");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  CHECK(Mentions(diagnosis.headline, "no per-CPU memory ready for 48 bytes"));
  CHECK(Mentions(RecommendationText(*PrimaryFinding(diagnosis)), "nf_counters"));
}

TEST_CASE("the area for per-CPU variables of modules is of a fixed size") {
  const Diagnosis diagnosis =
      Diagnose(On(Percpu("alloc from reserved chunk failed"), "6.1.0-21-amd64"));
  CHECK(diagnosis.primary_cause == "address_space");
  CHECK(Mentions(diagnosis.headline, "area for per-CPU variables of modules"));
}

TEST_CASE("a reason that shows no cause is told in the kernel's words") {
  const Diagnosis diagnosis = Diagnose(On(Percpu("failed to populate"), "6.1.0-21-amd64"));
  CHECK(diagnosis.primary_cause == "unknown");
  CHECK(Mentions(diagnosis.headline, "the kernel says: failed to populate"));
}

// A request for a piece of zone DMA, early at boot: nothing is kept back yet.
EventFacts BootRefusal(int64_t managed_kb) {
  EventFacts event = MakeEvent(1, "alloc_failure");
  event.kernel_release = "6.8.0-4-amd64";
  event.refusal.emplace();
  event.refusal->kind = "failure";
  event.refusal->comm = "swapper/0";
  event.refusal->order = 9;
  event.refusal->gfp_flags = "GFP_KERNEL|GFP_DMA";
  event.zones = {MakeZone(0, "DMA", managed_kb, 0, {0, 0, 0, 0, 0, 0, 0, 0, 1})};
  event.zones[0].managed_kb = managed_kb;
  event.zones[0].present_kb = 15992;
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0, 0};
  event.mem.emplace();
  event.mem->free_pages = 700000;
  return event;
}

TEST_CASE("a zone that is smaller than the piece asked for can never serve it") {
  const IncidentFacts facts = On(BootRefusal(1024), "6.8.0-4-amd64");
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "low_zone");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK_FALSE(PrimaryFinding(diagnosis)->advice.empty());
  // Zones above are not printed, so the sums need not agree.
  for (const SelfCheck& check : diagnosis.checks) CHECK(check.ok);
  // It is large enough, but that much is not free in it.
  EventFacts larger = BootRefusal(8192);
  CHECK(RuleLowZone(On(larger, "6.8.0-4-amd64"))->brief ==
        "zone DMA had less free than was asked for");
  larger.zones[0].cells[8].count = 3;
  larger.zones[0].free_list_kb = 3072;
  CHECK_FALSE(RuleLowZone(On(larger, "6.8.0-4-amd64")));
}

TEST_CASE("a kernel before 6.1 prints all zones, so its sums must agree") {
  EventFacts event = BootRefusal(1024);
  event.kernel_release = "5.10.0-9-amd64";
  bool all = true;
  for (const SelfCheck& check : Diagnose(On(event, "5.10.0-9-amd64")).checks) all = all && check.ok;
  CHECK_FALSE(all);
}

}  // namespace
}  // namespace kautopsy::test
