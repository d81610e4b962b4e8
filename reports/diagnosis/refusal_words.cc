#include "reports/diagnosis/refusal_words.h"

namespace kautopsy {
namespace {

// One line alone: pages of an order, and what is mapped from them, have a report of several lines.
bool StandsAlone(const EventFacts& event) {
  return event.refusal && event.refusal->kind == "failure" && event.refusal->reason &&
         !event.refusal->order;
}

}  // namespace

std::string OwnWords(const EventFacts& event) {
  const bool generic = event.title.find("page allocation failure") != std::string::npos;
  return StandsAlone(event) && !generic ? event.title : "";
}

std::string OwnKind(const EventFacts& event) {
  if (!StandsAlone(event)) return "";
  const std::string_view reason = *event.refusal->reason;
  return DeviceOf(event) + "|" + std::string(reason.substr(0, reason.find(" (sz: ")));
}

std::string_view OwnLimit(const EventFacts& event) {
  if (!StandsAlone(event)) return "";
  const std::string_view reason = *event.refusal->reason;
  if (reason.starts_with("limit: net.ipv4.tcp_mem")) return "net.ipv4.tcp_mem";
  if (reason.starts_with("limit: pids.max of ")) return "pids.max";
  const bool bounce =
      reason.starts_with("swiotlb buffer is full") || reason.starts_with("Out of SW-IOMMU space");
  if (bounce) return "swiotlb";
  return reason.ends_with(" KiB atomic DMA coherent pool is too small!") ? "coherent_pool" : "";
}

bool TellsOfMemory(const EventFacts& event) {
  return event.about_memory() && OwnLimit(event).empty();
}

// fs/xfs/kmem.c, kmem_alloc(); mm/oom_kill.c, pagefault_out_of_memory().
bool TriesAgain(const EventFacts& event) {
  return StandsAlone(event) && (event.refusal->reason == "possible memory allocation deadlock" ||
                                event.refusal->reason->starts_with("Huh VM_FAULT_OOM leaked out"));
}

std::string DeviceOf(const EventFacts& event) {
  constexpr std::string_view kHead = "no memory for DMA of ";
  if (!StandsAlone(event) || !event.title.starts_with(kHead)) return "";
  const std::size_t end = event.title.rfind(": " + *event.refusal->reason);
  if (end == std::string::npos || end < kHead.size()) return "";
  return event.title.substr(kHead.size(), end - kHead.size());
}

}  // namespace kautopsy
