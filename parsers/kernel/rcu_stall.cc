#include "parsers/kernel/rcu_stall.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxStalls = 8192;  // NR_CPUS, and as many tasks

// Lines of which nothing but their text is kept: print_other_cpu_stall(), rcu_check_gp_kthread_*(),
// rcu_dump_cpu_stacks(), sparc's and powerpc's backtraces of other CPUs.
constexpr auto kHeads = std::to_array<std::string_view>(
    {"All QSes seen, ", "Unless ", "RCU grace-period kthread stack dump:",
     "Stack dump where RCU GP kthread last ran:", "Possible timer handling issue on cpu=",
     "Task dump for CPU ", "blocking rcu_node structures", "INFO: Stall ended before state dump",
     "Offline CPU ", "(", "{", "last_accelerate: ", "hrtimer: ", "CPU[", "TPC[", "number: "});

}  // namespace

std::span<const Field<RcuStall>> RcuStall::Fields() {
  using F = Field<RcuStall>;
  static constexpr std::array fields = {F("cpu", &RcuStall::cpu), F("pid", &RcuStall::pid),
                                        F("state", &RcuStall::state),
                                        F("log_line", &RcuStall::log_line)};
  return fields;
}

// "(detected by 17, t=60002 jiffies, ...": that CPU does not stall.
void RcuStallSection::NoteDetector(std::string_view text) {
  constexpr std::string_view kWords = "(detected by ";
  const std::size_t at = text.find(kWords);
  if (at >= text.size() || detector_) return;
  text.remove_prefix(at + kWords.size());
  detector_ = ConsumeInteger(text);
}

bool RcuStallSection::TakeCpu(const LogLine& line, std::string_view text) {
  static const LogPattern kPattern(R"re((\d+)(?:-[\w.!?+]+)?: (\(.*))re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return false;
  if (line.cut || stalls_.size() >= kMaxStalls) return true;
  const Integer cpu = ParseInteger((*groups)[0]);
  if (!cpu_) cpu_ = cpu;
  stalls_.push_back({.cpu = cpu,
                     .pid = std::nullopt,
                     .state = std::string(text.substr((*groups)[0].size())),
                     .log_line = static_cast<int64_t>(line.place.line)});
  std::string& state = *stalls_.back().state;
  state.erase(0, state.find_first_not_of("-: "));
  return true;
}

// "P4321/1:b..l P4322": pid, nesting depth, and letters for what it holds.
bool RcuStallSection::TakeTasks(const LogLine& line, std::string_view text) {
  if (!ConsumePrefix(text, "Tasks blocked on level-")) return false;
  const std::size_t colon = text.find("):");
  if (colon == std::string_view::npos) return true;
  text.remove_prefix(colon + 2);
  while (!(text = TrimBlanks(text)).empty() && stalls_.size() < kMaxStalls) {
    const std::string_view word = ConsumeWord(text);
    std::string_view number = word;
    if (!ConsumePrefix(number, "P") || (line.cut && text.empty())) break;
    stalls_.push_back({.cpu = std::nullopt,
                       .pid = ConsumeInteger(number),
                       .state = std::string(word),
                       .log_line = static_cast<int64_t>(line.place.line)});
  }
  return true;
}

bool RcuStallSection::IsStalled(const Integer& cpu) const {
  if (!cpu) return true;
  bool any = false;
  for (const RcuStall& stall : stalls_) {
    if (stall.cpu == cpu) return true;
    any = any || stall.cpu;
  }
  return !any && cpu != detector_;
}

void RcuStallSection::TakeHead(const LogLine& line) {
  NoteDetector(line.text);
  const std::size_t begin = line.text.find(" { ");
  const std::size_t end = line.text.find('}', std::min(begin, line.text.size()));
  if (end >= line.text.size()) return;
  std::string_view list = line.text.substr(begin + 3, end - begin - 3);
  while (!(list = TrimBlanks(list)).empty() && stalls_.size() < kMaxStalls) {
    std::string_view number = ConsumeWord(list);
    number = number.substr(0, number.find('-'));  // "4-...." and letters for its state
    RcuStall stall{.cpu = std::nullopt,
                   .pid = std::nullopt,
                   .state = std::nullopt,
                   .log_line = static_cast<int64_t>(line.place.line)};
    const bool task = ConsumePrefix(number, "P");
    (task ? stall.pid : stall.cpu) = ParseInteger(number);
    if (stall.cpu || stall.pid) stalls_.push_back(std::move(stall));
  }
}

Claim RcuStallSection::Offer(const LogLine& line) {
  std::string_view text = line.text;
  ConsumePrefix(text, "rcu:");
  text = TrimBlanks(text);
  if (TakeCpu(line, text) || TakeTasks(line, text)) return Claim::kTaken;
  static const LogPattern kStarved(
      R"re(\w+ kthread (?:starved for \d+ jiffies!|timer wakeup didn't happen for \d+).*)re");
  static const LogPattern kJiffies(R"re(.*\bt=(\d+) jiffies.*)re");
  NoteDetector(text);
  const bool head = std::any_of(kHeads.begin(), kHeads.end(),
                                [&](std::string_view word) { return text.starts_with(word); });
  if (!head) return Matches(text, kStarved) ? Claim::kTaken : Claim::kNone;
  if (const auto groups = MatchAll<1>(text, kJiffies); groups && !jiffies_ && !line.cut)
    jiffies_ = ParseInteger((*groups)[0]);
  return Claim::kTaken;
}

}  // namespace kautopsy
