// A slab cache that could not get a new slab (mm/slub.c, slab_out_of_memory(), since 2.6.31;
// mm/slab.c, likewise, 3.4 to 6.7). The page allocation failure behind it may be printed too, as a
// record of its own.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxNodes = 1024;  // CONFIG_NODES_SHIFT

// One node's slabs of the cache. Relation `slab_node`.
struct SlabNode {
  Integer node;
  Integer active_slabs;
  Integer slabs;
  Integer active_objs;
  Integer objs;
  Integer free_objs;
  Integer log_line;

  static constexpr std::string_view kRelation = "slab_node";
  static std::span<const Field<SlabNode>> Fields() {
    using F = Field<SlabNode>;
    static constexpr std::array fields = {
        F("node", &SlabNode::node),        F("active_slabs", &SlabNode::active_slabs),
        F("slabs", &SlabNode::slabs),      F("active_objs", &SlabNode::active_objs),
        F("objs", &SlabNode::objs),        F("free_objs", &SlabNode::free_objs),
        F("log_line", &SlabNode::log_line)};
    return fields;
  }
};

// "SLUB: Unable to allocate memory on node -1 (gfp=0x20)", since 4.6 "... on node -1,
// gfp=0x20(NAMES)", since 6.12 "... on CPU 3 (of node 0) on node -1, gfp=...".
bool ParseHeader(std::string_view text, PageAllocFailure& failure) {
  if (!text.starts_with("SLUB: Unable") && !text.starts_with("SLAB: Unable")) return false;
  static const LogPattern kPattern(
      R"re((?:SLUB|SLAB): Unable to allocate memory (?:on CPU (\d+) \(of node -?\d+\) )?)re"
      R"re((?:on|from) node (-?\d+)(?: \(gfp=0x([0-9a-f]+)\)|,(?: gfp=0x([0-9a-f]+)(?:\(([^)]*)\))?)?)?)re");
  const auto groups = MatchAll<5>(text, kPattern);
  if (!groups) return false;
  const auto& [cpu, node, old_mask, mask, flags] = *groups;
  failure.kind = "slub";
  failure.cpu = ParseInteger(cpu);
  failure.node = ParseInteger(node);
  failure.gfp_mask = ParseHex(old_mask.empty() ? mask : old_mask);
  failure.gfp_flags = TextOf(flags);
  return true;
}

// "cache: skbuff_head_cache, object size: 216, buffer size: 256, default order: 1, min order: 0";
// SLAB prints "order: 0" in place of the last three. Parts may be cut off.
bool ParseCache(std::string_view text, PageAllocFailure& failure) {
  if (!text.starts_with("cache: ")) return false;
  static const LogPattern kPattern(
      R"re(cache: (.+?), object size: (\d+)(?:,(?: buffer(?: size: (\d+))?)?)?)re"
      R"re((?:,(?: default(?: order: (\d+))?)?)?(?:,(?: min(?: order: (\d+))?)?)?(?:, order: (\d+))?)re");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return false;
  const auto& [cache, object_size, buffer_size, default_order, min_order, order] = *groups;
  failure.cache = std::string(cache);
  failure.object_size = ParseInteger(object_size);
  failure.buffer_size = ParseInteger(buffer_size);
  failure.default_order = ParseInteger(default_order);
  failure.min_order = ParseInteger(min_order);
  failure.order = ParseInteger(order);
  return true;
}

// "node 0: slabs: 15, objs: 225, free: 0", SLAB's "node 0: slabs: 3/4, objs: 30/40, free: 10".
std::optional<SlabNode> ParseNode(std::string_view text) {
  if (!text.starts_with("node ")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(node (\d+): slabs: (?:(\d+)/)?(\d+), objs: (?:(\d+)/)?(\d+)(?:, free: (\d+))?)re");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [node, active_slabs, slabs, active_objs, objs, free] = *groups;
  SlabNode row;
  row.node = ParseInteger(node);
  row.active_slabs = ParseInteger(active_slabs);
  row.slabs = ParseInteger(slabs);
  row.active_objs = ParseInteger(active_objs);
  row.objs = ParseInteger(objs);
  row.free_objs = ParseInteger(free);
  return row;
}

class SlabFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    PageAllocFailure read;
    if (ParseHeader(line.text, read)) {
      if (failure_.kind) return Claim::kConflict;
      failure_ = std::move(read);
      return Claim::kTaken;
    }
    if (ParseCache(line.text, read)) {
      if (failure_.cache) return Claim::kConflict;
      TakeCache(read);
      return Claim::kTaken;
    }
    if (line.text.ends_with("_debug=O to disable.")) {  // "debugging increased min order"
      failure_.reason = std::string(line.text);
      return Claim::kTaken;
    }
    return OfferNode(line);
  }

  void Finish(EventRecord& event) override {
    event.title = failure_.cache ? fmt::format("no memory for slab cache {}", *failure_.cache)
                                 : "no memory for a slab cache";
    Damage damage;
    damage.AddIf(!failure_.gfp_mask, "the request is cut");
    damage.AddIf(!failure_.cache, "no line of the cache");
    damage.AddIf(failure_.cache && !failure_.min_order && !failure_.order,
                 "the line of the cache is cut");
    damage.AddIf(nodes_.empty(), "no line of a node");
    damage.StoreIn(event);
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure_)}));
    AddRows(event, std::move(nodes_));
  }

 private:
  Claim OfferNode(const LogLine& line) {
    std::optional<SlabNode> node = ParseNode(line.text);
    if (!node) return Claim::kNone;
    const bool known = std::any_of(nodes_.begin(), nodes_.end(),
                                   [&](const SlabNode& other) { return other.node == node->node; });
    if (known || nodes_.size() >= kMaxNodes) return Claim::kConflict;
    node->log_line = static_cast<int64_t>(line.place.line);
    nodes_.push_back(*node);
    return Claim::kTaken;
  }

  void TakeCache(const PageAllocFailure& read) {
    failure_.cache = read.cache;
    failure_.object_size = read.object_size;
    failure_.buffer_size = read.buffer_size;
    failure_.default_order = read.default_order;
    failure_.min_order = read.min_order;
    failure_.order = read.order;
  }

  PageAllocFailure failure_;
  std::vector<SlabNode> nodes_;
};

bool IsHeader(const LogLine& line) {
  PageAllocFailure failure;
  return ParseHeader(line.text, failure);
}

}  // namespace

RecordKind SlabFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{": Unable to allocate memory ", IsHeader, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<SlabFailureBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
