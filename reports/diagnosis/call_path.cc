#include "reports/diagnosis/call_path.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "reports/diagnosis/call_entry.h"
#include "reports/diagnosis/dying_task.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

bool StartsWithAny(std::string_view symbol, std::span<const std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return symbol.starts_with(prefix); });
}

// Where the request enters the allocator or is charged to a control group; frames above belong to
// what prints the report.
bool IsRequest(std::string_view symbol) {
  constexpr std::array<std::string_view, 9> kPrefixes = {
      "__alloc_pages",  "alloc_pages", "__alloc_frozen_pages", "__vmalloc",        "try_charge",
      "__mem_cgroup_t", "cma_alloc",   "pcpu_alloc",           "mem_cgroup_charge"};
  return StartsWithAny(symbol, kPrefixes);
}

// Functions of the allocator, of slab and of the control groups' accounting, which every trace
// starts with and which tell nothing.
bool IsAllocator(std::string_view symbol) {
  constexpr std::array<std::string_view, 35> kPrefixes = {"__alloc_pages",
                                                          "alloc_pages",
                                                          "__alloc_frozen_pages",
                                                          "alloc_page_interleave",
                                                          "warn_alloc",
                                                          "dump_stack",
                                                          "dump_header",
                                                          "show_stack",
                                                          "oom_kill_process",
                                                          "out_of_memory",
                                                          "kmem_cache",
                                                          "kmem_getpages",
                                                          "__kmem_",
                                                          "__kmalloc",
                                                          "___kmalloc",
                                                          "kmalloc",
                                                          "kvmalloc",
                                                          "__kvmalloc",
                                                          "vmalloc",
                                                          "__vmalloc",
                                                          "fallback_alloc",
                                                          "cache_alloc",
                                                          "____cache_alloc",
                                                          "new_slab",
                                                          "alloc_slab_page",
                                                          "allocate_slab",
                                                          "___slab_alloc",
                                                          "__slab_alloc",
                                                          "cache_grow",
                                                          "__get_free_pages",
                                                          "get_zeroed_page",
                                                          "folio_alloc",
                                                          "__folio_alloc",
                                                          "vma_alloc_folio",
                                                          "get_page_from_freelist"};
  constexpr std::array<std::string_view, 6> kCharging = {
      "try_charge", "charge_memcg", "mem_cgroup_", "__mem_cgroup_", "__dump_stack", "obj_cgroup_"};
  return StartsWithAny(symbol, kPrefixes) || StartsWithAny(symbol, kCharging);
}

bool IsNetwork(std::string_view symbol) {
  constexpr std::array<std::string_view, 8> kPrefixes = {"net_rx_action",     "__netif_receive_skb",
                                                         "netif_receive_skb", "dev_queue_xmit",
                                                         "__dev_queue_xmit",  "tcp_",
                                                         "__alloc_skb",       "napi_"};
  return StartsWithAny(symbol, kPrefixes);
}

// The frames from the request on to what began the work.
struct Walk {
  std::vector<const FrameFacts*> callers;  // innermost first, the entry's own included
  CallEntry entry;
  bool all_unreliable = false;
};

std::size_t RequestStart(const std::vector<FrameFacts>& frames) {
  const auto request = std::find_if(frames.begin(), frames.end(), [](const FrameFacts& frame) {
    return IsRequest(PlainSymbol(frame.symbol));
  });
  return request == frames.end() ? 0
                                 : static_cast<std::size_t>(std::distance(frames.begin(), request));
}

// Frames marked `?` are left out where others are not: they may be remains of earlier calls.
Walk WalkOut(const std::vector<FrameFacts>& frames) {
  Walk walk;
  walk.all_unreliable =
      !frames.empty() && std::none_of(frames.begin(), frames.end(),
                                      [](const FrameFacts& frame) { return frame.reliable; });
  bool asked = false;  // something that may ask for memory was passed
  for (std::size_t i = RequestStart(frames); i < frames.size(); ++i) {
    const FrameFacts& frame = frames[i];
    if (!frame.reliable && !walk.all_unreliable) continue;
    if (asked && frame.context != frames[0].context) break;  // what the interrupt stopped
    CallEntry entry = ReadCallEntry(PlainSymbol(frame.symbol));
    // Old kernels do not mark what is left over on the stack: nothing asks out of the entry itself.
    if (entry.kind != EntryKind::kNone && !asked) continue;
    walk.callers.push_back(&frame);
    if (entry.kind != EntryKind::kNone) {
      walk.entry = std::move(entry);
      break;
    }
    asked = asked || !IsAllocator(PlainSymbol(frame.symbol));
  }
  return walk;
}

