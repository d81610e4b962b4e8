#include "parsers/kernel/process_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/workload.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

using C = ProcessColumn;

constexpr std::size_t kTerminalColumns = 80;  // what ps and terminals have if nobody says more
constexpr std::size_t kMaxCommandBytes = 65536;

using Header = std::pair<std::string_view, ProcessColumn>;
// The columns of procps (src/ps/output.c, format_array; src/top/top.c, Fieldstab), busybox and
// toybox have a part of them. CMD and COMMAND are args, cmd, comm or ucmd.
constexpr std::array<Header, 79> kHeaders = {
    {{"PID", C::kPid},       {"LWP", C::kThread},      {"TID", C::kThread},
     {"SPID", C::kThread},   {"USER", C::kUser},       {"UID", C::kUser},
     {"EUID", C::kUser},     {"EUSER", C::kUser},      {"RUID", C::kOther},
     {"RUSER", C::kOther},   {"SUSER", C::kOther},     {"GID", C::kOther},
     {"GROUP", C::kOther},   {"EGROUP", C::kOther},    {"RGROUP", C::kOther},
     {"PPID", C::kNumber},   {"TGID", C::kNumber},     {"PGID", C::kNumber},
     {"PGRP", C::kNumber},   {"SID", C::kNumber},      {"SESS", C::kNumber},
     {"NLWP", C::kNumber},   {"THCNT", C::kNumber},    {"TPGID", C::kNumber},
     {"TTY", C::kOther},     {"TT", C::kOther},        {"STAT", C::kState},
     {"S", C::kState},       {"F", C::kOther},         {"C", C::kNumber},
     {"CP", C::kNumber},     {"%CPU", C::kNumber},     {"%MEM", C::kNumber},
     {"CPU", C::kCpu},       {"PSR", C::kCpu},         {"P", C::kOther},
     {"PRI", C::kOther},     {"PR", C::kOther},        {"NI", C::kOther},
     {"CLS", C::kOther},     {"POL", C::kOther},       {"SCH", C::kOther},
     {"RTPRIO", C::kOther},  {"VSZ", C::kVsz},         {"VIRT", C::kVsz},
     {"RSS", C::kRss},       {"RSZ", C::kRss},         {"RES", C::kRss},
     {"SHR", C::kNumber},    {"SZ", C::kPages},        {"SIZE", C::kNumber},
     {"DRS", C::kNumber},    {"TRS", C::kNumber},      {"PSS", C::kNumber},
     {"USS", C::kNumber},    {"SWAP", C::kNumber},     {"MAJFL", C::kNumber},
     {"MINFL", C::kNumber},  {"ADDR", C::kOther},      {"WCHAN", C::kOther},
     {"START", C::kOther},   {"STIME", C::kOther},     {"STARTED", C::kStarted},
     {"TIME", C::kNumber},   {"TIME+", C::kNumber},    {"ELAPSED", C::kNumber},
     {"PENDING", C::kOther}, {"BLOCKED", C::kOther},   {"IGNORED", C::kOther},
     {"CAUGHT", C::kOther},  {"CATCHED", C::kOther},   {"LABEL", C::kOther},
     {"OOM", C::kNumber},    {"OOMADJ", C::kNumber},   {"CGROUP", C::kCgroup},
     {"UNIT", C::kOther},    {"COMMAND", C::kCommand}, {"CMD", C::kCommand},
     {"COMM", C::kCommand}}};

std::optional<ProcessColumn> ColumnOf(std::string_view word) {
  const auto* found = std::find_if(kHeaders.begin(), kHeaders.end(),
                                   [&](const Header& header) { return header.first == word; });
  return found == kHeaders.end() ? std::nullopt : std::optional(found->second);
}

