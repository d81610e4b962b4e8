#pragma once

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// What a process line says.
struct ProcessLine {
  Integer pid;
  std::string comm;
  Integer cpu;
  Text taint;    // its letters without the blanks between; empty for "Not tainted"
  Text release;  // none where the line is cut
};

// Who was running, as dump_stack() prints it (lib/dump_stack.c; arch/x86/kernel/process.c
// before 3.10):
//   Pid: 4444, comm: qemu_wl50 Not tainted 2.6.32-431.17.1.el6.x86_64 #1
//   CPU: 2 PID: 977 Comm: xfs_db Kdump: loaded Tainted: G        W   4.18.0-139.el8 #1
//   CPU: 1 UID: 0 PID: 660 Comm: test_progs Not tainted 6.16.0 #102 PREEMPT(full)
// None if it is no such line.
std::optional<ProcessLine> ParseProcessLine(std::string_view text);

// What a kernel worker does for others, as print_worker_info() of kernel/workqueue.c prints it
// below the process line ("%sWorkqueue: %s %ps", then " (%s)"; %pf before v5.2):
//   Workqueue: events_freezable vmballoon_work [vmw_balloon]
//   Workqueue: writeback wb_workfn (flush-8:0)
struct WorkItem {
  Text workqueue;
  Text symbol;       // the function that runs; none where its address has no name
  Text module;       // of it; none if built in
  Text description;  // in the brackets at the end
  Integer log_line;

  static constexpr std::string_view kRelation = "work_item";
  static std::span<const Field<WorkItem>> Fields();
};

// None if it is no such line, or names neither queue nor function.
std::optional<WorkItem> ParseWorkqueueLine(std::string_view text);

// The pid in the caller "T709" of a line that a task printed, in process context; none of "C3", a
// CPU in an interrupt (kernel/printk/printk.c, printk_caller_id()).
Integer CallerPid(std::string_view caller);

// The letters of "Tainted: G        W  OE", which stand in one column per flag; empty for "Not
// tainted", none for other text.
Text TaintOf(std::string_view field);

// The process line of a record, and below it the taint flags by name (since 6.10), the machine's
// name and the worker's job.
class ProcessLineSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  // The record's header names this comm: the line of another process belongs to another record.
  void Expect(std::string_view comm) { expected_ = std::string(comm); }
  const Text& comm() const { return comm_; }
  const Integer& pid() const { return read_.pid; }
  const Integer& cpu() const { return read_.cpu; }
  const Text& taint() const { return read_.taint; }
  const Text& release() const { return read_.release; }
  const Text& hardware() const { return hardware_; }
  bool seen() const { return read_.pid.has_value(); }
  // Gives the event its row of work_item, if a worker ran.
  void AddTo(EventRecord& event);

 private:
  Claim OfferJob(const LogLine& line);
  Claim OfferBelow(const LogLine& line);

  Text expected_;
  ProcessLine read_;
  Text comm_;
  Text hardware_;
  bool taint_names_ = false;
  bool job_ = false;
  std::optional<WorkItem> work_;
};

}  // namespace kautopsy
