#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "reports/builder.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/call_sites.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/refusal_rate.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// Names joined by blanks, innermost first; "?name" is a frame marked `?`, "name@tg3" one of a
// module.
std::vector<FrameFacts> Frames(std::string_view names) {
  std::vector<FrameFacts> frames;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    std::string_view name = names.substr(0, end);
    FrameFacts frame;
    frame.reliable = !name.starts_with('?');
    if (!frame.reliable) name.remove_prefix(1);
    const std::size_t at = std::min(name.find('@'), name.size());
    frame.symbol = std::string(name.substr(0, at));
    if (at < name.size()) frame.module = std::string(name.substr(at + 1));
    frames.push_back(std::move(frame));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return frames;
}

EventFacts Refusal(int order, std::string_view frames, int64_t id = 1) {
  EventFacts event = MakeEvent(id, "alloc_failure");
  RefusalFacts refusal;
  refusal.kind = "failure";
  refusal.comm = "a";
  refusal.order = order;
  refusal.gfp_flags = "GFP_KERNEL";
  event.refusal = refusal;
  event.frames = Frames(frames);
  return event;
}

IncidentFacts FactsOf(std::vector<EventFacts> events, Text release = std::nullopt) {
  IncidentFacts facts = MakeFacts(std::move(events));
  facts.kernel_release = std::move(release);
  return facts;
}

CallPath PathOf(int order, std::string_view frames, const char* release = "5.10.0") {
  const IncidentFacts facts = FactsOf({Refusal(order, frames)}, release);
  return ReadCallPath(facts, facts.events.front());
}

struct Case {
  int order;
  const char* frames;
  std::string_view site;
  std::string_view where;
  std::optional<Harm> harm;
};

TEST_CASE("a trace names the place that asked, how the work began and what was lost") {
  const Case cases[] = {
      {4,
       "warn_alloc __alloc_pages __kmalloc_node __alloc_skb skb_copy tg3_start_xmit@tg3 "
       "dev_hard_start_xmit tcp_write_xmit net_rx_action __do_softirq",
       "packet_copy", "a network softirq", Harm::kDegraded},
      {1,
       "__alloc_pages new_slab __alloc_skb __netdev_alloc_skb e1000_alloc_rx_buffers@e1000e "
       "e1000_clean@e1000e net_rx_action",
       "packet_receive", "a network softirq", Harm::kDegraded},
      {0,
       "__alloc_pages skb_page_frag_refill try_fill_recv@virtio_net virtnet_poll@virtio_net "
       "net_rx_action",
       "virtio_refill", "a network softirq", Harm::kHarmless},
      {2, "__alloc_pages copy_process.part.0 _do_fork __x64_sys_clone", "kernel_stack",
       "the clone system call", Harm::kDegraded},
      {0, "__alloc_pages copy_process _do_fork sys_clone", "fork", "the clone system call",
       Harm::kDegraded},
      {9, "alloc_pages_vma do_huge_pmd_anonymous_page __handle_mm_fault do_user_addr_fault",
       "huge_page", "a page fault", Harm::kHarmless},
      {4,
       "__alloc_pages kmalloc_order __kmalloc reserve_ds_buffers x86_reserve_hardware ksys_write",
       "perf_buffers", "the write system call", Harm::kHarmless},
      {4, "__alloc_pages kvmalloc_node kvm_arch_alloc_vm@kvm kvm_dev_ioctl@kvm __x64_sys_ioctl",
       "kvm_create", "the ioctl system call", Harm::kFatal},
      {4, "__alloc_pages kvmalloc_node vhost_net_open@vhost_net misc_open __x64_sys_openat",
       "vhost", "the openat system call", Harm::kFatal},
      {0, "__alloc_pages alloc_pages_bulk svc_recv@sunrpc nfsd@nfsd kthread", "nfs_server",
       "a kernel thread", Harm::kHarmless},
      {0,
       "__alloc_pages_noprof alloc_pages_mpol_noprof do_anonymous_page __handle_mm_fault "
       "exc_page_fault",
       "program_memory", "a page fault", Harm::kDegraded},
      {0,
       "__alloc_pages pagecache_get_page filemap_fault __do_fault handle_mm_fault "
       "do_page_fault",
       "mapped_file", "a page fault", Harm::kDegraded},
      {0,
       "__alloc_pages __page_cache_alloc grab_cache_page_write_begin ext4_write_begin@ext4 "
       "vfs_write ksys_write",
       "file_write", "the write system call", Harm::kDegraded},
      {4, "__alloc_pages mhi_prepare_channel@mhi dpm_run_callback process_one_work", "mhi_rings",
       "waking from suspend", Harm::kFatal},
      {4, "__alloc_pages foo_init@foo do_one_initcall do_init_module", "module_start",
       "the start of a module", Harm::kDegraded}};
  for (const Case& one : cases) {
    CAPTURE(one.frames);
    const CallPath path = PathOf(one.order, one.frames);
    REQUIRE(path.site);
    CHECK(path.site->name == one.site);
    CHECK(path.where == one.where);
    CHECK(path.harm == one.harm);
  }
}

