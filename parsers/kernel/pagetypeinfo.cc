// /proc/pagetypeinfo as people paste it, or as a file (mm/vmstat.c, pagetypeinfo_show()): free
// blocks per zone, migrate type and order, and how many page blocks each type has.
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxOrders = 32;
constexpr std::size_t kMaxCells = 1 << 20;  // 1024 nodes, 5 zones, 6 types, 32 orders

// Relation `page_type`.
struct PageTypeCell {
  Integer node;
  Text zone;
  Text migrate_type;
  Integer order;  // none for a count of blocks
  Integer count;
  Integer at_least;  // 1: the kernel stopped counting there
  Integer blocks;
  Integer log_line;

  static constexpr std::string_view kRelation = "page_type";
  static std::span<const Field<PageTypeCell>> Fields() {
    using F = Field<PageTypeCell>;
    static constexpr std::array fields = {F("node", &PageTypeCell::node),
                                          F("zone", &PageTypeCell::zone),
                                          F("migrate_type", &PageTypeCell::migrate_type),
                                          F("order", &PageTypeCell::order),
                                          F("count", &PageTypeCell::count),
                                          F("at_least", &PageTypeCell::at_least),
                                          F("blocks", &PageTypeCell::blocks),
                                          F("log_line", &PageTypeCell::log_line)};
    return fields;
  }
};

// "Node    0, zone      DMA" at the head of a row.
std::optional<PageTypeCell> ConsumePlace(std::string_view& text) {
  if (!ConsumePrefix(text, "Node ")) return std::nullopt;
  PageTypeCell place;
  place.node = ParseInteger(ConsumeWord(text, ','));
  if (!place.node || !ConsumePrefix(text, ", zone ")) return std::nullopt;
  std::string_view name = ConsumeWord(text, ',');
  const std::string_view zone = ConsumeZoneName(name);
  if (zone.empty() || !name.empty()) return std::nullopt;
  place.zone = std::string(zone);
  return place;
}

// "Node 0, zone DMA, type Unmovable 1 0 >100000": the cells of a row; none if it is no whole row.
std::vector<PageTypeCell> ParseRow(std::string_view text) {
  std::vector<PageTypeCell> cells;
  std::optional<PageTypeCell> place = ConsumePlace(text);
  if (!place || !ConsumePrefix(text, ", type ")) return cells;
  place->migrate_type = std::string(ConsumeWord(text, ','));
  for (std::string_view word = ConsumeWord(text, ','); !word.empty();
       word = ConsumeWord(text, ',')) {
    PageTypeCell cell = *place;
    cell.at_least = ConsumePrefix(word, ">") ? 1 : 0;  // since 5.4 counting stops at 100000
    cell.count = ParseInteger(word);
    cell.order = static_cast<int64_t>(cells.size());
    if (!cell.count || cells.size() >= kMaxOrders) return {};
    cells.push_back(std::move(cell));
  }
  return cells;
}

constexpr std::string_view kBlocksHead = "Number of blocks type ";
constexpr std::string_view kCountsHead = "Free pages count per migrate type at order";

bool IsHead(std::string_view text) {
  return text.starts_with("Page block order: ") || text.starts_with("Pages per block: ") ||
         text.starts_with(kCountsHead);
}

class PagetypeinfoBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (IsHead(line.text)) return cells_.empty() ? Claim::kTaken : Claim::kConflict;
    if (line.text.starts_with(kBlocksHead)) return OfferBlocksHead(line.text);
    std::vector<PageTypeCell> row = ParseRow(line.text);
    if (row.empty()) row = ParseBlocks(line.text);
    if (row.empty() || cells_.size() + row.size() > kMaxCells) return Claim::kNone;
    for (PageTypeCell& cell : row) {
      cell.log_line = static_cast<int64_t>(line.place.line);
      cells_.push_back(std::move(cell));
    }
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/pagetypeinfo";
    Damage damage;
    damage.AddIf(cells_.empty() || cells_.front().blocks, "no counts of free pages");
    damage.AddIf(CountZones(true) < CountZones(false), "its last lines are missing");
    damage.StoreIn(event);
    AddRows(event, std::move(cells_));
  }

 private:
  Claim OfferBlocksHead(std::string_view text) {
    if (!types_.empty()) return Claim::kConflict;
    text.remove_prefix(kBlocksHead.size());
    for (std::string_view word = ConsumeWord(text, ','); !word.empty();
         word = ConsumeWord(text, ','))
      types_.emplace_back(word);
    return Claim::kTaken;
  }

  // "Node 0, zone DMA 1 0 7", a column per type.
  std::vector<PageTypeCell> ParseBlocks(std::string_view text) const {
    std::vector<PageTypeCell> row;
    const std::optional<PageTypeCell> place = ConsumePlace(text);
    if (!place) return row;
    for (std::string_view word = ConsumeWord(text, ','); !word.empty();
         word = ConsumeWord(text, ',')) {
      PageTypeCell cell = *place;
      cell.blocks = ParseInteger(word);
      if (!cell.blocks || row.size() >= types_.size()) return {};
      cell.migrate_type = types_[row.size()];
      row.push_back(std::move(cell));
    }
    return row;
  }

  std::size_t CountZones(bool with_blocks) const {
    std::set<std::pair<Integer, Text>> zones;
    for (const PageTypeCell& cell : cells_) {
      if (cell.blocks.has_value() == with_blocks) zones.emplace(cell.node, cell.zone);
    }
    return zones.size();
  }

  std::vector<PageTypeCell> cells_;
  std::vector<std::string> types_;  // columns of the second table
};

bool StartsPagetypeinfo(const LogLine& line) {
  return IsHead(line.text) || !ParseRow(line.text).empty();
}

}  // namespace

RecordKind PagetypeinfoKind() {
  return {.name = "pagetypeinfo",
          .openers = {{"Page block order: ", StartsPagetypeinfo, true},
                      {kCountsHead, StartsPagetypeinfo, true},
                      {", type ", StartsPagetypeinfo, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<PagetypeinfoBlock>()); }};
}

}  // namespace kautopsy
