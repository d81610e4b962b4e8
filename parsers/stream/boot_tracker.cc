#include "parsers/stream/boot_tracker.h"

namespace kautopsy {
namespace {

// In real logs uptime steps back by under a second in 1-3 % of the lines; a reboot takes longer.
constexpr int64_t kUptimeToleranceUs = 5 * 1000000;
constexpr std::string_view kBanner = "Linux version ";

bool FallsBack(const std::optional<int64_t>& uptime_us, const LogLine& line) {
  return line.uptime_us && uptime_us && *line.uptime_us + kUptimeToleranceUs < *uptime_us;
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

uint32_t BootTracker::Begin(const LogLine& line) {
  BootRecord boot;
  if (!line.host.empty()) boot.host = std::string(line.host);
  boot.first_time = line.time;
  boot.last_time = line.time;
  boots_.push_back(std::move(boot));
  return static_cast<uint32_t>(boots_.size() - 1);
}

void BootTracker::Note(const LogLine& line, Current& current) {
  if (line.uptime_us) current.uptime_us = line.uptime_us;
  BootRecord& boot = boots_[current.boot];
  if (!line.time || line.time == boot.last_time) return;
  if (boot.last_time && SecondsBetween(*boot.last_time, *line.time) > 0) boot.last_time = line.time;
  if (boot.first_time && SecondsBetween(*boot.first_time, *line.time) < 0)
    boot.first_time = line.time;
}

std::optional<uint32_t> BootTracker::OnLine(const LogLine& line) {
  if (line.host.empty()) return OnUnnamed(line);
  unnamed_.reset();
  if (last_host_ == nullptr || last_host_->first != line.host) {
    const auto found = hosts_.find(line.host);
    if (found == hosts_.end()) {
      last_host_ = &*hosts_.emplace(line.host, Current{Begin(line), line.uptime_us}).first;
      return last_host_->second.boot;
    }
    last_host_ = &*found;
  }
  Current& host = last_host_->second;
  if (line.text.starts_with(kBanner) || FallsBack(host.uptime_us, line))
    host = {Begin(line), line.uptime_us};
  else
    Note(line, host);
  return host.boot;
}

std::optional<uint32_t> BootTracker::OnUnnamed(const LogLine& line) {
  if (line.text.starts_with(kBanner)) {
    if (!line.prefixed) return std::nullopt;
    unnamed_ = Current{Begin(line), line.uptime_us, true};
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

void BootTracker::OnEvent(EventRecord& event) {
  if (event.kind == "boot" && !event.boot) {
    unnamed_ = Current{Begin({}), {}, false};
    event.boot = unnamed_->boot;
  }
  if (!event.boot) return;
  BootRecord& boot = boots_[*event.boot];
  if (event.kernel_release) boot.kernel_release = event.kernel_release;
  if (event.ram_kb) {
    boot.ram_kb = event.ram_kb;
    boot.ram_from = "mem_info";
  }
  if (event.boot_facts) Add(*event.boot_facts, boot);
}

}  // namespace kautopsy
