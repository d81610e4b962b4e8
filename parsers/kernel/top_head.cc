// The head of top(1) as people paste it, of all of procps (top_nls.c, STATE_line_1 to
// MEMORY_line2):
//   top - 11:34:38 up 4 days, 21:51,  3 users,  load average: 0.00, 0.01, 0.05
//   Tasks: 123 total,   1 running, 122 sleeping,   0 stopped,   0 zombie
//   %Cpu(s):  0.0 us,  0.2 sy,  0.0 ni, 99.8 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
//   KiB Mem :  1016232 total,    71564 free,   832692 used,   111976 buff/cache
//   KiB Swap:  2097148 total,  2034620 free,    62528 used.    31580 avail Mem
// procps before 3.3: "Mem:   1016232k total,   944668k used, ...".
#include "parsers/kernel/top_head.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxValues = 64;

std::optional<TopLine> ParseMemoryLine(std::string_view text) {
  static const LogPattern kPattern(R"((?:([KMGTPE]iB) )?(Mem|Swap) ?: *(\d+[^,]*total,.*))");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [unit, row, cells] = *groups;
  return TopLine{std::string(row), std::string(unit), cells};
}

// "Tasks: 123 total, 1 running", in later versions "Threads: ...".
bool IsTaskLine(std::string_view text) {
  static const LogPattern kPattern(R"((?:Tasks|Threads): *\d+ total, *\d+ running,.*)");
  return Matches(text, kPattern);
}

bool IsUptimeLine(std::string_view text) {
  return text.starts_with("top - ") && text.find("load average: ") != std::string_view::npos;
}

bool IsCpuLine(std::string_view text) {
  static const LogPattern kPattern(R"(%?Cpu(?:\(s\)|\d+) *:.*)");
  return Matches(text, kPattern);
}

std::string_view AfterColon(std::string_view text) { return text.substr(text.find(':') + 1); }

// The Swap line ends with a figure of the memory's: "avail Mem", "cached Mem", or in procps before
// 3.3 just "cached".
std::string NameOf(std::string_view row, std::string_view name) {
  const std::size_t mem = name.find(" Mem");
  if (mem != std::string_view::npos || (row == "Swap" && name == "cached")) row = "Mem";
  return std::string(row) + "." + std::string(name.substr(0, mem));
}

}  // namespace

bool StartsTopHead(std::string_view text) {
  const std::optional<TopLine> memory = ParseMemoryLine(text);
  return IsUptimeLine(text) || IsTaskLine(text) || (memory && memory->row == "Mem");
}

Claim TopHeadSection::Offer(const LogLine& line) {
  if (line.prefixed || swap_) return Claim::kNone;
  if (IsUptimeLine(line.text)) {
    if (uptime_) return Claim::kConflict;
    uptime_ = true;
    return Claim::kTaken;
  }
  if (IsTaskLine(line.text)) return OfferCells(tasks_, {"Tasks", "", AfterColon(line.text)}, line);
  if (IsCpuLine(line.text)) return memory_ ? Claim::kNone : Claim::kTaken;
  const std::optional<TopLine> memory = ParseMemoryLine(line.text);
  if (!memory) return Claim::kNone;
  return OfferCells(memory->row == "Mem" ? memory_ : swap_, *memory, line);
}

// "1016232 total,    71564 free": taken if each cell has that form.
Claim TopHeadSection::OfferCells(bool& seen, const TopLine& row, const LogLine& line) {
  if (seen) return Claim::kConflict;
  // A comma, or before what belongs to the row above a full stop; a locale's decimal sign stands
  // between digits. A "+" stands where the figure did not fit, so that it lacks digits.
  static const LogPattern kCell(R"( *(\d+)(?:[.,](\d+))?([kmgtpe]?)([ +]) *([a-zA-Z/]+(?: Mem)?))");
  std::vector<ProcValue> values;
  std::string_view cells = row.cells;
  while (!cells.empty()) {
    std::size_t end = cells.find_first_of(",.");
    while (end + 1 < cells.size() && end != std::string_view::npos && cells[end + 1] != ' ')
      end = cells.find_first_of(",.", end + 1);
    const auto groups = MatchAll<5>(cells.substr(0, end), kCell);
    if (!groups || line.cut) return Claim::kNone;
    const auto& [whole, fraction, suffix, fit, name] = *groups;
    ProcValue value;
    value.name = NameOf(row.row, name);
    if (fit != "+") value.value = ParseDecimal(whole, fraction);
    value.unit = TextOf(suffix.empty() ? std::string_view(row.unit) : suffix);
    value.log_line = static_cast<int64_t>(line.place.line);
    values.push_back(std::move(value));
    cells.remove_prefix(std::min(cells.size(), end == std::string_view::npos ? end : end + 1));
  }
  if (values_.size() + values.size() > kMaxValues) return Claim::kNone;
  for (ProcValue& value : values) values_.push_back(std::move(value));
  seen = true;
  return Claim::kTaken;
}

void TopHeadSection::NoteMissing(Damage& damage) const {
  damage.AddIf(!memory_, "no Mem line");
  damage.AddIf(!swap_, "no Swap line");
}

void TopHeadSection::AddTo(EventRecord& event) { AddRows(event, std::move(values_)); }

}  // namespace kautopsy