TEST_CASE("why a stack is so large depends on the kernel") {
  const char* const frames = "__alloc_pages dup_task_struct copy_process sys_clone";
  CHECK(Mentions(std::string(PathOf(2, frames, "4.19.0").site->size), "CONFIG_VMAP_STACK"));
  CHECK(Mentions(std::string(PathOf(2, frames, "3.16.0").site->size), "16 KiB since 3.15"));
  CHECK(Mentions(std::string(PathOf(1, frames, "2.6.32").site->size), "8 KiB before 3.15"));
}

TEST_CASE(
    "the text of a proc file comes from vmalloc in newer kernels, so its refusal is harmless") {
  const char* const frames = "__alloc_pages __kmalloc seq_read vfs_read sys_read";
  CHECK(PathOf(4, frames, "2.6.32").harm == Harm::kDegraded);
  CHECK(PathOf(4, frames, "4.9.0").harm == Harm::kHarmless);
}

TEST_CASE("what an interrupt stopped is not part of its trace") {
  const CallPath path = PathOf(0,
                               "__alloc_pages __netdev_alloc_skb setup_rx_descbuffer@b43 "
                               "tasklet_action __do_softirq do_anonymous_page handle_mm_fault");
  CHECK(path.site->name == "wifi_receive_b43");
  CHECK(path.where == "a softirq");
  const CallPath unknown = PathOf(0, "__alloc_pages foo_poll@foo __do_softirq do_anonymous_page");
  CHECK_FALSE(unknown.site);
  CHECK(unknown.wanted == "memory for the driver foo");
  CHECK_FALSE(unknown.harm);
}

TEST_CASE("what reclaim asks for is not what the program below it wanted") {
  const CallPath path = PathOf(0,
                               "__alloc_pages zs_malloc zram_write_page swap_writepage shrink_node "
                               "try_to_free_pages __alloc_pages do_anonymous_page exc_page_fault");
  CHECK(path.site->name == "zram");
}

TEST_CASE("frames marked ? count only where no other is there") {
  const CallPath path = PathOf(0, "__alloc_pages ?pipe_write filemap_fault do_page_fault");
  CHECK(path.site->name == "mapped_file");
  CHECK_FALSE(path.all_unreliable);
  const CallPath guess = PathOf(0, "?__alloc_pages ?pipe_write ?vfs_write ?sys_write");
  CHECK(guess.site->name == "pipe");
  CHECK(guess.all_unreliable);
  const IncidentFacts facts = FactsOf({Refusal(0, "?__alloc_pages ?pipe_write")});
  CHECK(Mentions(RuleRefusedAllocation(facts)->explanation, "this is a guess"));
}

