#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

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
//
// A boot is given away once so many others were heard of since that it may be taken to be over, so
// that memory does not grow with the source. Should lines of it come later, they begin another one.
class BootTracker {
 public:
  // What live boots may take, some ten thousand of them: more than a collector of logs has hosts.
  static constexpr std::size_t kMaxBytes = std::size_t{10} << 20;

  // Takes a boot that is over, and its number: they count from 0 in the order of their beginnings.
  using OnBoot = std::function<void(uint32_t index, BootRecord&& boot)>;

  explicit BootTracker(OnBoot on_boot, std::size_t max_bytes = kMaxBytes)
      : on_boot_(std::move(on_boot)), max_bytes_(max_bytes) {}

  // Notes a line of a record and returns the index of its boot, if it has one.
  std::optional<uint32_t> OnLine(const LogLine& line);
  // Adds what a finished event tells about its boot: release, size of memory, the boot's own lines,
  // its end. Nothing if the boot was given away.
  // Gives the record of a bare banner its boot: only that it is one tells it from /proc/version.
  void OnEvent(EventRecord& event);
  // The source has ended: gives away all boots that are left, in order.
  void Finish();

 private:
  // What the next boot of a stream tells about the end of the one before.
  struct Next {
    uint64_t first_line = 0;
    std::optional<PrintedTime> first_time;
    bool crash_kernel = false;
  };
  struct Boot {
    BootRecord record;
    std::size_t bytes = 0;  // of memory that it takes
    std::list<uint32_t>::iterator heard;
    Place first;  // of its records' lines
    Place last;
    std::optional<Place> crash;  // the last line of its last crash
    bool panicked = false;
    bool shut_down = false;
    std::optional<uint32_t> previous;  // the boots before and behind it in the same stream
    std::optional<uint32_t> next;
    std::optional<Next> told;  // of the next one, once it was given away
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
  std::optional<uint32_t> BootOf(const LogLine& line);
  std::optional<uint32_t> OnUnnamed(const LogLine& line);
  // A line of a host whose lines had a boot before: chooses it, or begins another.
  void Follow(const LogLine& line, Current& host);
  void FollowId(const LogLine& line, Current& host);
  void BeginNext(const LogLine& line, Current& host);
  void BeginBare(EventRecord& event);
  void Note(const LogLine& line, Current& current);
  static void NoteEnd(const EventRecord& event, Boot& boot);
  // None if it was given away.
  Boot* Find(uint32_t index);
  void Weigh(Boot& boot);
  // Gives the boots away that were not heard of for longest, until the others fit.
  void GiveSome();
  void Give(uint32_t index);
  void Forget(uint32_t index, const BootRecord& boot);
  static Next TellOf(const Boot& boot);
  bool Crashed(const Boot& boot);

  OnBoot on_boot_;
  std::size_t max_bytes_;
  using Hosts = std::map<std::string, Current, std::less<>>;
  Hosts hosts_;
  Hosts::value_type* last_host_ = nullptr;  // of the line before: most often the next one's too
  std::map<std::string, uint32_t> by_id_;   // boots of the journal, by KeyOf()
  std::optional<Current> unnamed_;          // of lines without a host
  using Boots = std::unordered_map<uint32_t, Boot>;
  Boots boots_;
  Boots::value_type* last_boot_ = nullptr;  // that Find() found: most often the next one, too
  std::list<uint32_t> heard_;               // the same, by the last line or event of each
  std::size_t bytes_ = 0;                   // of all
  uint32_t begun_ = 0;
};

}  // namespace kautopsy
