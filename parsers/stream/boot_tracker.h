#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/log_line.h"
#include "parsers/event_sink.h"

namespace kautopsy {

// True for kinds of events after which a kernel may be dead. A soft lockup may pass.
bool IsCrash(std::string_view kind);

// Counts the boots of each host that a source shows. A new one begins with the kernel's banner
// ("Linux version ...", init/version.c) or where the uptime falls back further than lines of
// several CPUs overtake each other. Without either, all of a host's lines count as one boot.
//
// The journal tells a boot by its id: then that alone decides, and a boot goes on wherever its id
// is seen again, as in journals of several boots that were merged.
//
// Lines that name no host are a console's, dmesg's, or pasted from anywhere. They have a boot only
// behind a banner, of their own form (with or without a prefix), and no longer once the uptime
// falls back without a banner or a line names a host (the source is then no single machine's), or
// the machine was shut down.
class BootTracker {
 public:
  // Notes a line of a record and returns the index of its boot, if it has one.
  std::optional<uint32_t> OnLine(const LogLine& line);
  // Adds what a finished event tells about its boot: release, size of memory, the boot's own lines,
  // its end.
  // Gives the record of a bare banner its boot: only that it is one tells it from /proc/version.
  void OnEvent(EventRecord& event);
  // Tells how each boot ended, and gives them away.
  std::vector<BootRecord> TakeBoots();

 private:
  // What tells how a boot ended.
  struct End {
    Place first;  // of its records' lines
    Place last;
    std::optional<Place> crash;  // the last line of its last crash
    bool panicked = false;
    bool shut_down = false;
    std::optional<uint32_t> next;  // the boot that follows in the same stream
  };
  struct Current {
    uint32_t boot = 0;
    std::optional<int64_t> uptime_us;
    bool prefixed = true;
    // The boot that began last: one of the journal's may go on behind later ones.
    std::optional<uint32_t> latest = {};
  };
  // `previous`: the boot that ends by this one, if there is one.
  uint32_t Begin(const LogLine& line, std::optional<uint32_t> previous);
  std::optional<uint32_t> OnUnnamed(const LogLine& line);
  // A line of a host whose lines had a boot before: chooses it, or begins another.
  void Follow(const LogLine& line, Current& host);
  void FollowId(const LogLine& line, Current& host);
  void BeginNext(const LogLine& line, Current& host);
  void BeginBare(EventRecord& event);
  void Note(const LogLine& line, Current& current);
  bool Crashed(std::size_t boot) const;

  using Hosts = std::map<std::string, Current, std::less<>>;
  Hosts hosts_;
  Hosts::value_type* last_host_ = nullptr;  // of the line before: most often the next one's too
  std::map<std::string, uint32_t> by_id_;   // boots of the journal, by KeyOf()
  std::optional<Current> unnamed_;          // of lines without a host
  std::vector<BootRecord> boots_;
  std::vector<End> ends_;  // one for each boot
};

}  // namespace kautopsy
