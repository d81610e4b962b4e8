#include "parsers/stream/boot_tracker.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

// In real logs uptime steps back by under a second in 1-3 % of the lines; a reboot takes longer.
constexpr int64_t kUptimeToleranceUs = 5 * 1000000;
constexpr std::string_view kBanner = "Linux version ";
// A crash that is followed by the next boot has ended its boot, if the machine had no time for
// anything else. Firmware takes up to ten minutes. What stands between is its output, what the log
// daemon says of itself, and lines that a kernel prints before its banner; an orderly end of
// systemd's is longer.
constexpr uint64_t kRestartLines = 50;
constexpr int64_t kRestartSeconds = 15 * 60;

bool IsBefore(const Place& one, const Place& other) {
  return std::pair(one.line, one.column) < std::pair(other.line, other.column);
}

bool FallsBack(const std::optional<int64_t>& uptime_us, const LogLine& line) {
  return line.uptime_us && uptime_us && *line.uptime_us + kUptimeToleranceUs < *uptime_us;
}

// Empty if there is none, or none that the journal would write (systemd.journal-fields(7)).
std::string_view BootIdOf(const LogLine& line) {
  constexpr std::size_t kDigits = 32;
  const bool valid = line.boot_id.size() == kDigits &&
                     line.boot_id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return valid ? line.boot_id : std::string_view();
}

// A host's line never counts to another host's boot, whatever id it has.
std::string KeyOf(std::string_view host, std::string_view boot_id) {
  return std::string(host).append("\n").append(boot_id);
}

std::string KeyOf(const LogLine& line) { return KeyOf(line.host, line.boot_id); }

constexpr Text BootRecord::*kTexts[] = {&BootRecord::host,           &BootRecord::journal_boot_id,
                                        &BootRecord::kernel_release, &BootRecord::banner,
                                        &BootRecord::command_line,   &BootRecord::hardware,
                                        &BootRecord::hypervisor};

void Add(const BootRecord& facts, BootRecord& boot) {
  for (Text BootRecord::*const column : {&BootRecord::banner, &BootRecord::command_line,
                                         &BootRecord::hardware, &BootRecord::hypervisor}) {
    if (facts.*column) boot.*column = facts.*column;
  }
  if (facts.crash_kernel) boot.crash_kernel = facts.crash_kernel;
  if (!facts.ram_kb || boot.ram_kb) return;  // what a memory report told is exact
  boot.ram_kb = facts.ram_kb;
  boot.ram_from = facts.ram_from;
}

}  // namespace

bool IsCrash(std::string_view kind) {
  return kind == "panic" || kind == "oops" || kind == "gpf" || kind == "bug" ||
         kind == "hard_lockup";
}

BootTracker::Boot* BootTracker::Find(uint32_t index) {
  if (last_boot_ != nullptr && last_boot_->first == index) return &last_boot_->second;
  const auto found = boots_.find(index);
  if (found == boots_.end()) return nullptr;
  last_boot_ = &*found;
  return &found->second;
}

// What was heard of last is never given away: more may follow at once.
void BootTracker::GiveSome() {
  while (bytes_ > max_bytes_ && heard_.size() > 1) Give(heard_.front());
}

void BootTracker::Weigh(Boot& boot) {
  // Nodes and keys of the containers, each some 100 bytes.
  constexpr std::size_t kAround = 500;
  bytes_ -= boot.bytes;
  boot.bytes = sizeof(Boot) + kAround;
  for (const auto text : kTexts)
    boot.bytes += (boot.record.*text) ? (boot.record.*text)->size() : 0;
  bytes_ += boot.bytes;
  heard_.splice(heard_.end(), heard_, boot.heard);
}