// What only says that memory of some kind is wanted is made precise by a caller this near.
constexpr int kNearCallers = 5;

void FindSite(const Walk& walk, int order, const KernelVersion& kernel, CallPath& path) {
  int left = 0;
  for (const FrameFacts* const frame : walk.callers) {
    const std::string_view symbol = PlainSymbol(frame->symbol);
    if (path.site && !IsAllocator(symbol) && --left < 0) return;
    const CallSite* const site = FindCallSite(symbol, order, kernel);
    if (!site) continue;
    if (!path.site || !site->weak) {
      path.site = site;
      path.symbol = frame->symbol;
    }
    if (!site->weak) return;
    left = kNearCallers;
  }
}

const FrameFacts* Find(const Walk& walk, std::string_view symbol) {
  const auto found =
      std::find_if(walk.callers.begin(), walk.callers.end(),
                   [&](const FrameFacts* frame) { return PlainSymbol(frame->symbol) == symbol; });
  return found == walk.callers.end() ? nullptr : *found;
}

bool MustNotWait(const IncidentFacts& facts, const EventFacts& event) {
  const std::optional<PieceRequest> request = RequestOf(facts, event);
  return request && !request->gfp.may_reclaim;
}

std::string Where(const IncidentFacts& facts, const Walk& walk, const EventFacts& event,
                  bool network) {
  const std::string context =
      event.refusal && event.refusal->context ? *event.refusal->context : "";
  const bool softirq = context == "softirq" || walk.entry.kind == EntryKind::kSoftirq;
  if (softirq) return network ? "a network softirq" : "a softirq";
  if (!walk.entry.words.empty()) return walk.entry.words;
  if (context == "irq") return "an interrupt";
  if (context == "nmi") return "a non-maskable interrupt";
  // The idle task calls nothing itself (kernel/sched/idle.c).
  const std::string comm = event.refusal ? event.refusal->comm.value_or("") : "";
  if (context == "process" && comm.starts_with("swapper") && MustNotWait(facts, event))
    return "an interrupt of an idle CPU";
  if (context == "process") return "a program's own call";
  return "";
}

// A kernel without CONFIG_KALLSYMS prints no names (arch/arm/kernel/traps.c,
// dump_backtrace_entry()): such a frame tells nothing to anybody who has not its System.map.
bool IsAddress(std::string_view symbol) { return symbol.starts_with("0x"); }

// From where the work began to the function that asked: at most three names around the one that
// told the site, and before them the `outermost`.
std::string Chain(const Walk& walk, const FrameFacts* outermost, const std::string& site_symbol) {
  constexpr std::size_t kMostNames = 3;
  std::vector<std::string> names;
  bool told = site_symbol.empty();
  for (const FrameFacts* const frame : walk.callers) {
    if (IsAllocator(PlainSymbol(frame->symbol)) || IsAddress(frame->symbol)) continue;
    std::string name = frame->symbol;
    if (frame->module) name += " [" + *frame->module + "]";
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
    if (told && names.size() >= kMostNames) break;
    told = told || frame->symbol == site_symbol;
  }
  std::reverse(names.begin(), names.end());
  names.resize(std::min(names.size(), kMostNames));
  std::string chain;
  if (outermost) chain = outermost->symbol + " ... ";
  for (std::size_t i = 0; i < names.size(); ++i) chain += (i > 0 ? " > " : "") + names[i];
  return chain;
}

std::string PacketMeaning(const Walk& walk, const CallPath& path) {
  const bool tcp = std::any_of(
      walk.callers.begin(), walk.callers.end(),
      [](const FrameFacts* frame) { return std::string_view(frame->symbol).starts_with("tcp_"); });
  if (!path.transmit) return "A packet that came in was dropped: a symptom.";
  std::string meaning =
      tcp ? "A TCP connection of the host itself sends" : "A packet was to be sent";
  if (path.copies_packet) meaning += "; " + path.driver + " wants the packet copied in one piece";
  return meaning +
         (tcp ? ". Packet lost, TCP repeats it: a symptom." : ". Packet lost: a symptom.");
}

