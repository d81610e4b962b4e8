#include "reports/diagnosis/call_path.h"

#include <algorithm>
#include <array>
#include <vector>

namespace kautopsy {
namespace {

// Functions of the allocator and of slab, which every trace starts with and which tell nothing.
bool IsAllocator(std::string_view symbol) {
  constexpr std::array<std::string_view, 23> kPrefixes = {
      "__alloc_pages",   "alloc_pages",
      "warn_alloc",      "dump_stack",
      "show_stack",      "kmem_",
      "__kmem_",         "__kmalloc",
      "kmalloc",         "fallback_alloc",
      "cache_alloc",     "____cache_alloc",
      "new_slab",        "allocate_slab",
      "___slab_alloc",   "__slab_alloc",
      "cache_grow",      "__get_free_pages",
      "folio_alloc",     "__folio_alloc",
      "vma_alloc_folio", "get_page_from_freelist",
      "__dump_stack"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return symbol.starts_with(prefix); });
}

bool IsNetwork(std::string_view symbol) {
  return symbol.starts_with("net_rx_action") || symbol.starts_with("__netif_receive_skb") ||
         symbol.starts_with("netif_receive_skb") || symbol.starts_with("dev_queue_xmit") ||
         symbol.starts_with("__dev_queue_xmit") || symbol.starts_with("tcp_") ||
         symbol.starts_with("__alloc_skb") || symbol.starts_with("napi_");
}

const FrameFacts* Find(const EventFacts& event, std::string_view symbol) {
  const auto found = std::find_if(event.frames.begin(), event.frames.end(),
                                  [&](const FrameFacts& frame) { return frame.symbol == symbol; });
  return found == event.frames.end() ? nullptr : &*found;
}

std::string Where(const EventFacts& event, bool network) {
  const std::string context =
      event.refusal && event.refusal->context ? *event.refusal->context : "";
  const bool softirq =
      context == "softirq" || Find(event, "__do_softirq") || Find(event, "do_softirq");
  if (softirq) return network ? "a network softirq" : "a softirq";
  if (context == "irq") return "an interrupt";
  if (context == "nmi") return "a non-maskable interrupt";
  if (context == "process") return "a program's own call";
  return "";
}

// From where the work began to the function that asked: at most four names.
// Frames marked `?` are left out where others are not: they may be remains of earlier calls.
std::string Chain(const EventFacts& event, const FrameFacts* outermost, bool all_unreliable) {
  std::vector<std::string> names;
  for (const FrameFacts& frame : event.frames) {
    if (IsAllocator(frame.symbol) || (!frame.reliable && !all_unreliable)) continue;
    std::string name = frame.symbol;
    if (frame.module) name += " [" + *frame.module + "]";
    names.push_back(std::move(name));
    if (names.size() == 3) break;
  }
  std::reverse(names.begin(), names.end());
  std::string chain;
  if (outermost) chain = outermost->symbol + " ... ";
  for (std::size_t i = 0; i < names.size(); ++i) chain += (i > 0 ? " > " : "") + names[i];
  return chain;
}

void Explain(const EventFacts& event, CallPath& path) {
  if (!path.network) return;
  const bool tcp =
      std::any_of(event.frames.begin(), event.frames.end(),
                  [](const FrameFacts& frame) { return frame.symbol.starts_with("tcp_"); });
  if (path.transmit) {
    path.meaning = tcp ? "A TCP connection of the host itself sends" : "A packet was to be sent";
    if (path.copies_packet)
      path.meaning += "; " + path.driver + " wants the packet copied in one piece";
    path.meaning += tcp ? ". Packet lost, TCP repeats it: a symptom." : ". Packet lost: a symptom.";
  } else {
    path.meaning = "A packet that came in was dropped: a symptom.";
  }
}

}  // namespace

CallPath ReadCallPath(const EventFacts& event) {
  CallPath path;
  path.network = std::any_of(event.frames.begin(), event.frames.end(),
                             [](const FrameFacts& frame) { return IsNetwork(frame.symbol); });
  for (const FrameFacts& frame : event.frames) {
    if (frame.module && path.driver.empty()) path.driver = *frame.module;
    path.transmit = path.transmit || frame.symbol.find("_xmit") != std::string::npos;
  }
  path.copies_packet = Find(event, "skb_copy") && !path.driver.empty();
  path.where = Where(event, path.network);
  path.all_unreliable =
      !event.frames.empty() && std::none_of(event.frames.begin(), event.frames.end(),
                                            [](const FrameFacts& frame) { return frame.reliable; });
  path.chain = Chain(event, Find(event, "tcp_rcv_established"), path.all_unreliable);
  Explain(event, path);
  return path;
}

}  // namespace kautopsy
