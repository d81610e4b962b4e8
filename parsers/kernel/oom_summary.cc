#include "parsers/kernel/oom_summary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/comm.h"

namespace kautopsy {
namespace {

constexpr std::string_view kHead = "oom-kill:constraint=";

// Takes what stands before the first of `ends` off the head of `text`.
std::string_view ConsumeUntil(std::string_view& text, std::span<const std::string_view> ends) {
  std::size_t end = text.size();
  for (const std::string_view word : ends) end = std::min(end, text.find(word));
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end);
  return value;
}

// "CONSTRAINT_MEMORY_POLICY" as the column has it.
Text ConstraintKind(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKinds = {
      {{"CONSTRAINT_NONE", "none"},
       {"CONSTRAINT_CPUSET", "cpuset"},
       {"CONSTRAINT_MEMORY_POLICY", "memory_policy"},
       {"CONSTRAINT_MEMCG", "memcg"}}};
  for (const auto& [printed, kind] : kKinds) {
    if (word == printed) return std::string(kind);
  }
  return std::nullopt;
}

// ",task=java,pid=4242,uid=1000", taken off the end: a path before it may hold these words, a comm
// too.
void ConsumeTask(std::string_view& text, OomSummary& summary) {
  const std::size_t task = text.rfind(",task=");
  if (task == std::string_view::npos) return;
  std::string_view tail = text.substr(task + 6);
  const std::size_t pid = tail.rfind(",pid=");
  const std::string_view comm = tail.substr(0, pid);
  if (comm.size() > kMaxCommBytes) return;
  text = text.substr(0, task);
  summary.task = std::string(comm);
  if (pid == std::string_view::npos) return;
  tail.remove_prefix(pid + 5);
  summary.pid = ConsumeInteger(tail);
  if (ConsumePrefix(tail, ",uid=")) summary.uid = ParseInteger(tail);
}

// A path, a list or a comm may go on behind the cut; of a number the end is known to be missing.
std::string_view WithoutLastField(std::string_view text) {
  std::size_t last = 0;
  for (const std::string_view key : {",nodemask=", ",cpuset=", ",mems_allowed=", ",oom_memcg=",
                                     ",global_oom", ",task_memcg=", ",task=", ",pid=", ",uid="}) {
    const std::size_t at = text.rfind(key);
    if (at != std::string_view::npos) last = std::max(last, at);
  }
  const bool whole = text.substr(last).starts_with(",uid=") && !text.ends_with('=');
  return whole ? text : text.substr(0, last);
}

bool IsNodeList(std::string_view text) {
  return text.find_first_not_of("0123456789,-") == std::string_view::npos;
}

}  // namespace

std::optional<OomSummary> ParseOomSummary(std::string_view text, bool cut) {
  if (!ConsumePrefix(text, kHead)) return std::nullopt;
  if (cut) text = WithoutLastField(text);
  OomSummary summary;
  ConsumeTask(text, summary);
  static constexpr std::array<std::string_view, 6> kKeys = {
      ",nodemask=", ",cpuset=", ",mems_allowed=", ",oom_memcg=", ",global_oom", ",task_memcg="};
  const std::array<Text OomSummary::*, 6> columns = {&OomSummary::nodemask,
                                                     &OomSummary::cpuset,
                                                     &OomSummary::mems_allowed,
                                                     &OomSummary::oom_memcg,
                                                     nullptr,
                                                     &OomSummary::task_memcg};
  const std::span<const std::string_view> keys = kKeys;
  summary.constraint_kind = ConstraintKind(ConsumeUntil(text, keys));
  if (!summary.constraint_kind) return std::nullopt;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!ConsumePrefix(text, keys[i])) continue;
    const std::string_view value = ConsumeUntil(text, keys.subspan(i + 1));
    if (columns[i] != nullptr) summary.*columns[i] = std::string(value);
  }
  if (summary.mems_allowed && !IsNodeList(*summary.mems_allowed)) summary.mems_allowed.reset();
  return summary;
}

bool IsOomSummary(const LogLine& line) { return ParseOomSummary(line.text, line.cut).has_value(); }

Claim OomSummarySection::Offer(const LogLine& line) {
  if (line.text.starts_with(kHead)) {
    std::optional<OomSummary> read = ParseOomSummary(line.text, line.cut);
    if (!read) return Claim::kNone;
    if (seen()) return Claim::kConflict;
    summary_ = *std::move(read);
    text_ = std::string(line.text);
    return Claim::kTaken;
  }
  // The next piece begins with a key, or, where a terminal broke the line, within one.
  const bool piece = seen() && !whole() && line.text.find('=') != std::string_view::npos &&
                     (line.text.starts_with(',') || line.text.find(",pid=") < line.text.size());
  if (!piece) return Claim::kNone;
  const std::string joined = text_ + std::string(line.text);
  std::optional<OomSummary> read = ParseOomSummary(joined, line.cut);
  if (!read) return Claim::kNone;
  summary_ = *std::move(read);
  text_ = joined;
  return Claim::kTaken;
}

}  // namespace kautopsy
