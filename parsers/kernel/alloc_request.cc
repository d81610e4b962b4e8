#include "parsers/kernel/alloc_request.h"

#include <array>
#include <string>

#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// "mode:0xcc1(GFP_KERNEL|GFP_DMA), nodemask=(null),cpuset=/,mems_allowed=0": names came in 4.6,
// nodemask in 4.11, cpuset in 5.0.
bool ParseMode(std::string_view text, PageAllocFailure& failure) {
  static const LogPattern kPattern(R"re(mode:0x([0-9a-f]+)(?:\(([^)]*)\))?)re"
                                   R"re((?:, nodemask=([^,]*(?:,\d[^,]*)*)(,.*)?|,)?)re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return false;
  const auto& [mask, flags, nodemask, rest] = *groups;
  failure.gfp_mask = ParseHex(mask);
  failure.gfp_flags = TextOf(flags);
  if (nodemask != "(") failure.nodemask = TextOf(nodemask);  // else "(null)" was cut
  static const LogPattern kCpuset(R"re(,cpuset=(.*),mems_allowed=(\S+))re");
  if (const auto set = MatchAll<2>(rest, kCpuset)) {
    failure.cpuset = TextOf((*set)[0]);
    failure.mems_allowed = TextOf((*set)[1]);
  }
  return true;
}

// "order:5, mode:..."; what is missing was cut.
bool ParseOrder(std::string_view text, PageAllocFailure& failure) {
  if (!ConsumePrefix(text, "order:")) return false;
  failure.order = ConsumeInteger(text);
  if (!failure.order) return false;
  if (text.empty() || text == ",") return true;
  return ConsumePrefix(text, ", ") && ParseMode(text, failure);
}

// ". order:1, mode:0x20", since 3.0 ": order:1, mode:0x20".
bool ParseFailure(std::string_view rest, PageAllocFailure& failure) {
  failure.kind = "failure";
  if (rest == ":" || rest == ".") return true;  // cut
  return (ConsumePrefix(rest, ": ") || ConsumePrefix(rest, ". ")) && ParseOrder(rest, failure);
}

bool ParseVmemmap(std::string_view rest, PageAllocFailure& failure) {
  failure.reason = "vmemmap alloc failure";
  return ParseFailure(rest, failure);
}

// "10646ms, order:0, mode:...".
bool ParseStall(std::string_view rest, PageAllocFailure& failure) {
  failure.kind = "stall";
  failure.stall_ms = ConsumeInteger(rest);
  if (!failure.stall_ms || !ConsumePrefix(rest, "ms,")) return false;
  rest = TrimBlanks(rest);
  return rest.empty() || ParseOrder(rest, failure);
}

// What stands before ", mode:": the size and why it was refused. False if no mode follows.
bool SplitAtMode(std::string_view rest, std::string_view& head, PageAllocFailure& failure) {
  const std::size_t mode = rest.find(", mode:0x");
  head = rest.substr(0, mode);
  return mode != std::string_view::npos && ParseMode(rest.substr(mode + 2), failure);
}

// ": 4096 bytes" or ", allocated 2048 of 4096 bytes".
bool ParseVmallocSize(std::string_view text, PageAllocFailure& failure) {
  static const LogPattern kPattern(R"re((?:: |, (allocated (\d+) of) )(\d+) bytes)re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return false;
  const auto& [allocated, part, size] = *groups;
  failure.kind = "vmalloc";
  failure.size_bytes = ParseInteger(size);
  failure.reason =
      allocated.empty() ? "allocation failure" : "allocated " + std::string(part) + " bytes of it";
  return true;
}

bool ParseVmallocFailure(std::string_view rest, PageAllocFailure& failure) {
  std::string_view size;
  return SplitAtMode(rest, size, failure) && ParseVmallocSize(size, failure);
}

// "4194304, vm_struct allocation failed, mode:...".
bool ParseVmallocError(std::string_view rest, PageAllocFailure& failure) {
  std::string_view head;
  if (!SplitAtMode(rest, head, failure)) return false;
  failure.kind = "vmalloc";
  failure.size_bytes = ConsumeInteger(head);
  if (!failure.size_bytes || !ConsumePrefix(head, ", ")) return false;
  failure.reason = std::string(head);
  return true;
}

constexpr std::string_view kNoAddressSpace = "no address space: ";

struct Form {
  std::string_view words;  // behind the process's name
  bool (*parse)(std::string_view rest, PageAllocFailure& failure);
};

constexpr std::array<Form, 5> kForms = {{{": page allocation failure", ParseFailure},
                                         {": page allocation stalls for ", ParseStall},
                                         {": vmalloc error: size ", ParseVmallocError},
                                         {": vmalloc: allocation failure", ParseVmallocFailure},
                                         {": vmemmap alloc failure", ParseVmemmap}}};

}  // namespace

std::span<const Field<PageAllocFailure>> PageAllocFailure::Fields() {
  using F = Field<PageAllocFailure>;
  static constexpr std::array fields = {
      F("kind", &PageAllocFailure::kind),
      F("comm", &PageAllocFailure::comm),
      F("pid", &PageAllocFailure::pid),
      F("order", &PageAllocFailure::order),
      F("gfp_mask", &PageAllocFailure::gfp_mask),
      F("gfp_flags", &PageAllocFailure::gfp_flags),
      F("nodemask", &PageAllocFailure::nodemask),
      F("cpuset", &PageAllocFailure::cpuset),
      F("mems_allowed", &PageAllocFailure::mems_allowed),
      F("stall_ms", &PageAllocFailure::stall_ms),
      F("cache", &PageAllocFailure::cache),
      F("object_size", &PageAllocFailure::object_size),
      F("size_bytes", &PageAllocFailure::size_bytes),
      F("node", &PageAllocFailure::node),
      F("cpu", &PageAllocFailure::cpu),
      F("buffer_size", &PageAllocFailure::buffer_size),
      F("default_order", &PageAllocFailure::default_order),
      F("min_order", &PageAllocFailure::min_order),
      F("area", &PageAllocFailure::area),
      F("size_pages", &PageAllocFailure::size_pages),
      F("error", &PageAllocFailure::error),
      F("area_free_pages", &PageAllocFailure::area_free_pages),
      F("area_total_pages", &PageAllocFailure::area_total_pages),
      F("area_largest_pages", &PageAllocFailure::area_largest_pages),
      F("reason", &PageAllocFailure::reason),
      F("context", &PageAllocFailure::context),
      F("blame_symbol", &PageAllocFailure::blame_symbol),
      F("blame_module", &PageAllocFailure::blame_module)};
  return fields;
}

bool ParseAllocRequest(std::string_view text, PageAllocFailure& failure) {
  for (const Form& form : kForms) {
    const std::optional<CommLine> head = SplitAtWords(text, form.words);
    if (!head) continue;
    PageAllocFailure read;
    if (!form.parse(head->rest, read)) continue;
    read.comm = std::string(head->comm);
    failure = std::move(read);
    return true;
  }
  return false;
}

bool ParseAllocRequestBehindOthers(std::string_view text, bool prefixed,
                                   PageAllocFailure& failure) {
  const Form& form = kForms[0];
  const std::optional<CommLine> head = SplitBehindOthers(text, form.words, prefixed);
  PageAllocFailure read;
  if (!head || !form.parse(head->rest, read) || !read.gfp_mask) return false;
  read.comm = TextOf(head->comm);
  failure = std::move(read);
  return true;
}

bool IsVmapNote(const PageAllocFailure& failure) {
  return failure.reason && failure.reason->starts_with(kNoAddressSpace);
}

bool ParseVmallocNote(std::string_view text, PageAllocFailure& failure) {
  PageAllocFailure read;
  if (ConsumePrefix(text, "vmalloc: allocation failure")) {
    if (!ParseVmallocSize(text, read)) return false;
    failure = std::move(read);
    return true;
  }
  if (!text.starts_with("vm")) return false;
  static const LogPattern kVmap(
      R"re((?:vmap allocation|vmalloc_node_range) (?:for size (\d+) )?failed: )re"
      R"re((use vmalloc=<size> to increase size|Address range restricted .*?)\.?)re");
  const auto groups = MatchAll<2>(text, kVmap);
  if (!groups) return false;
  read.kind = "vmalloc";
  read.size_bytes = ParseInteger((*groups)[0]);
  read.reason = std::string(kNoAddressSpace) + std::string((*groups)[1]);
  failure = std::move(read);
  return true;
}

}  // namespace kautopsy
