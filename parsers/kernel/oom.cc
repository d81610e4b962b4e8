// The OOM killer's report: who asked, what memory looked like, who was there, who was killed
// (mm/oom_kill.c, dump_header() and oom_kill_process()).
#include "parsers/kernel/oom.h"

#include <fmt/core.h>

#include <map>

#include "base/row.h"
#include "parsers/kernel/alloc_tags.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/memcg.h"
#include "parsers/kernel/oom_header.h"
#include "parsers/kernel/oom_report.h"
#include "parsers/kernel/oom_summary.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/slab_table.h"
#include "parsers/kernel/task_scores.h"
#include "parsers/kernel/task_table.h"
#include "parsers/kernel/workload.h"

namespace kautopsy {
namespace {

// A function that only an OOM report's trace has at its top.
bool IsOomFrame(const LogLine& line) {
  std::string mark;
  const std::optional<CallFrame> frame =
      line.prefixed && !line.cut ? ParseCallFrame(line.text, mark) : std::nullopt;
  return frame &&
         (*frame->symbol == "dump_header" || frame->symbol->starts_with("oom_kill_process"));
}

bool IsTableHeader(const LogLine& line) { return IsTaskTableHeader(line.text); }

// What "dmesg | grep" leaves of a table: rows and the kill.
bool IsLoneRow(const LogLine& line) { return line.prefixed && !line.cut && IsTaskRow(line.text); }

class OomBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const std::size_t rows = table_.rows().size();
    if (rows + lines_besides_rows_ == 0) caller_pid_ = CallerPid(line.caller);
    const Claim claim = OfferToSections(line);
    if (claim == Claim::kTaken && table_.rows().size() == rows) ++lines_besides_rows_;
    return claim;
  }

  bool closed() const override { return lines_besides_rows_ >= kMaxLines; }

  // Several reports at a time: the pid tells to which of them a victim's line belongs.
  bool Expects(const LogLine& line) const override {
    return kill_.Expects(line.text,
                         kill_.announced() ? kill_.chosen_pid() : summary_.summary().pid);
  }
  void Finish(EventRecord& event) override {
    table_.ResolveColumns(header_.report().oom_adj.has_value());
    SetPageSize(event);
    process_.AddTo(event);
    if (IsMemInfoAlone()) return FinishMemInfo(event);
    event.kind = IsRefusal() ? "alloc_failure" : "oom";
    NoteMissing(event);
    OomReport report = header_.report();
    report.invoker_pid = process_.pid();
    if (!report.invoker_comm) report.invoker_comm = process_.comm();
    if (const Text caller = report.invoker_comm ? std::nullopt : Caller()) {
      report.invoker_comm = caller;
      report.invoker_pid = caller_pid_;
    }
    report.kernel_release = process_.release();
    report.hardware = process_.hardware();
    AddConstraint(report);
    AddVictim(report);
    AddTasks(report, event.page_size_kb);
    AddScores(report, event.page_size_kb);
    event.comm = report.invoker_comm;
    event.pid = report.invoker_pid;
    event.kernel_release = report.kernel_release;
    if (!IsRefusal()) event.subject = Victim();
    event.title = Title(report);
    memcg_.AddTo(event, report.oom_memcg);
    if (!IsRefusal())
      event.rows.insert(event.rows.begin(), std::make_unique<RowsOf<OomReport>>(
                                                std::vector<OomReport>{std::move(report)}));
    trace_.AddTo(event);
    mem_info_.AddTo(event);
    tags_.AddTo(event);
    slabs_.AddTo(event);
    table_.AddTo(event);
    kill_.AddTo(event);
  }

 private:
  // Parts come in the kernel's order: a trace below the memory report, or anything but the reaper's
  // line below the kill, is another record's, such as that of a crash.
  Claim OfferToSections(const LogLine& line) {
    if (kill_.ended()) return kill_.Offer(line);
    if (!mem_info_.empty() || !memcg_.empty() || !table_.empty())
      return later_sections_.Offer(line);
    const bool headless = !header_.seen();
    if (trace_.empty() && IsOomFrame(line)) trace_.Begin(std::nullopt, std::nullopt);
    const Claim claim = sections_.Offer(line);
    const Text& comm = header_.seen() ? header_.report().invoker_comm : header_.cpuset_comm();
    if (headless && comm) process_.Expect(*comm);
    return claim;
  }