TEST_CASE("a mode with another way makes a refusal harmless, unless a device does not start") {
  EventFacts event = Refusal(5, "__alloc_pages foo_open@foo __x64_sys_openat");
  event.refusal->gfp_flags = "GFP_KERNEL|__GFP_NORETRY";
  const IncidentFacts facts = FactsOf({event});
  CHECK(IsHarmlessRefusal(facts, facts.events.front()));
  const std::optional<Finding> finding = RuleRefusedAllocation(facts);
  CHECK(finding->severity == Severity::kInfo);
  CHECK(Mentions(finding->title, "harmless: the caller takes another way"));
  CHECK(Diagnose(facts).severity == Severity::kInfo);
  event.frames = Frames("__alloc_pages kvmalloc_node vhost_net_open@vhost_net misc_open");
  CHECK(RuleRefusedAllocation(FactsOf({event}))->severity == Severity::kMajor);
}

TEST_CASE("of several refusals the most harmful is told") {
  const IncidentFacts facts =
      FactsOf({Refusal(9, "__alloc_pages do_huge_pmd_anonymous_page exc_page_fault", 1),
               Refusal(5, "__alloc_pages kvm_create_vm@kvm kvm_dev_ioctl@kvm __x64_sys_ioctl", 2)});
  const std::optional<Finding> finding = RuleRefusedAllocation(facts);
  REQUIRE(finding);
  CHECK(finding->event_id == 2);
  CHECK(Mentions(finding->explanation, "The guest does not start"));
  REQUIRE(finding->advice.size() == 1);
  CHECK(Mentions(finding->advice[0].act, "compact_memory"));
}

EventFacts At(int64_t id, int64_t second) {
  EventFacts event = Refusal(0, "__alloc_pages page_to_skb@virtio_net net_rx_action", id);
  event.uptime_us = second * 1000000;
  return event;
}

TEST_CASE(
    "the rate of refusals is that of the worst minute, and a lower bound where lines are lost") {
  IncidentFacts facts = FactsOf({At(1, 10), At(2, 69), At(3, 70), At(4, 71), At(5, 300)}, "4.19.0");
  std::vector<RefusalGroup> groups = GroupRefusals(facts);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].count == 5);
  CHECK(groups[0].worst_minute == 3);
  CHECK(RateWords(groups[0]) == "Seen 5 times, 3 in the worst minute.");
  facts.lost_lines = true;
  CHECK(Mentions(RateWords(GroupRefusals(facts)[0]), "at least: lines of the log are lost"));
  facts.lost_lines = false;
  facts.kernel_release = "6.1.0";
  CHECK(Mentions(RateWords(GroupRefusals(facts)[0]), "at least: this kernel prints one in 10 s"));
}

TEST_CASE("what an OOM's request was for is told beside who asked, and does no harm by itself") {
  EventFacts event = ExhaustedOom();
  event.frames = Frames("dump_stack out_of_memory __alloc_pages filemap_fault do_page_fault");
  const std::optional<Finding> finding = RuleOomRequest(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContext);
  CHECK(Mentions(finding->title, "a page of a file that a program has mapped"));
  CHECK(Mentions(finding->title, "asked for by java"));
  CHECK_FALSE(ReadCallPath(SmallFacts(event), event).harm);
  event.frames.clear();
  CHECK_FALSE(RuleOomRequest(SmallFacts(event)));
}

TEST_CASE("what helps the place that was refused is advised for good, where it did harm") {
  const auto advised = [](int order, std::string_view frames) {
    const IncidentFacts facts = FactsOf({Refusal(order, frames)});
    const Diagnosis diagnosis = Diagnose(facts);
    const std::vector<Snapshot> snapshots;
    IncidentReport report;
    ReferenceList references(report.references);
    BuildForGood({facts, diagnosis, snapshots}, references, report);
    return report.for_good;
  };
  const std::vector<Advice> ring =
      advised(5, "__alloc_pages i40e_setup_rx_descriptors@i40e i40e_set_ringparam@i40e dev_ioctl");
  REQUIRE(ring.size() == 3);
  CHECK(Mentions(ring[0].act, "ask the maintainers of i40e"));
  CHECK(Mentions(ring[1].act, "a smaller ring"));
  CHECK(Mentions(ring[2].act, "compact_memory in a quiet hour"));
  CHECK(advised(5, "__alloc_pages nfsd_reply_cache_init@nfsd ops_init").empty());
}