// The columns of a header line; empty if it is none: it has one pid, one command, and nothing else
// than columns.
std::vector<ProcessColumn> ParseHeader(std::string_view text) {
  std::vector<ProcessColumn> columns;
  for (std::string_view word = ConsumeWord(text); !word.empty(); word = ConsumeWord(text)) {
    const std::optional<ProcessColumn> column = ColumnOf(word);
    if (!column) return {};
    columns.push_back(*column);
  }
  const auto once = [&](ProcessColumn column) {
    return std::count(columns.begin(), columns.end(), column) == 1;
  };
  // What stands behind the command is read from the end of the line, word by word.
  const auto command = std::find(columns.begin(), columns.end(), C::kCommand);
  const bool readable = std::find(command, columns.end(), C::kStarted) == columns.end();
  if (!once(C::kPid) || !once(C::kCommand) || !readable) return {};
  return columns;
}

bool HasWord(std::string_view text, std::string_view wanted) {
  for (std::string_view word = ConsumeWord(text); !word.empty(); word = ConsumeWord(text)) {
    if (word == wanted) return true;
  }
  return false;
}

// ps -e and ps -l print ucmd, the kernel's name; with -f, which adds STIME, the command line
// (procps, src/ps/sortformat.c, generate_sysv_list()). top prints the name unless told otherwise,
// and who asks ps for more columns behind the command asks for the name, too.
bool PrintsNames(std::string_view header) {
  if (HasWord(header, "TIME+") || ColumnOf(header.substr(header.rfind(' ') + 1)) != C::kCommand)
    return true;
  return HasWord(header, "CMD") && HasWord(header, "TIME") && !HasWord(header, "STIME") &&
         !HasWord(header, "STARTED") && (!HasWord(header, "RSS") || HasWord(header, "SZ"));
}

// "1016232", or as top and busybox print what is too wide, "78.9g": the figure is then as exact as
// its digits. In KiB.
Integer ParseSizeKb(std::string_view cell) {
  static const LogPattern kPattern(R"((\d{1,15})(?:[.,](\d{1,3}))?([kmgtp]?))");
  const auto groups = MatchAll<3>(cell, kPattern);
  if (!groups) return std::nullopt;
  const auto& [whole, fraction, unit] = *groups;
  static constexpr std::string_view kUnits = "kmgtp";
  const std::size_t power = unit.empty() ? 0 : kUnits.find(unit[0]);
  double kb = ParseDecimal(whole, fraction).value_or(0);
  for (std::size_t i = 0; i < power; ++i) kb *= 1024;
  constexpr double kMost = static_cast<double>(kMaxPages) * 4;
  return kb <= kMost ? Integer(static_cast<int64_t>(kb)) : std::nullopt;
}

// "-" stands for what a process or, with -m, one of its threads does not have.
bool IsNumber(std::string_view cell) {
  return cell == "-" || IsDigit(cell[0]) ||
         (cell.size() > 1 && (cell[0] == '-' || cell[0] == '.') && IsDigit(cell[1]));
}

// procps, src/ps/output.c, pr_stat(): the state and what else is true of the process.
bool IsState(std::string_view cell) {
  static const LogPattern kPattern("[DIKPRSTtWXxZ?-][<NLsl+]*");
  return Matches(cell, kPattern);
}

// "Nov 24" of lstart and start, a weekday and a year beside it.
std::size_t WordsOfStart(std::string_view cell) {
  static const LogPattern kWeekday("Mon|Tue|Wed|Thu|Fri|Sat|Sun");
  static const LogPattern kMonth("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec");
  if (Matches(cell, kWeekday)) return 5;
  return Matches(cell, kMonth) ? 2 : 1;
}

// "  |   \_ " of ps f shows whose child a process is.
std::string_view WithoutForest(std::string_view command) {
  const std::size_t at = command.find_first_not_of(" |");
  if (at == std::string_view::npos || !command.substr(at).starts_with("\\_ ")) return command;
  return TrimBlanks(command.substr(at + 3));
}

