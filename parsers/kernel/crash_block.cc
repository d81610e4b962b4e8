#include "parsers/kernel/crash_block.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/crash.h"
#include "parsers/kernel/crash_detail.h"
#include "parsers/kernel/crash_heads.h"
#include "parsers/kernel/crash_notes.h"
#include "parsers/kernel/crash_place.h"
#include "parsers/kernel/crash_symbols.h"
#include "parsers/kernel/crash_task.h"
#include "parsers/kernel/main_trace.h"
#include "parsers/kernel/module_list.h"
#include "parsers/kernel/rcu_stall.h"
#include "parsers/kernel/taint.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr unsigned kMaxMessageLines = 4;  // of a WARN() with line feeds in its text
constexpr std::size_t kKeyFrames = 3;

// Numbers and addresses differ from crash to crash.
std::string WithoutNumbers(std::string text) {
  static const LogPattern kNumbers(R"re(\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b)re");
  RE2::GlobalReplace(&text, kNumbers, "#");
  return text;
}

class CrashBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = ended_ ? OfferBehindEnd(line) : OfferPart(line);
    more_lines_ = claim != Claim::kTaken && !line.cut;
    return more_lines_ && IsOver() ? Claim::kConflict : claim;
  }

  bool closed() const override { return ended_ && (IsKind("warning") || IsKind("panic")); }

  void Finish(EventRecord& event) override {
    NoteMissing(event);
    Crash crash = Describe();
    event.kind = *crash.kind;
    event.title = *crash.title;
    event.comm = crash.comm;
    event.pid = crash.pid;
    event.kernel_release = task_.release();
    if (crash.taint) AddRows(event, DecodeTaint(*crash.taint));
    event.rows.insert(event.rows.begin(),
                      std::make_unique<RowsOf<Crash>>(std::vector<Crash>{std::move(crash)}));
    rcu_.AddTo(event);
    task_.AddTo(event);
    trace_.AddTo(event);
    modules_.AddTo(event);
  }

 private:
  bool IsKind(std::string_view kind) const { return heads_.IsKind(kind); }
  bool InHead() const { return !task_.seen() && trace_.empty() && !modules_.seen(); }

  Claim OfferPart(const LogLine& line) {
    if (!heads_.Main().kind.empty() && OfferEnd(line) == Claim::kTaken) return Claim::kTaken;
    const bool behind_head = std::exchange(behind_head_, false);
    if (std::optional<CrashHead> head = ParseCrashHead(line.text)) {
      if (behind_head && heads_.IsRepeated(line)) return Claim::kTaken;
      if (line.cut) head->message.reset();
      if (!InHead() || !heads_.Fits(*head)) return Claim::kNone;  // another record's
      TakeHead(std::move(*head), line);
      return Claim::kTaken;
    }
    const bool behind_warning = std::exchange(message_may_follow_, false);
    // The place that follows is a stack of one frame (kernel/sched/core.c, since 4.12).
    if (line.text.starts_with("Preemption disabled at")) {
      trace_.Begin(std::nullopt, std::nullopt);
      main_trace_is_last_ = true;
      frames_above_place_ = trace_.frames().size();
    }
    if (IsKind("lockdep")) {
      if (line.text == "stack backtrace:") main_trace_is_last_ = true;
      if (line.text.starts_with("-> #") || line.text.ends_with(" at:")) where_taken_ = true;
    }
    Claim claim = OfferTask(line, behind_warning);
    // 2.6.32 prints the list twice in a soft lockup.
    if (line.text.starts_with("Modules linked in:") && modules_.seen() && !other_cpu_ &&
        !IsKind("soft_lockup"))
      mixed_ = true;
    if (claim == Claim::kNone) claim = modules_.Offer(line);
    if (claim == Claim::kNone && IsKind("rcu_stall")) claim = rcu_.Offer(line);
    if (claim == Claim::kNone && IsKind("hung_task")) claim = OfferBlocker(line);
    notes_.Look(line, heads_.Main().kind);
    if (claim == Claim::kNone) claim = OfferTrace(line);
    if (claim == Claim::kNone && IsDetail(line.text)) claim = Claim::kTaken;
    if (claim == Claim::kNone) claim = OfferMessage(line, behind_warning);
    return claim;
  }

  // Registers, a trace's header or its frames.
  Claim OfferTrace(const LogLine& line) {
    const Claim registers = place_.Offer(line);
    if (line.text.starts_with("TSTATE: ")) sparc_ = true;
    if (line.text.starts_with("Code: ") && !trace_.empty()) code_behind_trace_ = !line.cut;
    if (registers == Claim::kTaken) return registers;
    OfferStackHeader(line.text);
    const Claim claim = trace_.Offer(line);
    if (claim == Claim::kTaken) place_.EndRegisters();
    return claim;
  }

  // Headers of stacks other than "Call Trace:"; the line itself is a detail.
  void OfferStackHeader(std::string_view text) {
    static const LogPattern kTask(
        R"re((?:Allocated|Freed|allocated|freed) by task (\d+)(?: .*)?:?|[a-z-]+(?: \(marked\))? to 0x.* by task (\d+) on cpu \d+:|task:.* pid: *(\d+) .*)re"
        R"re(|(?:Last potentially related work creation|Second to last .*|(?:INFO: )?(?:Allocated|Freed) in .*):?)re");
    if (const auto groups = MatchAll<3>(text, kTask); groups && !IsKind("hung_task")) {
      const auto& [owner, racer, task] = *groups;
      trace_.Begin(std::nullopt, ParseInteger(!owner.empty()   ? owner
                                              : !racer.empty() ? racer
                                                               : task));
    } else if (IsKind("lockdep") && text.starts_with("-> #")) {
      trace_.Begin(std::nullopt, std::nullopt);
    }
  }

  bool IsDetail(std::string_view text) const {
    return IsCrashDetail(text) || (IsKind("lockdep") && IsLockdepDetail(text));
  }

  void TakeHead(CrashHead head, const LogLine& line) {
    if (head.kind == "rcu_stall") rcu_.TakeHead(line);
    if (head.pointer_follows) place_.ExpectPointer();
    message_may_follow_ = head.kind == "warning";
    heads_.Take(std::move(head), line);
    behind_head_ = true;
    if (heads_.Main().pid) task_.Expect(heads_.Main().pid);
    // Some print their stacks without a header.
    if (IsKind("sanitizer")) trace_.Begin(std::nullopt, std::nullopt);
  }

  // "---[ end trace 82bc89f843561a39 ]---" (kernel/panic.c, print_oops_end_marker(), since 2.6.25),
  // "---[ end Kernel panic - not syncing: Fatal exception ]---" (since 3.15), the ruler below the
  // sanitizers' reports.
  Claim OfferEnd(const LogLine& line) {
    const std::string_view text = line.text;
    const bool ruler = IsKind("sanitizer") && text.starts_with("======================");
    if (ruler || text.starts_with("---[ end trace ") || text.starts_with("---[ end Kernel panic"))
      ended_ = end_seen_ = true;
    else if (IsKind("panic") &&
             (text.starts_with("Kernel Offset: ") || text.starts_with("Rebooting in ")))
      end_seen_ = true;
    else
      return Claim::kNone;
    return Claim::kTaken;
  }

  // Below the end the registers may be printed again, and what became of the process.
  Claim OfferBehindEnd(const LogLine& line) {
    static const LogPattern kNote(
        R"re(note: .{0,15}\[\d+\] exited with .*|Fixing recursive fault but reboot is needed!)re");
    if (Matches(line.text, kNote)) return Claim::kTaken;
    if (!registers_again_) return Claim::kNone;
    if (place_.Offer(line) == Claim::kTaken) return Claim::kTaken;
    registers_again_ = false;
    return Claim::kNone;
  }

  Claim OfferTask(const LogLine& line, bool behind_warning) {
    static const LogPattern kBacktrace(
        R"re(NMI backtrace for cpu (\d+)(?: .*)?|CPU(\d+): stopping)re");
    if (const auto groups = MatchAll<2>(line.text, kBacktrace)) {
      const auto& [nmi, stopping] = *groups;
      trace_.Begin(ParseInteger(nmi.empty() ? stopping : nmi), std::nullopt);
      other_cpu_ = true;
      return Claim::kTaken;
    }
    if (other_cpu_ || IsKind("hung_task")) {
      if (const std::optional<ProcessLine> other = ParseProcessLine(line.text)) {
        trace_.Begin(other->cpu, other->pid);
        if (IsKind("rcu_stall") && rcu_.IsStalled(other->cpu)) task_.Offer(line);
        return Claim::kTaken;
      }
      if (line.text.starts_with("Hardware name: ")) {
        if (IsKind("rcu_stall")) task_.Offer(line);
        return Claim::kTaken;
      }
    }
    if (line.text.starts_with("Hardware name: ")) message_may_follow_ = behind_warning;
    if (IsKind("rcu_stall")) {
      // Who detected the stall may print a stack of its own, too.
      const std::optional<ProcessLine> who = ParseProcessLine(line.text);
      if (who && !rcu_.IsStalled(who->cpu)) {
        trace_.Begin(who->cpu, who->pid);
        return Claim::kTaken;
      }
    }
    return task_.Offer(line);
  }

  // "INFO: task a:1 is blocked on a mutex, but the owner is not found." (kernel/hung_task.c,
  // debug_show_blocker(), since 6.16) belongs to the report of that task.
  Claim OfferBlocker(const LogLine& line) const {
    static const LogPattern kPattern(
        R"re(INFO: task .{0,15}:(\d+)(?: <\w+>)? (?:is )?blocked on an? .*)re");
    const auto groups = MatchAll<1>(line.text, kPattern);
    return groups && ParseInteger((*groups)[0]) == heads_.Main().pid ? Claim::kTaken : Claim::kNone;
  }

  // The text of WARN() stands above the WARNING: line since 4.14, below it before.
  Claim OfferMessage(const LogLine& line, bool behind_warning) {
    const bool below = behind_warning && heads_.has_cause() && !heads_.message();
    if (line.cut || line.time.has_value() != heads_.dated() || !InHead() ||
        !(heads_.AwaitsCause() || below))
      return Claim::kNone;
    if (message_lines_ >= kMaxMessageLines) return Claim::kNone;
    ++message_lines_;
    if (!heads_.message()) heads_.SetMessage(std::string(line.text));
    return Claim::kTaken;
  }

  MainTrace Main() const { return FindMainTrace(trace_.frames(), main_trace_is_last_); }

  bool NamesCauseByTrace() const {
    return !place_.seen() &&
           (IsKind("bug") || IsKind("panic") || IsKind("hung_task") || IsKind("bad_page") ||
            IsKind("oops") || IsKind("gpf") || IsKind("soft_lockup") || IsKind("sanitizer") ||
            (IsKind("lockdep") && main_trace_is_last_));
  }

  Crash Describe() const {
    const CrashHead& head = heads_.Main();
    const std::optional<CrashHead>& die = heads_.die();
    Crash crash;
    crash.kind = std::string(head.kind);
    const CrashHead& named = !head.pid && die && die->pid ? *die : head;
    crash.comm = named.comm ? named.comm : task_.comm();
    crash.pid = named.pid ? named.pid : task_.pid();
    if (!crash.pid && notes_.pid) {
      crash.comm = notes_.comm;
      crash.pid = notes_.pid;
    }
    crash.cpu = head.cpu ? head.cpu : task_.cpu();
    if (!crash.cpu) crash.cpu = rcu_.cpu();
    if (!crash.cpu) crash.cpu = notes_.cpu;
    crash.taint = task_.taint() ? task_.taint() : head.taint;
    crash.seconds = head.seconds;
    crash.jiffies = rcu_.jiffies() ? rcu_.jiffies() : head.jiffies;
    crash.fault_address = head.fault_address;
    if (!crash.fault_address) crash.fault_address = notes_.fault_address;
    if (!crash.fault_address && die) crash.fault_address = die->fault_address;
    if (!crash.fault_address && heads_.has_cause() &&
        head.title.starts_with("BUG: unable to handle kernel"))
      crash.fault_address = place_.FaultAddress();
    crash.file = head.file ? head.file : notes_.file;
    crash.line = head.file ? head.line : notes_.line;
    crash.message = heads_.message() ? heads_.message() : notes_.message;
    crash.registers = place_.RegistersJson();
    crash.code = place_.code();
    if (die) crash.oops_count = die->oops_count;
    crash.blocker_comm = notes_.blocker_comm;
    crash.blocker_pid = notes_.blocker_pid;
    crash.hardware = task_.hardware();
    DescribePlace(head, crash);
    return crash;
  }

  void DescribePlace(const CrashHead& head, Crash& crash) const {
    const std::vector<CallFrame>& frames = trace_.frames();
    auto [next, end] = Main();  // the first frame that belongs to the key
    crash.ip_symbol = head.symbol ? head.symbol : place_.place().symbol;
    crash.ip_module = head.symbol ? head.module : place_.place().module;
    if (!crash.ip_symbol) {
      crash.ip_symbol = notes_.symbol;
      crash.ip_module = notes_.module;
    }
    if (!crash.ip_symbol && NamesCauseByTrace() &&
        (next = FindCause(frames, Main(), IsKind("soft_lockup"))) < end) {
      crash.ip_symbol = frames[next].symbol;
      crash.ip_module = frames[next].module;
    }
    std::string title = head.title;
    if (head.names_function && crash.ip_symbol)
      title += " in " + std::string(BaseName(*crash.ip_symbol));
    else if (crash.file && head.names_function)
      title += " at " + *crash.file;
    crash.title = title;
    Hasher key;
    key.Add(*crash.kind + " " + WithoutNumbers(title));
    for (std::size_t taken = 0; next < end && taken < kKeyFrames; ++next) {
      if (frames[next].reliable != 1) continue;
      key.Add(" ");
      key.Add(BaseName(*frames[next].symbol));
      ++taken;
    }
    crash.dedup_key = key.Hex();
  }

  // The log goes on behind a record that has no mark of its end: nothing can follow that is its
  // own.
  bool IsOver() const {
    const bool of_many_cpus =
        IsKind("rcu_stall") || IsKind("soft_lockup") || IsKind("hard_lockup") || IsKind("panic");
    return !HasEndMark() && !of_many_cpus && !trace_.empty() &&
           IsBottom(*trace_.frames().back().symbol);
  }

  // Older kernels and sparc print no mark at the end of a report.
  bool HasEndMark() const {
    if (!(heads_.die() || IsKind("warning"))) return IsKind("sanitizer") || IsKind("panic");
    if (sparc_ || !task_.release()) return false;
    std::string_view minor = *task_.release();
    if (!ConsumePrefix(minor, "2.6.")) return true;
    return ConsumeInteger(minor).value_or(0) >= 26;
  }

  bool TraceEnded() const {
    if (end_seen_ || code_behind_trace_) return true;
    const std::vector<CallFrame>& frames = trace_.frames();
    const auto is_bottom = [](const CallFrame& frame) { return IsBottom(*frame.symbol); };
    // Of one stack: that the log goes on with others' lines does not show that no frame was lost.
    if (heads_.Main().has_stack &&
        (IsKind("hung_task") || IsKind("bad_page") || IsKind("hard_lockup") ||
         IsKind("soft_lockup") || IsKind("bug")))
      return std::any_of(frames.begin(), frames.end(), is_bottom);
    return more_lines_ || (!frames.empty() && is_bottom(frames.back()));
  }

  // The trace that the report is about, of which nothing is left.
  bool LacksTrace() const {
    const std::size_t frames = trace_.frames().size();
    if (frames_above_place_) return frames <= *frames_above_place_ + 1;
    if (where_taken_) return !main_trace_is_last_;
    return frames == 0 && !(IsKind("rcu_stall") && (heads_.Main().jiffies || !rcu_.empty()));
  }

  void NoteMissing(EventRecord& event) const {
    const CrashHead& head = heads_.Main();
    Damage damage;
    damage.AddIf(heads_.OnlyMark(), "the line that tells what happened is lost");
    const bool names_task = task_.seen() || head.comm || IsKind("rcu_stall") || IsKind("lockdep");
    damage.AddIf(head.has_stack && !names_task, "no process line");
    damage.AddIf(head.has_stack && LacksTrace(), "no call trace");
    damage.AddIf(mixed_, "lines of another crash stand between");
    damage.AddIf(HasEndMark() ? !end_seen_ : !TraceEnded(), "its end is not in the log");
    damage.StoreIn(event);
  }

  CrashHeads heads_;
  bool behind_head_ = false;
  unsigned message_lines_ = 0;
  bool message_may_follow_ = false;

  bool ended_ = false;     // its end mark was seen
  bool end_seen_ = false;  // that, or a line that only stands near the end
  bool registers_again_ = true;
  bool more_lines_ = false;  // the log goes on behind it
  bool sparc_ = false;
  bool main_trace_is_last_ = false;
  std::optional<std::size_t> frames_above_place_;  // before "Preemption disabled at"
  bool where_taken_ = false;        // lockdep tells where locks were taken, above its own backtrace
  bool mixed_ = false;              // a second CPU's crash stands line by line in it
  bool code_behind_trace_ = false;  // x86 printed the code last until 4.15
  bool other_cpu_ = false;          // what follows is the backtrace of another CPU
  CrashNotes notes_;
  CrashTaskSection task_;
  ModuleListSection modules_;
  CrashPlaceSection place_;
  CallTraceSection trace_{CallTraceSection::Traces::kMany};
  RcuStallSection rcu_;
};

}  // namespace

std::unique_ptr<Block> NewCrashBlock() { return std::make_unique<CrashBlock>(); }

}  // namespace kautopsy
