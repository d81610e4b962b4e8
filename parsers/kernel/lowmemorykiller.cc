// A kill by Android's low memory killer, which acts on the size of the page cache before the kernel
// has to:
//   lowmemorykiller: Killing 'd.play.games.ui' (2613), adj 1000,
//      to free 20784kB on behalf of 'kswapd0' (442) because
//      cache 32112kB is below limit 32384kB for oom_score_adj 1000
//      Free memory is 17432kB above reserved
// drivers/staging/android/lowmemorykiller.c, lowmem_scan(), 3.10 to 4.11; vendors add lines below.
//   lowmemorykiller: send sigkill to 378 (Usage), adj 10, size 5552
// the same until 3.9: size in pages.
//   lowmemorykiller: Kill 'com.example' (17933), uid 10446, oom_score_adj 0 to free 140528kB rss,
//   37404kB swap; reason: low watermark is breached
// the daemon that took its place, system/memory/lmkd, kill_one_process().
#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kName = "lowmemorykiller: ";

// `behind`, if not null, is set to what the daemon's line says behind whom it killed.
std::optional<OomKill> ParseKill(std::string_view text, std::string_view* behind = nullptr) {
  if (!ConsumePrefix(text, kName)) return std::nullopt;
  static const LogPattern kDriver(
      R"re(Killing '(.{0,15})' \((\d+)\)(?: \(tgid \d+\))?, adj (-?\d+),.*)re");
  static const LogPattern kOldDriver(
      R"re(send sigkill to (\d+) \((.{0,15})\), adj (-?\d+), size \d+.*)re");
  static const LogPattern kDaemon(
      R"re(Kill '(.{1,255})' \((\d+)\), uid (\d+), oom_(?:score_)?adj (-?\d+) (.*))re");
  OomKill kill;
  if (const auto groups = MatchAll<3>(text, kDriver)) {
    kill.comm = std::string((*groups)[0]);
    kill.pid = ParseInteger((*groups)[1]);
    kill.oom_score_adj = ParseInteger((*groups)[2]);
    return kill;
  }
  if (const auto groups = MatchAll<3>(text, kOldDriver)) {
    kill.pid = ParseInteger((*groups)[0]);
    kill.comm = std::string((*groups)[1]);
    return kill;  // its adj is the old one, -17 to 15
  }
  const auto groups = MatchAll<5>(text, kDaemon);
  if (!groups) return std::nullopt;
  if (behind) *behind = (*groups)[4];
  kill.comm = std::string((*groups)[0]);
  kill.pid = ParseInteger((*groups)[1]);
  kill.uid = ParseInteger((*groups)[2]);
  kill.oom_score_adj = ParseInteger((*groups)[3]);
  return kill;
}

// "low watermark is breached", which newer daemons print at the end of their line.
std::string DaemonsReason(std::string_view text) {
  constexpr std::string_view kReason = "; reason: ";
  const std::size_t at = text.rfind(kReason);
  return at == std::string_view::npos ? "" : std::string(text.substr(at + kReason.size()));
}

class LowmemorykillerBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (!kill_) {
      std::string_view behind;
      kill_ = ParseKill(line.text, &behind);
      if (!kill_) return Claim::kNone;
      cut_ = line.cut;
      if (!cut_) reason_ = DaemonsReason(behind);
      needs_reason_ = line.text.find("Killing '") != std::string_view::npos;
      kill_->log_line = static_cast<int64_t>(line.place.line);
      return Claim::kTaken;
    }
    static const LogPattern kBelow(
        R"re(to free -?\d+kB on behalf of '.*' \(\d+\) because|)re"
        R"re(cache -?\d+kB is below limit \d+kB for oom_score_adj -?\d+|)re"
        R"re(Free memory is -?\d+kB above reserved\.?|)re"
        R"re((?:Free CMA|Total reserve|Total free pages|Total file cache|Slab \w+|Total Slab) is -?\d+kB|)re"
        R"re(GFP mask is 0x[0-9a-f]+)re");
    const std::string_view text = TrimBlanks(line.text);  // without a prefix it is indented
    if (!needs_reason_ || !Matches(text, kBelow)) return Claim::kNone;
    if (text.starts_with("cache ") && !line.cut) reason_ = std::string(text);
    if (text.starts_with("Free memory is ") && !line.cut) ended_ = true;
    return Claim::kTaken;
  }

  bool closed() const override { return kill_ && !needs_reason_; }

  void Finish(EventRecord& event) override {
    event.comm = kill_->comm;
    event.pid = kill_->pid;
    event.title = fmt::format("low memory killer: killed {} (pid {})", *kill_->comm, *kill_->pid);
    if (!reason_.empty()) event.title += ": " + reason_;
    Damage damage;
    damage.AddIf(cut_, "the line is cut");
    damage.AddIf(needs_reason_ && (reason_.empty() || !ended_), "its reason is missing");
    damage.StoreIn(event);
    AddRows(event, std::vector<OomKill>{*std::move(kill_)});
  }

 private:
  std::optional<OomKill> kill_;
  std::string reason_;
  bool needs_reason_ = false;  // the driver tells it in the lines below
  bool ended_ = false;         // its last line; vendors' are below
  bool cut_ = false;
};

// The wording of the whole line tells it, with a prefix or without one, as it is quoted in mails.
bool IsKill(const LogLine& line) { return ParseKill(line.text).has_value(); }

}  // namespace

RecordKind LowmemorykillerKind() {
  return {.name = "userspace_kill",
          .openers = {{"lowmemorykiller: ", IsKill, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<LowmemorykillerBlock>()); },
          .max_foreign_lines = 4};
}

}  // namespace kautopsy