// A function's name keeps its small letters.
std::string Sentence(std::string_view clause) {
  std::string sentence(clause);
  const bool function = clause.substr(0, clause.find(' ')).find('(') != std::string_view::npos;
  if (!function && clause[0] >= 'a' && clause[0] <= 'z')
    sentence[0] = static_cast<char>(clause[0] - 'a' + 'A');
  return sentence + ".";
}

// The mode says that the caller has another way: include/linux/gfp_types.h, __GFP_NORETRY and
// __GFP_RETRY_MAYFAIL ("the caller must handle the failure").
bool HasAnotherWay(const GfpMeaning& gfp, const CallSite* site) {
  return gfp.gives_up && (!site || site->harm == Harm::kDegraded);
}

// Why a refusal did no harm, whatever was asked for; empty where that is not known. Victims:
// mm/page_alloc.c, __alloc_pages_slowpath() of 2.6.32 ("Avoid allocations with no watermarks from
// looping endlessly") and of 5.10.
std::string_view WhyHarmless(const GfpMeaning& gfp, const CallPath& path) {
  if (path.dying)
    return "The program was dying: the OOM killer had killed it before. What a victim cannot be "
           "given at once is refused and not tried again: a consequence of the kill.";
  if (path.large_first)
    return "It tried for large pages, of which there need not be any; single ones are asked for "
           "behind it, and only if these fail, too, is the request lost.";
  if (HasAnotherWay(gfp, path.site))
    return "The caller is ready for a refusal, as its mode says, and takes another way.";
  return "";
}

void Explain(const Walk& walk, const GfpMeaning& gfp, CallPath& path) {
  if (path.site) path.harm = path.site->harm;
  if (const std::string_view why = WhyHarmless(gfp, path); !why.empty()) {
    path.harm = Harm::kHarmless;
    path.meaning = why;
    return;
  }
  const bool packet = path.site ? path.site->name.starts_with("packet") : path.network;
  if (packet && (path.transmit || !path.site)) {
    path.meaning = PacketMeaning(walk, path);
    path.harm = Harm::kDegraded;
  } else if (path.site && !path.site->lost.empty()) {
    path.meaning = Sentence(path.site->lost);
  }
}

// One-line reports have no trace, but may name the function that asked.
std::vector<FrameFacts> NamedFrame(const EventFacts& event) {
  if (!event.frames.empty() || !event.refusal || !event.refusal->blame_symbol) return {};
  return {{*event.refusal->blame_symbol, event.refusal->blame_module, std::nullopt, true}};
}

}  // namespace

CallPath ReadCallPath(const IncidentFacts& facts, const EventFacts& event) {
  CallPath path;
  const std::vector<FrameFacts> named = NamedFrame(event);
  const Walk walk = WalkOut(event.frames.empty() ? named : event.frames);
  const std::optional<PieceRequest> request = RequestOf(facts, event);
  for (const FrameFacts* const frame : walk.callers) {
    if (frame->module && path.driver.empty()) path.driver = *frame->module;
    path.network = path.network || IsNetwork(frame->symbol);
    path.transmit = path.transmit || frame->symbol.find("_xmit") != std::string::npos;
  }
  path.copies_packet = Find(walk, "skb_copy") && !path.driver.empty();
  path.where = Where(facts, walk, event, path.network);
  path.all_unreliable = walk.all_unreliable;
  FindSite(walk, request ? request->order : 0, KernelOf(facts, event), path);
  path.chain = Chain(walk, Find(walk, "tcp_rcv_established"), path.symbol);
  if (path.site)
    path.wanted = path.site->wanted;
  else if (!path.driver.empty())
    path.wanted = "memory for the driver " + path.driver;
  path.dying = KilledBefore(facts, event) != nullptr;
  path.large_first = event.refusal && StageOf(*event.refusal) == VmallocStage::kLargePages;
  if (event.refusal) Explain(walk, request ? request->gfp : GfpMeaning(), path);
  if (event.waits())
    path.meaning = "It was not refused and goes on waiting; the kernel tells so every ten seconds.";
  return path;
}

bool IsHarmlessRefusal(const IncidentFacts& facts, const EventFacts& event) {
  return event.refusal && ReadCallPath(facts, event).harm == Harm::kHarmless;
}

}  // namespace kautopsy
