// /proc/meminfo as people paste it (fs/proc/meminfo.c, meminfo_proc_show()), one value per line or
// all of them joined into one.
#include <array>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxValues = 256;

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '(' || c == ')';
}

// "SwapCached:   343964 kB", "HugePages_Total:     0": takes one value off the head of `text`.
std::optional<ProcValue> ConsumeValue(std::string_view& text) {
  std::string_view rest = TrimBlanks(text);
  std::size_t length = 0;
  while (length < rest.size() && IsNameByte(rest[length])) ++length;
  ProcValue value;
  value.name = std::string(rest.substr(0, length));
  rest.remove_prefix(length);
  if (length == 0 || !ConsumePrefix(rest, ":")) return std::nullopt;
  rest = TrimBlanks(rest);
  const Integer number = ConsumeInteger(rest);
  if (!number || (!rest.empty() && rest[0] != ' ')) return std::nullopt;
  value.value = static_cast<double>(*number);
  if (ConsumePrefix(rest, " kB")) value.unit = "kB";
  text = rest;
  return value;
}

// Every value but the counts of huge pages has a unit; without it the line was cut.
bool IsWhole(const ProcValue& value) { return value.unit || value.name->starts_with("HugePages_"); }

class MeminfoBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    std::vector<ProcValue> read;
    std::string_view text = line.text;
    while (std::optional<ProcValue> value = ConsumeValue(text)) {
      if (!IsWhole(*value)) break;
      value->log_line = static_cast<int64_t>(line.place.line);
      read.push_back(*std::move(value));
    }
    if (read.empty() || values_.size() + read.size() > kMaxValues) return Claim::kNone;
    for (const ProcValue& value : read) {
      if (Has(*value.name)) return Claim::kConflict;
    }
    cut_ = cut_ || !TrimBlanks(text).empty();
    values_.insert(values_.end(), read.begin(), read.end());
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/meminfo";
    Damage damage;
    damage.AddIf(!Has("MemFree"), "no MemFree");
    // The file ends with huge pages and, on x86, the direct map (fs/proc/meminfo.c).
    damage.AddIf(!Has("Hugepagesize") && !Has("DirectMap4k"), "its last lines are missing");
    damage.AddIf(cut_, "a value is cut");
    damage.StoreIn(event);
    event.rows.push_back(std::make_unique<RowsOf<ProcValue>>(std::move(values_)));
  }

 private:
  bool Has(std::string_view name) const {
    for (const ProcValue& value : values_) {
      if (value.name == name) return true;
    }
    return false;
  }

  std::vector<ProcValue> values_;
  bool cut_ = false;
};

bool StartsMeminfo(const LogLine& line) {
  std::string_view text = line.text;
  const std::optional<ProcValue> value = ConsumeValue(text);
  return value && value->name == "MemTotal" && value->unit;
}

}  // namespace

RecordKind MeminfoKind() {
  return {.name = "meminfo", .openers = {{"MemTotal:", StartsMeminfo, false}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<MeminfoBlock>());
          }};
}

}  // namespace kautopsy
