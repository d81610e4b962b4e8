#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/explain/explain.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// include/linux/mmzone.h, PAGE_ALLOC_COSTLY_ORDER: above it the allocator gives up early and does
// not call the OOM killer.
constexpr int64_t kCostlyOrder = 3;
// include/linux/mmzone.h: MAX_ORDER - 1 until 6.3, MAX_ORDER until 6.7, MAX_PAGE_ORDER since 6.8; a
// configuration may have more.
constexpr int64_t kUsualLargestOrder = 10;
// Nothing is asked for beyond it: 2^40 pages are more than any machine has.
constexpr int64_t kAbsurdOrder = 40;

// Who asks for pieces of an order, with pages of 4 KiB; seen in the call traces of reports.
std::string_view CallersOf(int64_t order) {
  constexpr std::string_view kCallers[] = {
      "nearly everything: pages of processes, the page cache, page tables",
      "small slab caches; kernel stacks of 32-bit kernels; page tables of some architectures",
      ("kernel stacks (copy_process) where they are not mapped page by page [VMAP_STACK]; slab "
       "caches; jumbo frames of 9,000 bytes"),
      ("slab caches (the largest that SLUB takes by itself); network buffers (page_frag, "
       "alloc_skb_with_frags)"),
      "drivers' buffers, large skbs (skb_copy), files of /proc and seq_file on old kernels",
      "drivers' buffers and rings, kmalloc() of up to 128 KiB",
      "drivers' buffers and rings, kmalloc() of up to 256 KiB",
      "drivers' buffers for DMA, kmalloc() of up to 512 KiB",
      "drivers' buffers for DMA, kmalloc() of up to 1 MiB",
      "transparent huge pages of 2 MiB (x86-64, arm64)",
      "drivers' buffers for DMA, hugepages' pools"};
  const auto last = static_cast<int64_t>(std::size(kCallers)) - 1;
  return order <= last ? kCallers[order] : "nobody who means it";
}

Explanation OrderInGeneral(const ExplainRequest& request) {
  Explanation explanation;
  explanation.title =
      "order: the size of a request as a power of two of pages that lie in one piece";
  ExplainedSection sizes{fmt::format("SIZES, pages of {} KiB", request.page_kb), {}};
  for (int64_t order = 0; order <= kUsualLargestOrder; ++order) {
    sizes.items.push_back(
        {fmt::format("order {}", order),
         fmt::format("{}: {}", PieceSize(request.page_kb << order), CallersOf(order))});
  }
  sizes.items.push_back({"order -1", "sysrq-f: a human asked for the OOM killer"});
  explanation.sections.push_back(std::move(sizes));
  explanation.sections.push_back(
      {"",
       {{"",
         "`explain order 4` tells what becomes of such a request. Up to order 3 it may call the "
         "OOM killer, above it fails."}}});
  return explanation;
}

Explanation SysrqOrder() {
  Explanation explanation;
  explanation.title = "order=-1: nobody asked for memory. A human called the OOM killer (sysrq-f)";
  explanation.sections.push_back(
      {"", {{"", "Since 4.3 the report says so by this order; before it printed order=0."}}});
  explanation.facts.emplace_back("sysrq", true);
  explanation.sources = {"drivers/tty/sysrq.c, moom_callback()"};
  return explanation;
}

// 2.6.18 returned nothing without a word [alloc_pages()]; 2.6.32 warns in
// __alloc_pages_slowpath(), newer ones in __alloc_pages().
ExplainedSection OutcomeOfTooLarge(const KernelVersion& kernel) {
  const std::string warns =
      kernel.Below(2, 6, 32) ? "" : ", and with one warning unless it is not wanted [NOWARN]";
  return {"WHAT BECOMES OF IT",
          {{"fails", "at once, without reclaim or compaction" + warns}, {"OOM killer", "no"}}};
}

// mm/page_alloc.c, __alloc_pages() of 2.6.18 and 2.6.32: __alloc_pages_may_oom() tests the order
// in the latter only.
void AddCostlyOutcome(const KernelVersion& kernel, ExplainedSection& section) {
  if (kernel.Below(2, 6, 24)) {
    section.items.push_back({"OOM killer",
                             "yes, where reclaim frees nothing at all. Where it frees something, "
                             "but no piece so large, it fails: \"page allocation failure\""});
    return;
  }
  const std::string_view tried =
      HasCompaction(kernel) ? "reclaim and compaction" : "reclaim, as there is no compaction yet";
  section.items.push_back(
      {"OOM killer", fmt::format("no: above order 3 a request is costly. A few rounds of {}, then "
                                 "\"page allocation failure\"",
                                 tried)});
  section.items.push_back(
      {"usual cure", "the caller should take smaller pieces (kvmalloc, vmalloc)"});
}

