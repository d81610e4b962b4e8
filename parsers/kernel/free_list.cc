#include "parsers/kernel/free_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace kautopsy {
namespace {

// include/linux/mmzone.h, enum zone_type; longer names first, since one begins another.
constexpr std::array<std::string_view, 6> kZones = {"DMA32",   "DMA",     "Normal",
                                                    "HighMem", "Movable", "Device"};
constexpr std::size_t kMaxOrders = 32;
constexpr std::size_t kUsualOrders = 11;  // MAX_ORDER of x86, include/linux/mmzone.h

// One order of a list: "1231*4kB (UEM)".
struct Cell {
  int64_t count = 0;
  int64_t block_kb = 0;
  std::string_view migrate_types;
};

// The letters of "(UEM)", of which kernels have six (mm/page_alloc.c, show_migration_types()).
std::string_view ConsumeTypes(std::string_view& text) {
  std::string_view rest = TrimBlanks(text);
  if (!ConsumePrefix(rest, "(")) return {};
  const std::string_view letters = rest.substr(0, rest.find(')'));
  const bool known = std::all_of(letters.begin(), letters.end(),
                                 [](char letter) { return letter >= 'A' && letter <= 'Z'; });
  if (letters.size() == rest.size() || !known) return {};
  text = rest.substr(letters.size() + 1);
  return letters;
}

// Of "1*4kB", which Markdown makes "1_4kB", and who guards against that "1\*4kB".
bool ConsumeTimes(std::string_view& text) {
  return ConsumePrefix(text, "*") || ConsumePrefix(text, "\\*") || ConsumePrefix(text, "_");
}

// Takes one cell; false if the text does not hold a whole one.
bool ConsumeCell(std::string_view& text, Cell& cell) {
  std::string_view rest = TrimBlanks(text);
  const Integer count = ConsumeInteger(rest);
  if (!count || *count < 0 || !ConsumeTimes(rest)) return false;
  const Integer block_kb = ConsumeInteger(rest);
  if (!block_kb || *block_kb <= 0 || !ConsumePrefix(rest, "kB")) return false;
  cell = {*count, *block_kb, ConsumeTypes(rest)};
  text = rest;
  return true;
}

// The size of a block is twice that of the order below.
bool IsNext(const FreeList& list, const Cell& cell) {
  if (list.counts.empty()) return true;
  const std::size_t order = list.counts.size();
  return cell.block_kb % (int64_t{1} << order) == 0 && cell.block_kb >> order == list.block_kb;
}

std::string JsonOf(const std::vector<int64_t>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

// Nothing but letters is in them, so nothing needs an escape.
Text JsonOf(const std::vector<std::string>& types) {
  std::string json;
  bool any = false;
  for (const std::string& letters : types) {
    json += json.empty() ? '[' : ',';
    any = any || !letters.empty();
    if (letters.empty())
      json += "null";
    else
      json.append("\"").append(letters).append("\"");
  }
  return any ? Text(json + "]") : Text();
}

}  // namespace

std::span<const Field<FreeListRow>> FreeListRow::Fields() {
  using F = Field<FreeListRow>;
  static constexpr std::array fields = {F("node", &FreeListRow::node),
                                        F("zone", &FreeListRow::zone),
                                        F("block_kb", &FreeListRow::block_kb),
                                        F("counts", &FreeListRow::counts),
                                        F("migrate_types", &FreeListRow::migrate_types),
                                        F("log_line", &FreeListRow::log_line)};
  return fields;
}

FreeListRow ToRow(const FreeList& list, int64_t log_line) {
  return {.node = list.node,
          .zone = list.zone,
          .block_kb = list.block_kb,
          .counts = JsonOf(list.counts),
          .migrate_types = JsonOf(list.migrate_types),
          .log_line = log_line};
}

bool FreeList::AddsUp() const {
  double sum = 0;
  double block = static_cast<double>(block_kb);
  for (const int64_t count : counts) {
    sum += static_cast<double>(count) * block;
    block *= 2;
  }
  return total_kb && sum == static_cast<double>(*total_kb);
}

Integer ConsumeNode(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "Node ")) return std::nullopt;
  const Integer node = ConsumeInteger(rest);
  if (!node || !ConsumePrefix(rest, " ")) return std::nullopt;
  text = rest;
  return node;
}

std::string_view ConsumeZoneName(std::string_view& text) {
  for (const std::string_view zone : kZones) {
    if (ConsumePrefix(text, zone)) return zone;
  }
  return {};
}

bool ParseFreeList(std::string_view text, FreeList& list) {
  list.node = ConsumeNode(text);
  list.zone = ConsumeZoneName(text);
  if (list.zone.empty() || !ConsumePrefix(text, ":")) return false;
  if (TrimBlanks(text) == "empty") {
    list.empty = true;
    return true;
  }
  if (!text.starts_with(" ")) return false;
  list.counts.reserve(kUsualOrders);
  list.migrate_types.reserve(kUsualOrders);
  Cell cell;
  while (list.counts.size() < kMaxOrders && ConsumeCell(text, cell) && IsNext(list, cell)) {
    if (list.counts.empty()) list.block_kb = cell.block_kb;
    list.counts.push_back(cell.count);
    list.migrate_types.emplace_back(cell.migrate_types);
  }
  text = TrimBlanks(text);
  if (ConsumePrefix(text, "=")) {
    text = TrimBlanks(text);
    const Integer total = ConsumeInteger(text);
    if (text.starts_with("kB")) list.total_kb = total;
  }
  return !list.counts.empty();
}

}  // namespace kautopsy