uint32_t BootTracker::Begin(const LogLine& line, std::optional<uint32_t> previous) {
  const uint32_t index = begun_++;
  Boot& boot = boots_[index];
  if (!line.host.empty()) boot.record.host = std::string(line.host);
  boot.record.first_time = line.time;
  boot.record.last_time = line.time;
  boot.first = boot.last = line.place;
  boot.heard = heard_.insert(heard_.end(), index);
  Boot* const before = previous ? Find(*previous) : nullptr;
  if (before != nullptr) {
    before->next = index;
    boot.previous = previous;
  }
  Weigh(boot);
  return index;
}

void BootTracker::Note(const LogLine& line, Current& current) {
  if (line.uptime_us) current.uptime_us = line.uptime_us;
  Boot& boot = *Find(current.boot);
  boot.last = line.place;
  heard_.splice(heard_.end(), heard_, boot.heard);
  BootRecord& record = boot.record;
  if (!line.time || line.time == record.last_time) return;
  if (record.last_time && SecondsBetween(*record.last_time, *line.time) > 0)
    record.last_time = line.time;
  if (record.first_time && SecondsBetween(*record.first_time, *line.time) < 0)
    record.first_time = line.time;
}

std::optional<uint32_t> BootTracker::OnLine(const LogLine& line) {
  const std::optional<uint32_t> boot = BootOf(line);
  GiveSome();
  return boot;
}

std::optional<uint32_t> BootTracker::BootOf(const LogLine& line) {
  if (line.host.empty() && BootIdOf(line).empty()) return OnUnnamed(line);
  unnamed_.reset();
  if (last_host_ == nullptr || last_host_->first != line.host) {
    const auto found = hosts_.find(line.host);
    if (found == hosts_.end()) {
      Current host;
      BeginNext(line, host);
      last_host_ = &*hosts_.emplace(line.host, host).first;
      return host.boot;
    }
    last_host_ = &*found;
  }
  Follow(line, last_host_->second);
  return last_host_->second.boot;
}

void BootTracker::Follow(const LogLine& line, Current& host) {
  if (!BootIdOf(line).empty())
    FollowId(line, host);
  else if (line.text.starts_with(kBanner) || FallsBack(host.uptime_us, line))
    BeginNext(line, host);
  else
    Note(line, host);
}

void BootTracker::FollowId(const LogLine& line, Current& host) {
  Text& id = Find(host.boot)->record.journal_boot_id;
  if (id != line.boot_id) {
    const auto known = by_id_.find(KeyOf(line));
    // Lines of another transport told of the boot first.
    const bool goes_on = !id && !line.text.starts_with(kBanner) && !FallsBack(host.uptime_us, line);
    if (known == by_id_.end() && !goes_on) {
      BeginNext(line, host);
      return;
    }
    if (known != by_id_.end()) {
      host.boot = known->second;
    } else {
      id = std::string(line.boot_id);
      by_id_.emplace(KeyOf(line), host.boot);
    }
  }
  Note(line, host);
}

void BootTracker::BeginNext(const LogLine& line, Current& host) {
  host.boot = Begin(line, host.latest);
  host.latest = host.boot;
  host.uptime_us = line.uptime_us;
  if (BootIdOf(line).empty()) return;
  Find(host.boot)->record.journal_boot_id = std::string(line.boot_id);
  by_id_.emplace(KeyOf(line), host.boot);
}

std::optional<uint32_t> BootTracker::OnUnnamed(const LogLine& line) {
  if (line.text.starts_with(kBanner)) {
    if (!line.prefixed) return std::nullopt;
    const auto previous = unnamed_ ? std::optional(unnamed_->boot) : std::nullopt;
    unnamed_ = Current{Begin(line, previous), line.uptime_us, true};
    return unnamed_->boot;
  }
  if (!unnamed_ || unnamed_->prefixed != line.prefixed) return std::nullopt;
  if (FallsBack(unnamed_->uptime_us, line)) {
    unnamed_.reset();
    return std::nullopt;
  }
  Note(line, *unnamed_);
  return unnamed_->boot;
}

