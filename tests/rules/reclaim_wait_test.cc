#include <doctest/doctest.h>

#include <array>
#include <sstream>

#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A task that hung; `trace` from innermost on, "?" marks what may be stale, "@" a module.
IncidentFacts Hung(const std::string& comm, const std::string& trace,
                   const std::string& kind = "hung_task") {
  EventFacts event = MakeEvent(1, kind, "Nov 24 10:00:00");
  CrashFacts crash;
  crash.comm = comm;
  crash.seconds = 120;
  event.crash = crash;
  std::istringstream words(trace);
  for (std::string word; words >> word;) {
    FrameFacts frame;
    frame.reliable = word[0] != '?';
    if (!frame.reliable) word.erase(0, 1);
    const std::size_t at = word.find('@');
    if (at != std::string::npos) frame.module = word.substr(at + 1);
    frame.symbol = word.substr(0, at);
    event.frames.push_back(frame);
  }
  return On(std::move(event), "4.15.0");
}

TEST_CASE("a task that makes memory free tells what it waits for") {
  struct Case {
    const char* comm;
    const char* trace;
    const char* explanation;
    const char* advice;
  };
  constexpr auto kCases = std::to_array<Case>(
      {{"kswapd0",
        "schedule io_schedule_timeout wait_for_completion_io blkdev_issue_discard scan_swap_map "
        "get_swap_page add_to_swap",
        "kswapd0 was to make memory free for all others, and waited for the swap device, to "
        "discard",
        "swapon --discard"},
       {"builder",
        "schedule blkdev_issue_discard discard_swap_cluster swap_do_scheduled_discard "
        "get_swap_page add_to_swap shrink_page_list shrink_inactive_list try_to_free_pages",
        "builder was to make memory free, and waited for the swap device", "swapon --discard"},
       {"kswapd1", "io_schedule __swap_writepage swap_writepage pageout.isra.1 shrink_page_list",
        "the swap device, to write a page out", "latency of the swap device"},
       {"kswapd0",
        "schedule __lock_page fs_putpage@magicfs fs_writepage@magicfs pageout.isra.53 "
        "shrink_page_list kswapd kthread",
        "a file system, to write a page of a file out [fs_writepage [magicfs]]",
        "reports of fs_writepage"}});
  for (const Case& tried : kCases) {
    CAPTURE(tried.trace);
    const std::optional<Finding> finding = RuleStall(Hung(tried.comm, tried.trace));
    REQUIRE(finding);
    CHECK(finding->confidence == Confidence::kMedium);
    CHECK(Mentions(finding->brief, "which frees memory, waited for"));
    CHECK(Mentions(finding->explanation, tried.explanation));
    CHECK(Mentions(finding->advice.at(0).act, tried.advice));
  }
  CHECK(RuleStall(Hung("kswapd0", "swap_writepage shrink_page_list", "soft_lockup"))
            ->explanation.find("the swap device") != std::string::npos);
}

TEST_CASE("a wait that reclaim has no part in is told as before") {
  constexpr auto kTraces = std::to_array<const char*>(
      {// fstrim discards as well.
       "schedule blkdev_issue_discard ext4_trim_fs ext4_ioctl",
       // The flusher writes pages, too.
       "schedule ext4_writepage write_cache_pages wb_workfn process_one_work kthread",
       // The flusher asked for memory, and waits for something else.
       "schedule shrink_slab try_to_free_pages ext4_writepage write_cache_pages kthread",
       // A stale frame.
       "schedule ?swap_writepage shrink_page_list kswapd",
       // Another CPU's trace.
       "mutex_lock shrink_slab kswapd kthread ret_from_fork swap_writepage shrink_page_list", ""});
  for (const char* const trace : kTraces) {
    CAPTURE(trace);
    CHECK(Mentions(RuleStall(Hung("worker", trace))->explanation, "look alike here"));
  }
}

}  // namespace
}  // namespace kautopsy::test
