#include "reports/diagnosis/rules/reclaim_wait.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "reports/diagnosis/call_sites.h"

namespace kautopsy {
namespace {

// Functions of mm/vmscan.c that look for pages to take.
constexpr auto kReclaim = std::to_array<std::string_view>(
    {"shrink_", "kswapd", "balance_pgdat", "try_to_free_pages", "try_to_free_mem_cgroup_pages"});
// mm/swapfile.c: where a place in swap is looked for. What was freed there is discarded before.
constexpr auto kSwapPlace = std::to_array<std::string_view>(
    {"scan_swap_map", "get_swap_page", "add_to_swap", "swap_do_scheduled_discard",
     "discard_swap_cluster", "folio_alloc_swap"});
constexpr auto kDiscard = std::to_array<std::string_view>({"blkdev_issue_discard"});
// mm/page_io.c; mm/shmem.c gives its pages to swap, too.
constexpr auto kSwapWrite =
    std::to_array<std::string_view>({"swap_write", "shmem_write", "bdev_write_page"});
constexpr auto kEnds = std::to_array<std::string_view>({"kthread", "ret_from_fork"});

bool StartsWithAny(std::string_view symbol, std::span<const std::string_view> prefixes) {
  symbol.remove_prefix(std::min(symbol.find_first_not_of('_'), symbol.size()));
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return symbol.starts_with(prefix); });
}

// What reclaim called, innermost first.
struct Reclaim {
  std::vector<const FrameFacts*> calls;
  bool seen = false;  // its own frames follow
};

// Frames of the task itself: traces of other CPUs may follow. What stands behind those of reclaim
// asked for memory, a file system that writes for somebody else among them.
Reclaim ReadFrames(const EventFacts& event) {
  Reclaim reclaim;
  for (const FrameFacts& frame : event.frames) {
    if (StartsWithAny(frame.symbol, kEnds)) break;
    if (!frame.reliable) continue;
    reclaim.seen = StartsWithAny(frame.symbol, kReclaim);
    if (reclaim.seen) break;
    reclaim.calls.push_back(&frame);
  }
  return reclaim;
}

const FrameFacts* Find(const std::vector<const FrameFacts*>& frames,
                       std::span<const std::string_view> prefixes) {
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const FrameFacts* frame) {
    return StartsWithAny(frame->symbol, prefixes);
  });
  return found == frames.end() ? nullptr : *found;
}

// A file system's own [a_ops->writepage], which pageout() calls (mm/vmscan.c).
const FrameFacts* FindWritePage(const std::vector<const FrameFacts*>& frames) {
  const auto found = std::find_if(frames.begin(), frames.end(), [](const FrameFacts* frame) {
    return PlainSymbol(frame->symbol).ends_with("_writepage");
  });
  return found == frames.end() ? nullptr : *found;
}

bool IsKswapd(const EventFacts& event) {
  return event.crash->comm && event.crash->comm->starts_with("kswapd");
}

// Since 3.11 the two policies can be chosen alone (mm/swapfile.c, SYSCALL_DEFINE2(swapon),
// dcf6b7ddd7df, "swap: discard while swapping only if SWAP_FLAG_DISCARD_PAGES"; swapon(8)).
ReclaimWait ForDiscard() {
  return {"the swap device's discard",
          "the swap device, to discard what was freed on it [discard, TRIM]",
          {"take discard from the options of swap in /etc/fstab [swapon --discard]; at most "
           "discard=once",
           "freed places of swap are then used again without waiting for the device",
           "a device that needs it may write more slowly over time", "swapon --show; dmesg"}};
}

ReclaimWait ForSwap() {
  return {"the swap device",
          "the swap device, to write a page out",
          {"look at errors and latency of the swap device in the same minutes; swap on a network, "
           "a zvol or a file of such a file system needs memory itself",
           "what is to free memory waits for it", "", "iostat -x 1: await of that device"}};
}

ReclaimWait ForFile(const FrameFacts& frame) {
  const std::string who = frame.symbol + (frame.module ? " [" + *frame.module + "]" : "");
  return {who,
          fmt::format("a file system, to write a page of a file out [{}]", who),
          {fmt::format("look at errors and latency of the disks below it{}, and for reports of {} "
                       "with this kernel",
                       frame.module ? " [" + *frame.module + "]" : "", frame.symbol),
           "the file system may need memory, or a lock that waits for memory, to write", "",
           "no more hung tasks in dmesg"}};
}

std::optional<ReclaimWait> WaitsFor(const std::vector<const FrameFacts*>& frames) {
  if (Find(frames, kDiscard) && Find(frames, kSwapPlace)) return ForDiscard();
  if (Find(frames, kSwapWrite)) return ForSwap();
  const FrameFacts* const write = FindWritePage(frames);
  return write ? std::optional(ForFile(*write)) : std::nullopt;
}

}  // namespace

std::optional<ReclaimWait> ReclaimWaitOf(const EventFacts& event) {
  const Reclaim reclaim = ReadFrames(event);
  const bool kswapd = IsKswapd(event);
  if (!kswapd && !reclaim.seen) return std::nullopt;
  std::optional<ReclaimWait> wait = WaitsFor(reclaim.calls);
  if (!wait) return std::nullopt;
  const std::string who = CommName(event.crash->comm);
  wait->brief = fmt::format("{}, which frees memory, waited for {}", who, wait->brief);
  wait->explanation = fmt::format("{} was to make memory free{}, and waited for {}.", who,
                                  kswapd ? " for all others" : "", wait->explanation);
  return wait;
}

}  // namespace kautopsy