// A worker's name is followed by what it works on: "kworker/0:1-events"
// (kernel/workqueue.c, wq_worker_comm()). Rescuers are named "kworker/R-xfs".
std::string_view WithoutWork(std::string_view name) {
  if (!name.starts_with("kworker/") || name.starts_with("kworker/R-")) return name;
  return name.substr(0, name.find_first_of("-+"));
}

// The name that the kernel has of a process, as far as its command tells: that of the program, or
// of a thread of the kernel, which ps puts in brackets as it has no command. A program may have
// given itself another name, and a script's is its own, which follows the interpreter's.
Text CommOf(std::string_view command, bool is_name) {
  static constexpr std::string_view kZombie = " <defunct>";
  if (command.ends_with(kZombie)) command.remove_suffix(kZombie.size());
  std::string_view name = command;
  if (command.starts_with("[") && command.ends_with("]")) {
    name = WithoutWork(command.substr(1, command.size() - 2));
  } else if (!is_name || command.starts_with("/")) {
    name = ConsumeWord(command);
    if (name.starts_with("-")) name.remove_prefix(1);  // a login shell
    if (name.ends_with(":")) name.remove_suffix(1);    // "sshd: root@pts/0", a title
    if (name.starts_with("/") || name.starts_with(".")) name.remove_prefix(name.rfind('/') + 1);
  }
  return TextOf(WithoutWork(name).substr(0, kMaxCommBytes));
}

// "-name guest=web1,debug-threads=on", without "guest=" from old versions of libvirt. QEMU takes a
// doubled comma for one of the name (util/qemu-option.c, get_opt_value()). None if the name ends
// with the text, since that may have been cut.
Text GuestOfCommand(std::string_view command) {
  static const LogPattern kPattern(
      R"re((?:/\S*/)?(?:qemu|kvm)\S* (?:.*? )?-name (?:guest=)?((?:[^,= ]|,,)+)[, ].*)re");
  const auto groups = MatchAll<1>(command, kPattern);
  if (!groups) return std::nullopt;
  std::string name((*groups)[0]);
  for (std::size_t at = name.find(",,"); at != std::string::npos; at = name.find(",,", at + 1))
    name.erase(at, 1);
  return name;
}

Text GuestOf(std::string_view command, std::string_view cgroup, const Text& comm) {
  if (Text guest = GuestOfCommand(command)) return guest;
  const std::optional<Workload> workload = WorkloadOfCgroup(cgroup);
  if (workload && workload->kind == "guest") return workload->name;
  return comm ? GuestOfComm(*comm) : std::nullopt;
}

}  // namespace

bool IsProcessTableHeader(std::string_view text) { return !ParseHeader(text).empty(); }

bool ProcessTableSection::TakeCell(ProcessColumn column, std::string_view cell, Row& row) const {
  if (cell.empty()) return false;
  Task& task = row.task;
  switch (column) {
    case C::kPid:
      row.process = ParseInteger(cell);
      return row.process || cell == "-";
    case C::kThread:
      row.thread = ParseInteger(cell);
      return row.thread || cell == "-";
    case C::kUser:
      if (!task.uid) task.uid = ParseInteger(cell);
      return true;
    case C::kRss:
      task.rss_kb = ParseSizeKb(cell);
      return task.rss_kb || cell == "-";
    case C::kVsz:
      task.total_vm_kb = ParseSizeKb(cell);
      return task.total_vm_kb || cell == "-";
    case C::kPages:
      task.total_vm_pages = ParseInteger(cell);
      return task.total_vm_pages || cell == "-";
    case C::kCpu:
      task.cpu = ParseInteger(cell);
      return task.cpu || IsNumber(cell) || cell == "*";
    case C::kCgroup:
      row.cgroup = std::string(cell);
      return cell == "-" || cell.find(":/") != std::string_view::npos;
    case C::kState:
      return IsState(cell);
    case C::kNumber:
      return IsNumber(cell);
    default:
      return true;
  }
}