  // Which memory ran out, and whose. Kernels before 5.0 tell it in several places, if at all.
  void AddConstraint(OomReport& report) const {
    const OomSummary& summary = summary_.summary();
    report.constraint_kind =
        summary.constraint_kind ? summary.constraint_kind : kill_.constraint_kind();
    if (!report.constraint_kind && (!memcg_.empty() || CameFromMemcg()))
      report.constraint_kind = "memcg";
    // Seen in 5.0-rc: a memory cgroup's report that names no constraint.
    if (summary.oom_memcg && report.constraint_kind == "none") report.constraint_kind = "memcg";
    if (!report.nodemask) report.nodemask = summary.nodemask;
    if (!report.cpuset) report.cpuset = summary.cpuset;
    if (!report.mems_allowed) report.mems_allowed = summary.mems_allowed;
    report.oom_memcg = summary.oom_memcg ? summary.oom_memcg : memcg_.limit_of();
    report.task_memcg = summary.task_memcg ? summary.task_memcg : memcg_.task_in();
  }

  // Who was chosen, who was killed, and what that was to the operator.
  void AddVictim(OomReport& report) {
    const OomSummary& summary = summary_.summary();
    OomKill* const first = kill_.kills().empty() ? nullptr : kill_.kills().data();
    report.chosen_pid = kill_.announced() ? kill_.chosen_pid() : summary.pid;
    report.chosen_comm = kill_.announced() ? kill_.chosen_comm() : summary.task;
    // From 5.1 on the victim's line tells it, if no summary does (EL8 before -240); but those of a
    // group's other members look the same.
    if (!report.chosen_pid && first != nullptr && kill_.message_in_victim_line() &&
        memcg_.task_in()) {
      report.chosen_pid = first->pid;
      report.chosen_comm = first->comm;
    }
    report.uid = summary.uid;
    if (first != nullptr && first->pid == report.chosen_pid) {
      if (!report.uid) report.uid = first->uid;
      first->cgroup = report.task_memcg;
    }
    report.outcome = kill_.outcome().value_or("unknown");
    if (AskedBySysRq(report.order)) report.trigger = "sysrq";
    if (first != nullptr && report.trigger) first->reason = "manual";
    AddWorkload(report);
  }

  static void AddWorkload(OomReport& report) {
    std::optional<Workload> workload =
        report.task_memcg ? WorkloadOfCgroup(*report.task_memcg) : std::nullopt;
    const Text guest = report.chosen_comm ? GuestOfComm(*report.chosen_comm) : std::nullopt;
    if (guest && !(workload && workload->kind == "guest")) workload = Workload{"guest", *guest};
    // Without the comm it is not known whether a unit is all that there is to say.
    if (!workload || !report.chosen_comm) return;
    report.workload_kind = workload->kind;
    report.workload = workload->name;
  }

  void AddTasks(OomReport& report, const Integer& page_size_kb) const {
    if (!table_.empty()) report.tasks = static_cast<int64_t>(table_.rows().size());
    report.tasks_rss_pages = table_.rows().rss_pages();
    report.tasks_swap_pages = table_.rows().swap_pages();
    if (report.tasks_rss_pages && page_size_kb)
      report.tasks_rss_kb = *report.tasks_rss_pages * *page_size_kb;
  }

  void AddScores(OomReport& report, const Integer& page_size_kb) {
    const bool nodes =
        report.constraint_kind == "cpuset" || report.constraint_kind == "memory_policy";
    ScoreBase base = report.constraint_kind == "memcg" ? memcg_.score_base(page_size_kb)
                                                       : mem_info_.score_base(page_size_kb);
    // The memory of the allowed nodes, which is at most all.
    if (nodes) base.least_pages.reset();
    report.score_base_least_pages = base.least_pages;
    report.score_base_most_pages = base.most_pages;
    table_.rows().SetScores([base, page_size_kb](const TaskRows& rows) {
      return ScoreTasks(rows, base, page_size_kb);
    });
    std::map<int64_t, Text> killed;
    for (const OomKill& kill : kill_.kills()) {
      if (kill.pid) killed.emplace(*kill.pid, kill.comm);
    }
    table_.rows().MarkKilled(killed);
  }

  // What shows that the OOM killer ran: a cpuset's line and a process' stand above a refused
  // request's memory report, too (4.10 to 4.20).
  bool IsMemInfoAlone() const {
    return !header_.seen() && trace_.empty() && table_.empty() && kill_.empty() &&
           !summary_.seen() && memcg_.empty() && slabs_.empty();
  }

  // The functions that call the OOM killer for a memory cgroup (mm/memcontrol.c).
  bool CameFromMemcg() const {
    return trace_.Holds("mem_cgroup_out_of_memory") || trace_.Holds("mem_cgroup_oom_synchronize") ||
           trace_.Holds("memory_max_write");
  }

  // Whose own report it is, as the table names the task that printed it.
  Text Caller() const {
    for (std::size_t row = 0; caller_pid_ && row < table_.rows().size(); ++row)
      if (const Task task = table_.rows()[row]; task.pid == caller_pid_) return task.comm;
    return std::nullopt;
  }