TEST_CASE("the report advises what stands in its findings, and nothing else") {
  const IncidentFacts facts = SeedFacts();
  const Diagnosis diagnosis = Diagnose(facts);
  IncidentReport report;
  ReferenceList references(report.references);
  BuildForGood({facts, diagnosis, CollectSnapshots(facts)}, references, report);
  std::string stored;
  for (const Finding& finding : diagnosis.findings) stored += RecommendationText(finding) + "\n";
  for (const Advice& advice : report.for_good) CHECK(Mentions(stored, advice.act));
  CHECK(Mentions(stored, "vm.min_free_kbytes=2097152"));
  CHECK(Mentions(stored, "IF = the tg3 card"));
  const Finding* const primary = PrimaryFinding(diagnosis);
  REQUIRE(primary);
  CHECK(std::ranges::any_of(report.for_good, [&](const Advice& advice) {
    return advice.act == primary->advice.at(0).act;
  }));
}

TEST_CASE("every site says what was wanted, what is lost and where that was read") {
  for (const auto& sites : {NetworkSites(), MemorySites(), GuestSites(), DeviceSites()}) {
    for (const CallSite& site : sites) {
      CAPTURE(site.name);
      CHECK_FALSE(site.wanted.empty());
      CHECK_FALSE(site.lost.empty());
      CHECK_FALSE(site.subsystem.empty());
      CHECK(site.source.find('.') != std::string_view::npos);
      CHECK_FALSE(site.lost.ends_with('.'));
      CHECK((site.act.empty() ? site.act_why.empty() : !site.act_why.empty()));
    }
  }
}

TEST_CASE("names are compared without what the compiler and the build add to them") {
  CHECK(PlainSymbol("try_charge.part.0") == "try_charge");
  CHECK(PlainSymbol("vma_alloc_folio_noprof") == "vma_alloc_folio");
  CHECK(PlainSymbol("f.cfi_jt") == "f");
}

// What the refusal does, as the kernel's source has it.
struct LostCase {
  std::string_view symbol;
  std::string_view words;
};
constexpr LostCase kLost[] = {
    {"pipe_write", "write() failed with ENOMEM"},
    {"alloc_pipe_info", "pipe() failed with ENFILE"},
    {"netlink_sendmsg", "failed with ENOBUFS"},
    {"netlink_dump", "failed with ENOBUFS"},
    {"__pollwait", "poll() or select() failed with ENOMEM"},
    {"mhi_alloc_bhie_table", "a crash dump alone is done without"},
    {"mhi_alloc_aligned_ring", "the card does not start"},
    {"cgroup_mkdir", "mkdir() failed with ENOMEM"},
};

TEST_CASE("what a refusal does is the errno that the kernel returns") {
  for (const LostCase& known : kLost) {
    CAPTURE(known.symbol);
    const CallSite* const site = FindCallSite(known.symbol, 0, {});
    REQUIRE(site);
    CHECK(site->lost.find(known.words) != std::string_view::npos);
  }
}

TEST_CASE("what fills a receive ring is told from what makes it and from other receivers") {
  for (const std::string_view name :
       {"e1000_alloc_rx_buffers", "ixgbe_alloc_rx_buffers", "bnx2_alloc_rx_skb",
        "tg3_alloc_rx_data", "mlx5e_alloc_rx_wqes", "rtl8169_rx_fill", "bnx2x_alloc_rx_sge",
        "mt76_dma_rx_fill"}) {
    CAPTURE(name);
    const CallSite* const site = FindCallSite(name, 1, {});
    REQUIRE(site);
    CHECK(site->name == "packet_receive");
  }
  for (const std::string_view name : {"bnxt_alloc_rx_rings", "ath10k_htt_rx_alloc", "be_rx_alloc_q",
                                      "igc_alloc_rx_queue", "sctp_rx_allocator"}) {
    CAPTURE(name);
    CHECK_FALSE(FindCallSite(name, 1, {}));
  }
}

}  // namespace
}  // namespace kautopsy::test
