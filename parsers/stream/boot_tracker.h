#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parsers/envelope/log_line.h"
#include "parsers/event_sink.h"

namespace kautopsy {

// Counts the boots of each host that a source shows. A new one begins with the kernel's banner
// ("Linux version ...", init/version.c) or where the uptime falls back further than lines of
// several CPUs overtake each other. Without either, all of a host's lines count as one boot.
class BootTracker {
 public:
  // Notes a line of a record and returns the index of its boot; none without a host.
  std::optional<uint32_t> OnLine(const LogLine& line);
  // Adds what a finished event tells about its boot: release, size of memory, the boot's own lines.
  void OnEvent(const EventRecord& event);
  std::vector<BootRecord> TakeBoots() { return std::move(boots_); }

 private:
  struct Current {
    uint32_t boot = 0;
    std::optional<int64_t> uptime_us;
  };
  uint32_t Begin(const LogLine& line);

  using Hosts = std::map<std::string, Current, std::less<>>;
  Hosts hosts_;
  Hosts::value_type* last_host_ = nullptr;  // of the line before: most often the next one's too
  std::vector<BootRecord> boots_;
};

}  // namespace kautopsy
