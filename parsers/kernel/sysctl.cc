// Values that sysctl(8) prints, or that stand in /etc/sysctl.conf:
//   vm.min_free_kbytes = 90112
//   kernel.printk = 7	4	1	7
// Kept are those that memory and crashes depend on, as Documentation/admin-guide/sysctl/vm.rst and
// kernel.rst have them.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/input/sysctl_file.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// `sysctl -a` prints the families by name, with some thousand lines of others in between.
constexpr unsigned kMaxOtherLines = 8192;
constexpr std::size_t kMaxValues = 512;
constexpr std::size_t kMostNumbers = 16;  // of one name: lowmem_reserve_ratio has one per zone

bool HasShape(std::string_view text) {
  static const LogPattern kPattern(R"re([a-z][\w-]*\.[\w./:@-]*\s*=.*|[#;].*|sysctl: .*)re");
  return Matches(text, kPattern);
}

Text UnitOf(std::string_view name) {
  if (name.ends_with("_kbytes")) return "kB";
  if (name.ends_with("_bytes")) return "B";
  return std::nullopt;
}

// SHMMAX is ULONG_MAX less 16 MiB (include/uapi/linux/shm.h), more than an Integer holds.
double ValueOf(std::string_view word, int64_t number) {
  const bool wrapped = number < 0 && !word.starts_with('-');
  return wrapped ? static_cast<double>(static_cast<uint64_t>(number)) : static_cast<double>(number);
}

// The numbers of one line; none if it is not one of the lines above.
std::vector<ProcValue> ParseLine(const LogLine& line) {
  static const LogPattern kPattern(R"re(((?:vm|kernel)\.[\w-]+)\s*=\s*(-?\d+(?:\s+-?\d+)*))re");
  std::vector<ProcValue> values;
  const auto groups = MatchAll<2>(line.text, kPattern);
  if (line.prefixed || line.cut || !groups) return values;
  std::string name((*groups)[0]);
  if (std::ranges::find(SysctlNames(), name) == SysctlNames().end()) return values;
  std::string numbers((*groups)[1]);
  std::ranges::replace(numbers, '\t', ' ');
  std::string_view rest = numbers;
  for (std::string_view word = ConsumeWord(rest); !word.empty(); word = ConsumeWord(rest)) {
    const Integer number = ParseInteger(word);
    if (!number || values.size() >= kMostNumbers) return {};
    ProcValue value;
    value.name = name + "." + std::to_string(values.size());
    value.value = ValueOf(word, *number);
    value.unit = UnitOf(name);
    value.log_line = static_cast<int64_t>(line.place.line);
    values.push_back(std::move(value));
  }
  if (values.size() == 1) values.front().name = name;
  return values;
}

class SysctlBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (ended_) return Claim::kNone;
    std::vector<ProcValue> read = ParseLine(line);
    if (read.empty() || values_.size() + read.size() > kMaxValues) {
      cut_ = cut_ || line.cut;  // it may have been one
      ended_ = line.prefixed || !HasShape(line.text);
      return Claim::kNone;
    }
    const auto same = std::ranges::find(values_, read.front().name, &ProcValue::name);
    if (same != values_.end()) return Claim::kConflict;  // asked for again
    values_.insert(values_.end(), read.begin(), read.end());
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    const std::string& first = *values_.front().name;
    event.title = values_.size() == 1 ? "sysctl " + first : std::string("sysctl");
    Damage damage;
    damage.AddIf(cut_, "its last lines are missing");
    damage.StoreIn(event);
    AddRows(event, std::move(values_));
  }

 private:
  std::vector<ProcValue> values_;
  bool ended_ = false;
  bool cut_ = false;
};

bool StartsSysctl(const LogLine& line) { return !ParseLine(line).empty(); }

std::vector<Opener> Openers() {
  std::vector<Opener> openers;
  for (const std::string_view name : SysctlNames()) openers.push_back({name, StartsSysctl, true});
  return openers;
}

}  // namespace

RecordKind SysctlKind() {
  return {.name = "sysctl",
          .openers = Openers(),
          .open = [] { return std::unique_ptr<Block>(std::make_unique<SysctlBlock>()); },
          .max_foreign_lines = kMaxOtherLines};
}

}  // namespace kautopsy
