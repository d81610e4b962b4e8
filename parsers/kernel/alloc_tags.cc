#include "parsers/kernel/alloc_tags.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxTags = 64;  // the kernel prints ten

}  // namespace

std::span<const Field<AllocTag>> AllocTag::Fields() {
  using F = Field<AllocTag>;
  static constexpr std::array fields = {
      F("bytes", &AllocTag::bytes),      F("calls", &AllocTag::calls),
      F("file", &AllocTag::file),        F("line", &AllocTag::line),
      F("module", &AllocTag::module),    F("function", &AllocTag::function),
      F("log_line", &AllocTag::log_line)};
  return fields;
}

Integer ParseHumanSize(std::string_view text) {
  static constexpr std::string_view kUnits = "BKMGTPE";
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, digits);
  std::string_view unit = digits == std::string_view::npos ? "" : TrimBlanks(text.substr(digits));
  if (unit.empty()) return ParseInteger(number);
  const std::size_t power = kUnits.find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  if (unit != (power == 0 ? "B" : std::string(1, unit[0]) + "iB")) return std::nullopt;
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || stop != number.data() + number.size() || value >= 1024 * 1024)
    return std::nullopt;
  value = std::ldexp(value, static_cast<int>(10 * power));
  constexpr double kTooBig = 9.0e18;  // just below 2^63
  return value < kTooBig ? Integer(std::llround(value)) : std::nullopt;
}

Claim AllocTagSection::Offer(const LogLine& line) {
  const std::string_view text = line.text;
  if (text.starts_with("Memory allocations")) {
    if (text != "Memory allocations:" && !text.starts_with("Memory allocations (profiling is "))
      return Claim::kNone;
    if (seen_) return Claim::kConflict;
    seen_ = true;
    return Claim::kTaken;
  }
  if (text.empty() || text[0] < '0' || text[0] > '9' || tags_.size() >= kMaxTags)
    return Claim::kNone;
  static const LogPattern kRow(
      R"re(([\d.]+(?: ?[KMGTPE]?i?B)?) +(\d+) (\S+):(\d+) (?:\[(\S+)\] )?func:(\S+))re");
  const auto groups = line.cut ? std::nullopt : MatchAll<6>(text, kRow);
  if (!groups) return Claim::kNone;
  const auto& [bytes, calls, file, number, module, function] = *groups;
  AllocTag tag;
  tag.bytes = ParseHumanSize(bytes);
  tag.calls = ParseInteger(calls);
  tag.file = std::string(file);
  tag.line = ParseInteger(number);
  tag.module = TextOf(module);
  tag.function = std::string(function);
  tag.log_line = static_cast<int64_t>(line.place.line);
  tags_.push_back(std::move(tag));
  return Claim::kTaken;
}

void AllocTagSection::NoteMissing(Damage& damage) const {
  damage.AddIf(!tags_.empty() && !seen_, "no header of the list of allocations");
}

void AllocTagSection::AddTo(EventRecord& event) {
  if (tags_.empty()) return;
  event.rows.push_back(std::make_unique<RowsOf<AllocTag>>(std::move(tags_)));
}

}  // namespace kautopsy
