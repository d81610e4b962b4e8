// /proc/buddyinfo as people paste it (mm/vmstat.c, frag_show_print()): free blocks per zone and
// order.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"

namespace kautopsy {
namespace {

// Orders 0 to MAX_ORDER - 1, which architectures set to 7 (arch/sh, arch/xtensa) or more. Fewer
// columns are those of /proc/pagetypeinfo's second table: one for each of at most 6 types.
constexpr std::size_t kMinOrders = 7;
constexpr std::size_t kMaxOrders = 32;
constexpr std::size_t kMaxZones = 4096;
// The file gives no sizes; 4 KiB is the page of x86 and of most others.
constexpr int64_t kAssumedPageKb = 4;

// "Node 0, zone   Normal 2398537 469407 ..."
std::optional<FreeList> ParseZoneCounts(std::string_view text) {
  FreeList line;
  line.block_kb = kAssumedPageKb;
  if (!ConsumePrefix(text, "Node ")) return std::nullopt;
  line.node = ConsumeInteger(text);
  if (!line.node || !ConsumePrefix(text, ", zone ")) return std::nullopt;
  text = TrimBlanks(text);
  line.zone = ConsumeZoneName(text);
  if (line.zone.empty()) return std::nullopt;
  while (!text.empty()) {
    if (text[0] != ' ') return std::nullopt;
    text = TrimBlanks(text);
    const Integer count = ConsumeInteger(text);
    if (!count || line.counts.size() >= kMaxOrders) break;
    line.counts.push_back(*count);
  }
  if (!text.empty() || line.counts.size() < kMinOrders) return std::nullopt;
  return line;
}

class BuddyinfoBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const std::optional<FreeList> zone = ParseZoneCounts(line.text);
    if (!zone) return Claim::kNone;
    const bool known = std::any_of(zones_.begin(), zones_.end(), [&](const FreeList& other) {
      return other.node == zone->node && other.zone == zone->zone;
    });
    if (known || zones_.size() >= kMaxZones) return Claim::kConflict;
    rows_.push_back(ToRow(*zone, static_cast<int64_t>(line.place.line)));
    zones_.push_back(*zone);
    return Claim::kTaken;
  }

  // A last count of 0 begins no longer number, and no line has more columns than the one above.
  bool ProvesWhole() const override {
    return zones_.size() > 1 && zones_.back().counts.back() == 0 &&
           zones_.back().counts.size() == zones_.front().counts.size();
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/buddyinfo";
    event.page_size_kb = kAssumedPageKb;
    event.page_size_from = "assumed";
    Damage damage;
    const auto shorter = [&](const FreeList& zone) {
      return zone.counts.size() != zones_.front().counts.size();
    };
    damage.AddIf(std::any_of(zones_.begin(), zones_.end(), shorter), "a line is cut");
    damage.StoreIn(event);
    event.rows.push_back(std::make_unique<RowsOf<FreeListRow>>(std::move(rows_)));
  }

 private:
  std::vector<FreeList> zones_;
  std::vector<FreeListRow> rows_;
};

bool IsZoneCounts(const LogLine& line) { return ParseZoneCounts(line.text).has_value(); }

}  // namespace

RecordKind BuddyinfoKind() {
  return {.name = "buddyinfo", .openers = {{", zone ", IsZoneCounts, true}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<BuddyinfoBlock>());
          }};
}

}  // namespace kautopsy