void BootTracker::BeginBare(EventRecord& event) {
  LogLine banner;
  banner.place = event.lines.first();
  const bool same_form = unnamed_ && !unnamed_->prefixed;
  const auto previous = same_form ? std::optional(unnamed_->boot) : std::nullopt;
  unnamed_ = Current{Begin(banner, previous), {}, false};
  event.boot = unnamed_->boot;
  Find(*event.boot)->last = event.lines.last();
}

void BootTracker::OnEvent(EventRecord& event) {
  if (event.kind == "boot" && !event.boot) BeginBare(event);
  Boot* const boot = event.boot ? Find(*event.boot) : nullptr;
  if (boot == nullptr) return;
  BootRecord& record = boot->record;
  // The banner tells best; lines of another machine may stand between.
  if (event.kind == "boot" || !record.kernel_release) record.kernel_release = event.kernel_release;
  if (event.ram_kb) {
    record.ram_kb = event.ram_kb;
    record.ram_from = "mem_info";
  }
  if (event.boot_facts) Add(*event.boot_facts, record);
  NoteEnd(event, *boot);
  const bool shuts_down = event.boot_facts && event.boot_facts->ended == "shutdown";
  if (shuts_down && unnamed_ && unnamed_->boot == *event.boot) unnamed_.reset();
  Weigh(*boot);
  GiveSome();
}

void BootTracker::NoteEnd(const EventRecord& event, Boot& boot) {
  boot.panicked = boot.panicked || event.kind == "panic";
  if (IsCrash(event.kind) && (!boot.crash || IsBefore(*boot.crash, event.lines.last())))
    boot.crash = event.lines.last();
  boot.shut_down = boot.shut_down || (event.boot_facts && event.boot_facts->ended == "shutdown");
}

BootTracker::Next BootTracker::TellOf(const Boot& boot) {
  return {boot.first.line, boot.record.first_time, boot.record.crash_kernel == 1};
}

bool BootTracker::Crashed(const Boot& boot) {
  if (boot.panicked || boot.shut_down || !boot.next) return boot.panicked;
  const Boot* const behind = Find(*boot.next);
  const Next next = behind != nullptr ? TellOf(*behind) : boot.told.value_or(Next());
  if (next.crash_kernel) return true;
  if (!boot.crash || IsBefore(*boot.crash, boot.last) ||
      next.first_line > boot.crash->line + kRestartLines)
    return false;
  const std::optional<PrintedTime>& last_time = boot.record.last_time;
  return !last_time || !next.first_time ||
         std::llabs(SecondsBetween(*last_time, *next.first_time)) <= kRestartSeconds;
}

void BootTracker::Give(uint32_t index) {
  Boot& boot = *Find(index);
  if (Crashed(boot))
    boot.record.ended = "crashed";
  else if (boot.shut_down)
    boot.record.ended = "shutdown";
  Boot* const before = boot.previous ? Find(*boot.previous) : nullptr;
  if (before != nullptr) before->told = TellOf(boot);
  Forget(index, boot.record);
  bytes_ -= boot.bytes;
  heard_.erase(boot.heard);
  BootRecord record = std::move(boot.record);
  last_boot_ = nullptr;
  boots_.erase(index);
  on_boot_(index, std::move(record));
}

// No line goes to this boot any more.
void BootTracker::Forget(uint32_t index, const BootRecord& boot) {
  if (unnamed_ && unnamed_->boot == index) unnamed_.reset();
  const std::string host = boot.host.value_or("");
  if (boot.journal_boot_id) by_id_.erase(KeyOf(host, *boot.journal_boot_id));
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  Current& current = found->second;
  if (current.latest == index) current.latest.reset();
  if (current.boot != index) return;
  if (last_host_ == &*found) last_host_ = nullptr;
  hosts_.erase(found);
}

void BootTracker::Finish() {
  std::vector<uint32_t> left(heard_.begin(), heard_.end());
  std::sort(left.begin(), left.end());
  for (const uint32_t index : left) Give(index);
}

}  // namespace kautopsy