  // Empty if the report does not say who was killed.
  std::string Victim() const {
    if (kill_.kills().empty()) return {};
    const OomKill& kill = kill_.kills().front();
    return fmt::format("{} {}", kill.pid.value_or(0), kill.comm.value_or(""));
  }

  // The rest of a report that a refused allocation printed, not the OOM killer.
  bool IsRefusal() const {
    return !header_.seen() && kill_.empty() && table_.empty() && !summary_.seen() &&
           (trace_.Holds("warn_alloc") || trace_.Holds("warn_alloc_failed"));
  }

  // SysRq-f asks with order -1 since 4.3, before with 0 (drivers/tty/sysrq.c, moom_callback()).
  bool AskedBySysRq(const Integer& order) const {
    return order == -1 || trace_.Holds("sysrq_handle_moom") || trace_.Holds("moom_callback") ||
           trace_.Holds("write_sysrq_trigger");
  }

  void FinishMemInfo(EventRecord& event) {
    event.comm = process_.comm();
    event.pid = process_.pid();
    event.kernel_release = process_.release();
    event.kind = "mem_info";
    event.title = "memory report [Mem-Info]";
    if (const Integer free_pages = mem_info_.free_pages()) {
      event.title += fmt::format(", {} pages free", *free_pages);
    }
    Damage damage;
    damage.AddIf(mem_info_.empty(), "nothing but whose request it was");
    if (!mem_info_.empty()) mem_info_.NoteMissing(damage);
    tags_.NoteMissing(damage);
    damage.StoreIn(event);
    mem_info_.AddTo(event);
    tags_.AddTo(event);
  }

  // From the free lists, else the kill line's kB and the table's pages, else by a cgroup's limit.
  void SetPageSize(EventRecord& event) const {
    mem_info_.SetPageSize(event);
    if (!event.page_size_kb) SetPageSizeByKill(event);
    if (event.page_size_kb || !IsMemcg() || !memcg_.ShowsSmallPages(table_.rows().rss_pages()))
      return;
    event.page_size_kb = 4;
    event.page_size_from = "memcg_limit";
  }

  void SetPageSizeByKill(EventRecord& event) const {
    if (kill_.kills().empty()) return;
    const OomKill& kill = kill_.kills().front();
    for (std::size_t row = 0; row < table_.rows().size(); ++row) {
      const Task task = table_.rows()[row];
      if (task.pid != kill.pid || !kill.total_vm_kb || task.total_vm_pages.value_or(0) <= 0)
        continue;
      const int64_t page_kb = *kill.total_vm_kb / *task.total_vm_pages;
      if (page_kb * *task.total_vm_pages != *kill.total_vm_kb) return;
      event.page_size_kb = page_kb;
      event.page_size_from = "kill_line";
    }
  }

  bool IsMemcg() const {
    const Text& constraint = summary_.summary().constraint_kind;
    if (constraint && !summary_.summary().oom_memcg) return constraint == "memcg";
    return kill_.constraint_kind() == "memcg" || !memcg_.empty() || CameFromMemcg() ||
           summary_.summary().oom_memcg;
  }

  void NoteMissing(EventRecord& event) const {
    Damage damage;
    damage.AddIf(closed(), "too long for one report: what follows is left out");
    const bool who = !header_.seen() && !process_.seen() && Caller();
    damage.AddIf(!header_.seen(), who ? "no header: what was asked for is lost"
                                      : "no header: who asked, and for what, is lost");
    damage.AddIf(header_.broken(), "the header is cut");
    damage.AddIf(header_.behind_others() && !process_.comm(), "other text hides who asked");
    damage.AddIf(header_.cpuset_broken(), "the cpuset line is cut");
    // Kernels before 2.6.24 did not print it on all machines.
    damage.AddIf(!process_.seen() && !header_.before_2_6_32(), "no process line");
    damage.AddIf(trace_.empty() && !header_.before_2_6_12(), "no call trace");
    NoteMissingMemory(damage);
    slabs_.NoteMissing(damage);
    tags_.NoteMissing(damage);
    // No table at all: vm.oom_dump_tasks is off, as it was by default until 2.6.35.
    damage.AddIf(!table_.has_header() && !table_.rows().empty(), "no header of the process table");
    damage.AddIf(!table_.empty() && table_.rows().empty(), "no rows of the process table");
    NoteMissingEnd(damage);
    damage.StoreIn(event);
  }

