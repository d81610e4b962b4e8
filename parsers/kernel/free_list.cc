#include "parsers/kernel/free_list.h"

#include <array>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

// include/linux/mmzone.h, enum zone_type; longer names first, since one begins another.
constexpr std::array<std::string_view, 6> kZones = {"DMA32",   "DMA",     "Normal",
                                                    "HighMem", "Movable", "Device"};
constexpr std::size_t kMaxOrders = 32;

bool IsDouble(int64_t size, int64_t half) { return size % 2 == 0 && size / 2 == half; }

// "1231*4kB (UEM)": takes one cell; false if the text does not hold a whole one.
bool ConsumeCell(std::string_view& text, FreeListCell& cell) {
  std::string_view rest = TrimBlanks(text);
  cell.count = ConsumeInteger(rest);
  if (!cell.count || *cell.count < 0 || !ConsumePrefix(rest, "*")) return false;
  cell.block_kb = ConsumeInteger(rest);
  if (!cell.block_kb || *cell.block_kb <= 0 || !ConsumePrefix(rest, "kB")) return false;
  std::string_view types = TrimBlanks(rest);
  const std::size_t end = types.find(')');
  if (types.starts_with('(') && end != std::string_view::npos) {
    cell.migrate_types = std::string(types.substr(1, end - 1));
    rest = types.substr(end + 1);
  }
  text = rest;
  return true;
}

}  // namespace

std::span<const Field<FreeListCell>> FreeListCell::Fields() {
  using F = Field<FreeListCell>;
  static constexpr std::array fields = {
      F("node", &FreeListCell::node),        F("zone", &FreeListCell::zone),
      F("order", &FreeListCell::order),      F("block_kb", &FreeListCell::block_kb),
      F("count", &FreeListCell::count),      F("migrate_types", &FreeListCell::migrate_types),
      F("log_line", &FreeListCell::log_line)};
  return fields;
}

bool FreeListLine::AddsUp() const {
  const auto add = [](double sum, const FreeListCell& cell) {
    return sum + static_cast<double>(*cell.count) * static_cast<double>(*cell.block_kb);
  };
  const double sum = std::accumulate(cells.begin(), cells.end(), 0.0, add);
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

bool ParseFreeListLine(std::string_view text, int64_t log_line, FreeListLine& line) {
  line.node = ConsumeNode(text);
  line.zone = ConsumeZoneName(text);
  if (line.zone.empty() || !ConsumePrefix(text, ":")) return false;
  if (TrimBlanks(text) == "empty") {
    line.empty = true;
    return true;
  }
  if (!text.starts_with(" ")) return false;
  FreeListCell cell;
  while (line.cells.size() < kMaxOrders && ConsumeCell(text, cell)) {
    if (!line.cells.empty() && !IsDouble(*cell.block_kb, *line.cells.back().block_kb)) break;
    cell.node = line.node;
    cell.zone = line.zone;
    cell.order = static_cast<int64_t>(line.cells.size());
    cell.log_line = log_line;
    line.cells.push_back(std::exchange(cell, {}));
  }
  text = TrimBlanks(text);
  if (ConsumePrefix(text, "=")) {
    text = TrimBlanks(text);
    const Integer total = ConsumeInteger(text);
    if (text.starts_with("kB")) line.total_kb = total;
  }
  return !line.cells.empty();
}

}  // namespace kautopsy