// The columns behind the command, the last one first; `text` keeps the command.
bool ProcessTableSection::TakeBehind(std::string_view& text, Row& row) const {
  for (auto column = columns_.rbegin(); *column != C::kCommand; ++column) {
    text = TrimBlanks(text);
    const std::size_t blank = text.rfind(' ');
    if (blank == std::string_view::npos) return false;
    if (!TakeCell(*column, text.substr(blank + 1), row)) return false;
    text = text.substr(0, blank);
  }
  return true;
}

std::optional<ProcessTableSection::Row> ProcessTableSection::ParseRow(std::string_view text) const {
  Row row;
  for (auto column = columns_.begin(); *column != C::kCommand; ++column) {
    const std::string_view cell = ConsumeWord(text);
    if (!TakeCell(*column, cell, row)) return std::nullopt;
    const std::size_t more = *column == C::kStarted ? WordsOfStart(cell) - 1 : 0;
    for (std::size_t i = 0; i < more; ++i) {
      if (ConsumeWord(text).empty()) return std::nullopt;
    }
  }
  if (!TakeBehind(text, row)) return std::nullopt;
  text = WithoutForest(TrimBlanks(text));
  if (text.empty()) return std::nullopt;
  row.command = std::string(text.substr(0, kMaxCommandBytes));
  return row;
}

// Threads, which -L and -m show below their process' first one, have the same memory once more.
void ProcessTableSection::CloseRow() {
  if (!row_) return;
  Task& task = row_->task;
  const bool same = row_->thread && row_->process == process_;
  if (row_->process && !same) {
    process_ = row_->process;
    task.pid = row_->process;
    task.comm = CommOf(row_->command, names_only_);
    task.guest = GuestOf(row_->command, row_->cgroup, task.comm);
    rows_->Add(task);
  }
  row_.reset();
}

// A row that fills the terminal to its edge goes on in the next line, unless ps cuts rows there.
bool ProcessTableSection::OfferBrokenOff(const LogLine& line) {
  if (!row_ || !at_edge_ || cuts_off_ || columns_.back() != C::kCommand) return false;
  if (row_->command.size() + line.text.size() > kMaxCommandBytes) return false;
  if (blank_at_edge_ || line.raw.starts_with(' ')) row_->command += ' ';
  row_->command += line.text;
  wraps_ = true;
  return true;
}

Claim ProcessTableSection::Offer(const LogLine& line) {
  if (line.prefixed || line.text.empty()) return Claim::kNone;
  if (std::vector<ProcessColumn> columns = ParseHeader(line.text); !columns.empty()) {
    if (!columns_.empty()) return Claim::kConflict;
    columns_ = std::move(columns);
    names_only_ = PrintsNames(line.text);
    is_top_ = HasWord(line.text, "TIME+");
    return Claim::kTaken;
  }
  if (columns_.empty() || line.cut) return Claim::kNone;  // the command comes last
  std::optional<Row> row = ParseRow(line.text);
  if (!row && !OfferBrokenOff(line)) return Claim::kNone;
  if (row) {
    // Or the row ended there by chance.
    cuts_off_ |= row_ && at_edge_ && !wraps_ && !row_->command.ends_with(']');
    CloseRow();
    row->task.log_line = static_cast<int64_t>(line.place.line);
    row_ = std::move(row);
  }
  // A blank at the edge is lost in copying.
  const std::size_t width = line.raw.size();
  blank_at_edge_ = width == kTerminalColumns - 1 || line.raw.ends_with(' ');
  at_edge_ = width == kTerminalColumns || width == kTerminalColumns - 1;
  return Claim::kTaken;
}

void ProcessTableSection::AddTo(EventRecord& event) {
  CloseRow();
  if (!rows_->empty()) event.rows.push_back(std::move(rows_));
}

}  // namespace kautopsy