  // A memory cgroup's figures stand instead of Mem-Info since 3.9, before that besides it.
  void NoteMissingMemory(Damage& damage) const {
    const bool memcg = IsMemcg();
    if (memcg) {
      memcg_.NoteMissing(damage);
      damage.AddIf(!memcg_.limit_of() && !summary_.summary().oom_memcg,
                   "no line that names the memory cgroup");
    }
    if (memcg && (memcg_.empty() || memcg_.replaces_mem_info())) return;
    if (mem_info_.empty())
      damage.AddIf(true, "no Mem-Info");
    else
      mem_info_.NoteMissing(damage, header_.before_2_6_12());
  }

  void NoteMissingEnd(Damage& damage) const {
    const bool killed = !kill_.kills().empty();
    damage.AddIf(!kill_.outcome(), "no kill line");
    damage.AddIf(killed && !kill_.announced() && !kill_.message_in_victim_line(),
                 "no line that announces the kill");
    // Since 5.0; these kernels name the bits and print no nodemask in the header. So did 4.6
    // to 4.8, but without pgtables_bytes, and with an announcement.
    const OomReport& report = header_.report();
    const bool names = report.gfp_flags || report.gfp_mask == 0;
    const bool prints_summary = names && !report.nodemask &&
                                (table_.has_pgtables_bytes() || kill_.message_in_victim_line());
    damage.AddIf(killed && prints_summary && !summary_.seen(), "no summary of the constraint");
    damage.AddIf(summary_.seen() && !summary_.whole(), "the summary is cut");
  }

  std::string Title(const OomReport& report) const {
    if (IsRefusal()) return "page allocation failure: part of a report";
    if (!kill_.kills().empty()) {
      const OomKill& kill = kill_.kills().front();
      return fmt::format("OOM killer: killed {}{}", kill.comm.value_or("?"),
                         kill.pid ? fmt::format(" (pid {})", *kill.pid) : "");
    }
    if (report.outcome == "none_killable") return "OOM killer: found nothing to kill";
    if (report.outcome == "panicked") return "OOM killer: the kernel panicked instead of a kill";
    if (report.outcome == "unknown" && report.chosen_comm && report.chosen_pid)
      return fmt::format("OOM killer: chose {} (pid {})", *report.chosen_comm, *report.chosen_pid);
    if (header_.seen() && !report.invoker_comm) return "OOM killer: called";
    if (report.invoker_comm) return fmt::format("OOM killer: called by {}", *report.invoker_comm);
    return "OOM killer: part of a report";
  }

  OomHeaderSection header_;
  ProcessLineSection process_;
  CallTraceSection trace_;
  MemInfoSection mem_info_;
  MemcgSection memcg_;
  AllocTagSection tags_;
  SlabTableSection slabs_;
  TaskTableSection table_;
  OomSummarySection summary_;
  KillSection kill_;
  std::size_t lines_besides_rows_ = 0;
  Integer caller_pid_;  // of its first line
  SectionList later_sections_{&table_, &mem_info_, &summary_, &kill_, &memcg_, &slabs_, &tags_};
  SectionList sections_{&table_,   &mem_info_, &trace_, &header_, &process_,
                        &summary_, &kill_,     &memcg_, &slabs_,  &tags_};
};

}  // namespace

std::unique_ptr<Block> NewOomBlock() { return std::make_unique<OomBlock>(); }

RecordKind OomKind() {
  return {.name = "oom",
          .openers = {{"invoked oom", IsOomHeader, false},
                      {"oom-killer: gfp_mask", IsNamelessOomHeader, false},
                      {" mems_allowed=", IsCpusetLine, true},
                      {"dump_header", IsOomFrame, true},
                      {"oom_kill_process", IsOomFrame, true},
                      {" total_vm ", IsTableHeader, true},
                      {"Out of memory", IsKillLine, true},
                      {"Out of Memory: Kill", IsKillLine, true},
                      {"out of memory: Kill", IsKillLine, true},
                      {"No available memory", IsKillLine, true},
                      {"Killed process", IsKillLine, true},
                      {"is already exiting. Skip", IsKillLine, true},
                      {"oom-kill:constraint", IsOomSummary, true},
                      {", failcnt ", IsMemcgLine, true},
                      {"as a result of limit of", IsMemcgLine, true},
                      {"Memory cgroup stats for", IsMemcgLine, true}},
          .open = NewOomBlock,
          .max_foreign_lines = 200,
          .takes_bare = true,
          .max_lines = kMaxLinesWithTable};
}

RecordKind OomRowsKind() {
  return {.name = "oom",
          .openers = {{"]  ", IsLoneRow, true}},
          .open = NewOomBlock,
          .max_foreign_lines = 200,
          .quotable = false,
          .max_lines = kMaxLinesWithTable};
}

}  // namespace kautopsy