// mm/page_alloc.c, __alloc_pages_slowpath(): it ends before reclaim for what may not wait.
void AddAtOnce(int64_t order, ExplainedSection& section) {
  section.items.push_back({"at once",
                           "it may not sleep, so nothing is reclaimed or compacted for it: what is "
                           "free serves it, or \"page allocation failure\""});
  section.items.push_back({"OOM killer", "no: only for what may sleep"});
  if (order > kCostlyOrder)
    section.items.push_back({"usual cure", "the caller should take smaller pieces"});
}

ExplainedSection Outcome(int64_t order, const KernelVersion& kernel,
                         std::optional<bool> may_sleep) {
  if (order > kUsualLargestOrder) return OutcomeOfTooLarge(kernel);
  ExplainedSection section{"WHAT BECOMES OF IT", {}};
  if (order == 0) {
    section.items.push_back(
        {"fails", "only where no zone that it may use has a page above its mark"});
  } else {
    section.items.push_back(
        {"fails",
         "also where memory is free in plenty, but only in smaller pieces [fragmentation]"});
  }
  if (may_sleep == false) {
    AddAtOnce(order, section);
    return section;
  }
  if (order > kCostlyOrder) {
    AddCostlyOutcome(kernel, section);
    return section;
  }
  section.items.push_back({"OOM killer",
                           "yes, for GFP_KERNEL and what may do as much: it is retried until "
                           "the OOM killer made room"});
  if (!may_sleep)
    section.items.push_back({"without sleep", "it fails at once [GFP_ATOMIC, GFP_NOWAIT]"});
  return section;
}

}  // namespace

Result<Explanation> ExplainOrder(std::string_view text, const ExplainRequest& request,
                                 std::optional<bool> may_sleep) {
  text = TrimBlanks(text);
  if (text.empty()) return OrderInGeneral(request);
  for (const std::string_view prefix : {"order:", "order="}) ConsumePrefix(text, prefix);
  const bool negative = text == "-1";
  if (negative) return SysrqOrder();
  const std::optional<int64_t> order = ParseInteger(text);
  if (!order || *order < 0) {
    return Fail(fmt::format("{} is no order: it is a number from 0 to {}, or -1",
                            EscapeForTerminal(text), kUsualLargestOrder));
  }
  if (*order > kAbsurdOrder) {
    return Fail(
        fmt::format("order {}: no machine has 2^{} pages. An order is a power of two, not a "
                    "number of pages or bytes",
                    *order, *order));
  }
  const int64_t size_kb = request.page_kb << *order;
  Explanation explanation;
  explanation.title =
      fmt::format("order {}: {} in one piece, 2^{} = {} of {} KiB", *order, PieceSize(size_kb),
                  *order, Counted(int64_t{1} << *order, "page"), request.page_kb);
  if (*order > kUsualLargestOrder) {
    explanation.sections.push_back(
        {"",
         {{"",
           fmt::format("Usual kernels keep no free pieces above order {} ({}): such a request "
                       "can never be served, its size is the caller's bug.",
                       kUsualLargestOrder, PieceSize(request.page_kb << kUsualLargestOrder))}}});
  }
  explanation.sections.push_back(Outcome(*order, KernelOf(request), may_sleep));
  explanation.sections.push_back({"WHO ASKS", {{"", std::string(CallersOf(*order))}}});
  explanation.facts.emplace_back("order", *order);
  explanation.facts.emplace_back("pages", int64_t{1} << *order);
  explanation.facts.emplace_back("size_kb", size_kb);
  explanation.facts.emplace_back("costly", *order > kCostlyOrder);
  explanation.sources = {"include/linux/mmzone.h, PAGE_ALLOC_COSTLY_ORDER and MAX_ORDER",
                         "mm/page_alloc.c, __alloc_pages_may_oom()"};
  return explanation;
}

}  // namespace kautopsy
