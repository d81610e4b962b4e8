#include "parsers/stream/boot_tracker.h"

#include <cstdlib>
#include <utility>

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
std::string KeyOf(const LogLine& line) {
  return std::string(line.host).append("\n").append(line.boot_id);
}

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

uint32_t BootTracker::Begin(const LogLine& line, std::optional<uint32_t> previous) {
  BootRecord boot;
  if (!line.host.empty()) boot.host = std::string(line.host);
  boot.first_time = line.time;
  boot.last_time = line.time;
  boots_.push_back(std::move(boot));
  End& end = ends_.emplace_back();
  end.first = end.last = line.place;
  const auto index = static_cast<uint32_t>(boots_.size() - 1);
  if (previous) ends_[*previous].next = index;
  return index;
}

void BootTracker::Note(const LogLine& line, Current& current) {
  if (line.uptime_us) current.uptime_us = line.uptime_us;
  ends_[current.boot].last = line.place;
  BootRecord& boot = boots_[current.boot];
  if (!line.time || line.time == boot.last_time) return;
  if (boot.last_time && SecondsBetween(*boot.last_time, *line.time) > 0) boot.last_time = line.time;
  if (boot.first_time && SecondsBetween(*boot.first_time, *line.time) < 0)
    boot.first_time = line.time;
}

std::optional<uint32_t> BootTracker::OnLine(const LogLine& line) {
  if (line.host.empty() && BootIdOf(line).empty()) return OnUnnamed(line);
  unnamed_.reset();
  if (last_host_ == nullptr || last_host_->first != line.host) {
    const auto found = hosts_.find(line.host);
    if (found == hosts_.end()) {
      last_host_ = &*hosts_.emplace(line.host, Current()).first;
      BeginNext(line, last_host_->second);
      return last_host_->second.boot;
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
  Text& id = boots_[host.boot].journal_boot_id;
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
  boots_[host.boot].journal_boot_id = std::string(line.boot_id);
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
  ends_.back().last = event.lines.last();
  event.boot = unnamed_->boot;
}

void BootTracker::OnEvent(EventRecord& event) {
  if (event.kind == "boot" && !event.boot) BeginBare(event);
  if (!event.boot) return;
  BootRecord& boot = boots_[*event.boot];
  // The banner tells best; lines of another machine may stand between.
  if (event.kind == "boot" || !boot.kernel_release) boot.kernel_release = event.kernel_release;
  if (event.ram_kb) {
    boot.ram_kb = event.ram_kb;
    boot.ram_from = "mem_info";
  }
  if (event.boot_facts) Add(*event.boot_facts, boot);
  End& end = ends_[*event.boot];
  end.panicked = end.panicked || event.kind == "panic";
  if (IsCrash(event.kind) && (!end.crash || IsBefore(*end.crash, event.lines.last())))
    end.crash = event.lines.last();
  if (!event.boot_facts || event.boot_facts->ended != "shutdown") return;
  end.shut_down = true;
  if (unnamed_ && unnamed_->boot == *event.boot) unnamed_.reset();
}

bool BootTracker::Crashed(std::size_t boot) const {
  const End& end = ends_[boot];
  if (end.panicked || end.shut_down || !end.next) return end.panicked;
  const BootRecord& next = boots_[*end.next];
  if (next.crash_kernel == 1) return true;
  const uint64_t next_line = ends_[*end.next].first.line;
  if (!end.crash || IsBefore(*end.crash, end.last) || next_line > end.crash->line + kRestartLines)
    return false;
  const std::optional<PrintedTime>& last_time = boots_[boot].last_time;
  return !last_time || !next.first_time ||
         std::llabs(SecondsBetween(*last_time, *next.first_time)) <= kRestartSeconds;
}

std::vector<BootRecord> BootTracker::TakeBoots() {
  for (std::size_t i = 0; i < boots_.size(); ++i) {
    if (Crashed(i))
      boots_[i].ended = "crashed";
    else if (ends_[i].shut_down)
      boots_[i].ended = "shutdown";
  }
  return std::move(boots_);
}

}  // namespace kautopsy
