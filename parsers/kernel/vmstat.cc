// /proc/vmstat as people paste it, or as a file (mm/vmstat.c, vmstat_show()): one counter per line.
#include <map>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxValues = 1024;  // 6.12 prints fewer than 200

// "nr_free_pages 24261".
std::optional<ProcValue> ParseCounter(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0 || text[0] < 'a' || text[0] > 'z')
    return std::nullopt;
  for (const char c : text.substr(0, blank)) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return std::nullopt;
  }
  const Integer number = ParseInteger(text.substr(blank + 1));
  if (!number) return std::nullopt;
  ProcValue value;
  value.name = std::string(text.substr(0, blank));
  value.value = static_cast<double>(*number);
  return value;
}

// /proc/zoneinfo has counters of the same names, indented.
bool IsAtMargin(const LogLine& line) {
  return !line.prefixed && line.raw.substr(0, 1) == line.text.substr(0, 1);
}

class VmstatBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    std::optional<ProcValue> value = IsAtMargin(line) ? ParseCounter(line.text) : std::nullopt;
    if (!value || values_.size() >= kMaxValues) return Claim::kNone;
    const auto [known, fresh] = known_.emplace(*value->name, *value->value);
    // A line that stands twice in the log is no new file.
    if (!fresh) return known->second == *value->value ? Claim::kTaken : Claim::kConflict;
    value->log_line = static_cast<int64_t>(line.place.line);
    values_.push_back(*std::move(value));
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/vmstat";
    Damage damage;
    damage.AddIf(!known_.contains("pgpgin") || !known_.contains("pgfault"),
                 "its last lines are missing");
    damage.StoreIn(event);
    AddRows(event, std::move(values_));
  }

 private:
  std::vector<ProcValue> values_;
  std::map<std::string, double> known_;
};

// The first line of the file since 2.6.20.
bool StartsVmstat(const LogLine& line) {
  return line.text.starts_with("nr_free_pages ") && IsAtMargin(line) &&
         ParseCounter(line.text).has_value();
}

}  // namespace

RecordKind VmstatKind() {
  return {.name = "vmstat", .openers = {{"nr_free_pages ", StartsVmstat, true}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<VmstatBlock>());
          }};
}

}  // namespace kautopsy
