#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "reports/compare/parts.h"

namespace kautopsy {
namespace {

// What show_mem() (mm/show_mem.c) and meminfo_proc_show() (fs/proc/meminfo.c) print of the same
// counters. Not so programs and files: one counts by the lists of reclaim, where shared memory is
// with the programs and locked memory is apart; the other by kind of page.
constexpr std::array<std::string_view, 6> kCountedAlike = {
    "free", "slab_unreclaimable", "slab_reclaimable", "pagetables", "kernel_stacks", "swap_used"};

// What holds an item differs between the two kinds of record.
ItemChange& ItemOf(const BalanceItem& item, bool alike, std::vector<ItemChange>& changes) {
  const auto found = std::find_if(changes.begin(), changes.end(), [&](const ItemChange& change) {
    return change.item == item.item && (!alike || change.part_of == item.part_of);
  });
  if (found != changes.end()) return *found;
  ItemChange change;
  change.item = item.item;
  change.part_of = item.part_of;
  changes.push_back(std::move(change));
  return changes.back();
}

}  // namespace

Integer ItemChange::ChangeKb() const {
  if (!alike || !before_kb || !after_kb) return std::nullopt;
  return *after_kb - *before_kb;
}

std::vector<ItemChange> CompareItems(const std::vector<BalanceItem>& before,
                                     const std::vector<BalanceItem>& after, bool alike) {
  std::vector<ItemChange> changes;
  for (const BalanceItem& item : before) ItemOf(item, alike, changes).before_kb = item.size_kb;
  for (const BalanceItem& item : after) ItemOf(item, alike, changes).after_kb = item.size_kb;
  for (ItemChange& change : changes) {
    change.alike = alike || std::find(kCountedAlike.begin(), kCountedAlike.end(), change.item) !=
                                kCountedAlike.end();
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const ItemChange& one, const ItemChange& other) {
                     const Integer one_kb = one.ChangeKb();
                     const Integer other_kb = other.ChangeKb();
                     if (!one_kb || !other_kb) return one_kb.has_value() && !other_kb.has_value();
                     return std::abs(*one_kb) > std::abs(*other_kb);
                   });
  return changes;
}

Result<std::vector<BalanceItem>> ReadItems(RowReader& reader, int64_t event_id) {
  constexpr const char* kSql =
      "SELECT item, size_kb, part_of FROM memory_balance WHERE event_id = ?1 AND node IS NULL"
      " ORDER BY rowid";
  std::vector<BalanceItem> items;
  const Status read = reader.ForEach(kSql, event_id, [&](const Statement& row) {
    const Integer kb = Size(row, 1);
    if (kb) items.push_back({row.GetText(0).value_or("?"), *kb, row.GetText(2).value_or("")});
  });
  if (!read) return tl::unexpected(read.error());
  return items;
}

}  // namespace kautopsy
