// The OOM killer's report: who asked, what memory looked like, who was there, who was killed
// (mm/oom_kill.c, dump_header() and oom_kill_process()).
#include <fmt/core.h>

#include <array>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/oom.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/task_table.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `oom_report`.
struct OomReport {
  Text invoker_comm;
  Integer invoker_pid;
  Integer gfp_mask;
  Text gfp_flags;  // names, if the kernel printed them
  Integer order;
  Integer oom_score_adj;
  Integer oom_adj;
  Text nodemask;
  Text cpuset;
  Text mems_allowed;
  Integer chosen_pid;
  Text chosen_comm;
  Text outcome;  // killed or unknown
  Text workload_kind;
  Text workload;
  Text kernel_release;
  Text hardware;
  Text trigger;
  Integer tasks;
  Integer tasks_rss_pages;
  Integer tasks_rss_kb;

  static constexpr std::string_view kRelation = "oom_report";
  static std::span<const Field<OomReport>> Fields() {
    using F = Field<OomReport>;
    static constexpr std::array fields = {F("invoker_comm", &OomReport::invoker_comm),
                                          F("invoker_pid", &OomReport::invoker_pid),
                                          F("gfp_mask", &OomReport::gfp_mask),
                                          F("gfp_flags", &OomReport::gfp_flags),
                                          F("order", &OomReport::order),
                                          F("oom_score_adj", &OomReport::oom_score_adj),
                                          F("oom_adj", &OomReport::oom_adj),
                                          F("nodemask", &OomReport::nodemask),
                                          F("cpuset", &OomReport::cpuset),
                                          F("mems_allowed", &OomReport::mems_allowed),
                                          F("chosen_pid", &OomReport::chosen_pid),
                                          F("chosen_comm", &OomReport::chosen_comm),
                                          F("outcome", &OomReport::outcome),
                                          F("workload_kind", &OomReport::workload_kind),
                                          F("workload", &OomReport::workload),
                                          F("kernel_release", &OomReport::kernel_release),
                                          F("hardware", &OomReport::hardware),
                                          F("trigger", &OomReport::trigger),
                                          F("tasks", &OomReport::tasks),
                                          F("tasks_rss_pages", &OomReport::tasks_rss_pages),
                                          F("tasks_rss_kb", &OomReport::tasks_rss_kb)};
    return fields;
  }
};

constexpr std::string_view kInvoked = " invoked oom-killer: ";

// What follows those words; the fields come in all versions' sets.
const LogPattern& RequestPattern() {
  static const LogPattern kPattern(
      R"re(gfp_mask=0x([0-9a-f]+)(?:\(([^)]*)\))?(?:, nodemask=(\S*?))?, +order=(-?\d+))re"
      R"re((?:, (?:oom_adj|oomkilladj)=(-?\d+))?(?:, oom_score_adj=(-?\d+))?)re");
  return kPattern;
}

bool IsHeader(const LogLine& line) {
  const std::optional<CommLine> head = SplitAtWords(line.text, kInvoked);
  return head && Matches(head->rest, RequestPattern());
}

bool IsTableHeader(const LogLine& line) { return IsTaskTableHeader(line.text); }

// The report's first lines: the header and, until 4.20, the requester's cpuset.
class HeaderSection : public Section {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = OfferHeader(line.text);
    return claim == Claim::kNone ? OfferCpuset(line.text) : claim;
  }
  bool seen() const { return report_.order.has_value(); }
  const std::string& comm() const { return *report_.invoker_comm; }
  OomReport TakeReport() { return std::move(report_); }

 private:
  // The comm is the requester's, not the victim's.
  Claim OfferHeader(std::string_view text) {
    const std::optional<CommLine> head = SplitAtWords(text, kInvoked);
    if (!head) return Claim::kNone;
    const auto groups = MatchAll<6>(head->rest, RequestPattern());
    if (!groups) return Claim::kNone;
    if (seen()) return Claim::kConflict;
    const auto& [mask, flags, nodemask, order, oom_adj, oom_score_adj] = *groups;
    OomReport read;
    read.invoker_comm = std::string(head->comm);
    read.gfp_mask = ParseHex(mask);
    read.gfp_flags = TextOf(flags);
    read.nodemask = TextOf(nodemask);
    read.order = ParseInteger(order);
    read.oom_adj = ParseInteger(oom_adj);
    read.oom_score_adj = ParseInteger(oom_score_adj);
    read.cpuset = report_.cpuset;
    read.mems_allowed = report_.mems_allowed;
    report_ = std::move(read);
    return Claim::kTaken;
  }

  Claim OfferCpuset(std::string_view text) {
    const std::optional<CommLine> head = SplitAtWords(text, " cpuset=");
    if (!head) return Claim::kNone;
    static const LogPattern kPattern(R"re((.*) mems_allowed=(\S*))re");
    const auto groups = MatchAll<2>(head->rest, kPattern);
    if (!groups) return Claim::kNone;
    const auto& [cpuset, mems_allowed] = *groups;
    if (seen() && head->comm != *report_.invoker_comm) return Claim::kNone;
    if (report_.cpuset) return Claim::kConflict;
    report_.cpuset = std::string(cpuset);
    report_.mems_allowed = std::string(mems_allowed);
    return Claim::kTaken;
  }

  OomReport report_;
};

class OomBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const bool headless = !header_.seen();
    const Claim claim = sections_.Offer(line);
    if (headless && header_.seen()) process_.Expect(header_.comm());
    return claim;
  }

  void Finish(EventRecord& event) override {
    SetPageSize(event);
    if (IsMemInfoAlone()) {
      FinishMemInfo(event);
      return;
    }
    event.kind = "oom";
    NoteMissing(event);
    OomReport report = header_.TakeReport();
    report.invoker_pid = process_.pid();
    report.kernel_release = process_.release();
    report.hardware = process_.hardware();
    report.chosen_pid = kill_.chosen_pid();
    report.chosen_comm = kill_.chosen_comm();
    report.outcome = kill_.kills().empty() ? "unknown" : "killed";
    if (!kill_.kills().empty()) {
      const OomKill& kill = kill_.kills().front();
      report.workload = GuestOfComm(*kill.comm);
      if (report.workload) report.workload_kind = "guest";
      if (!report.chosen_pid) report.chosen_pid = kill.pid;
      if (!report.chosen_comm) report.chosen_comm = kill.comm;
    }
    if (AskedBySysRq(report.order)) report.trigger = "sysrq";
    if (table_.has_header()) report.tasks = static_cast<int64_t>(table_.tasks().size());
    report.tasks_rss_pages = table_.rss_pages();
    if (report.tasks_rss_pages && event.page_size_kb)
      report.tasks_rss_kb = *report.tasks_rss_pages * *event.page_size_kb;
    event.comm = report.invoker_comm ? report.invoker_comm : process_.comm();
    event.pid = process_.pid();
    event.kernel_release = process_.release();
    event.title = Title(report);
    event.rows.push_back(
        std::make_unique<RowsOf<OomReport>>(std::vector<OomReport>{std::move(report)}));
    trace_.AddTo(event);
    mem_info_.AddTo(event);
    table_.AddTo(event);
    kill_.AddTo(event);
  }

 private:
  bool IsMemInfoAlone() const {
    return !header_.seen() && !process_.seen() && trace_.empty() && !table_.has_header() &&
           kill_.kills().empty() && !kill_.announced();
  }

  // SysRq-f asks with order -1 since 4.3, before with 0 (drivers/tty/sysrq.c, moom_callback()).
  bool AskedBySysRq(const Integer& order) const {
    return order == -1 || trace_.Holds("sysrq_handle_moom") || trace_.Holds("moom_callback") ||
           trace_.Holds("write_sysrq_trigger");
  }

  void FinishMemInfo(EventRecord& event) {
    event.kind = "mem_info";
    event.title = "memory report [Mem-Info]";
    if (const Integer free_pages = mem_info_.free_pages()) {
      event.title += fmt::format(", {} pages free", *free_pages);
    }
    Damage damage;
    mem_info_.NoteMissing(damage);
    damage.StoreIn(event);
    mem_info_.AddTo(event);
  }

  // From the free lists, else from a size that the kill line gives in kB and the table in pages.
  void SetPageSize(EventRecord& event) const {
    mem_info_.SetPageSize(event);
    if (event.page_size_kb || kill_.kills().empty()) return;
    const OomKill& kill = kill_.kills().front();
    for (const Task& task : table_.tasks()) {
      if (task.pid != kill.pid || !kill.total_vm_kb || task.total_vm_pages.value_or(0) <= 0)
        continue;
      const int64_t page_kb = *kill.total_vm_kb / *task.total_vm_pages;
      if (page_kb * *task.total_vm_pages != *kill.total_vm_kb) return;
      event.page_size_kb = page_kb;
      event.page_size_from = "kill_line";
    }
  }

  void NoteMissing(EventRecord& event) const {
    Damage damage;
    damage.AddIf(!header_.seen(), "no header: who asked, and for what, is lost");
    damage.AddIf(!process_.seen(), "no process line");
    damage.AddIf(trace_.empty(), "no call trace");
    if (mem_info_.empty())
      damage.AddIf(true, "no Mem-Info");
    else
      mem_info_.NoteMissing(damage);
    damage.AddIf(table_.tasks().empty(), "no process table");
    damage.AddIf(!table_.has_header() && !table_.tasks().empty(), "no header of the process table");
    damage.AddIf(kill_.kills().empty(), "no kill line");
    damage.StoreIn(event);
  }

  std::string Title(const OomReport& report) const {
    if (!kill_.kills().empty()) {
      const OomKill& kill = kill_.kills().front();
      return fmt::format("OOM killer: killed {} (pid {})", *kill.comm, *kill.pid);
    }
    if (report.invoker_comm) return fmt::format("OOM killer: called by {}", *report.invoker_comm);
    return "OOM killer: part of a report";
  }

  HeaderSection header_;
  ProcessLineSection process_;
  CallTraceSection trace_;
  MemInfoSection mem_info_;
  TaskTableSection table_;
  KillSection kill_;
  SectionList sections_{&table_, &mem_info_, &trace_, &header_, &process_, &kill_};
};

}  // namespace

std::unique_ptr<Block> NewOomBlock() { return std::make_unique<OomBlock>(); }

RecordKind OomKind() {
  return {.name = "oom",
          .openers = {{"invoked oom-killer", IsHeader, false},
                      {" total_vm ", IsTableHeader, true},
                      {"Out of memory", IsKillLine, true},
                      {"out of memory: Kill", IsKillLine, true},
                      {"Killed process", IsKillLine, true}},
          .open = NewOomBlock,
          .max_foreign_lines = 200};
}

}  // namespace kautopsy
