// /proc/swaps as people paste it, or as a file (mm/swapfile.c, swap_show()):
//   Filename                                Type            Size    Used    Priority
//   /dev/dm-1                               partition       4194300 12      -2
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxValues = 3 * 32;  // MAX_SWAPFILES is below 32

bool IsColumns(std::string_view text) {
  static const LogPattern kPattern(R"(Filename\s+Type\s+Size\s+Used\s+Priority)");
  return text.starts_with("Filename") && Matches(text, kPattern);
}

class SwapsBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (line.prefixed) return Claim::kNone;
    if (IsColumns(line.text)) {
      if (columns_) return Claim::kConflict;
      columns_ = true;
      return Claim::kTaken;
    }
    static const LogPattern kPattern(R"((\S.*?)\s+(?:partition|file)\s+(\d+)\s+(\d+)\s+(-?\d+))");
    const auto groups = MatchAll<4>(line.text, kPattern);
    if (!columns_ || !groups || line.cut || values_.size() >= kMaxValues) return Claim::kNone;
    const auto& [file, size, used, priority] = *groups;
    Add(file, ".size", size, "kB", line);
    Add(file, ".used", used, "kB", line);
    Add(file, ".priority", priority, std::nullopt, line);
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/swaps";
    event.complete = true;  // a machine without swap has the first line only
    AddRows(event, std::move(values_));
  }

 private:
  void Add(std::string_view file, std::string_view column, std::string_view number, Text unit,
           const LogLine& line) {
    ProcValue value;
    value.name = std::string(file) + std::string(column);
    value.value = static_cast<double>(ParseInteger(number).value_or(0));
    value.unit = std::move(unit);
    value.log_line = static_cast<int64_t>(line.place.line);
    values_.push_back(std::move(value));
  }

  bool columns_ = false;
  std::vector<ProcValue> values_;
};

bool StartsSwaps(const LogLine& line) { return IsColumns(line.text); }

}  // namespace

RecordKind SwapsKind() {
  return {.name = "swaps", .openers = {{"Filename", StartsSwaps, true}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<SwapsBlock>());
          }};
}

}  // namespace kautopsy
