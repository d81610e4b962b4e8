#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// Who tells of a guest, the one that is believed least first.
enum class GuestTeller {
  kLog,      // the command line in libvirt's log of the guest: its last start
  kConfig,   // /etc/libvirt/qemu: what its next start will be
  kDumpXml,  // virsh dumpxml: the running guest's, else as above
  kState,    // /run/libvirt/qemu: there only while the guest runs
};

// A virtual machine as one file of its host's libvirt tells it. Sizes that no machine can have
// count as not told.
struct Guest {
  std::string name;  // libvirt's; never empty
  Text uuid;
  Integer memory_kb;          // <memory>: RAM that it is started with
  Integer current_memory_kb;  // <currentMemory>: what the balloon leaves of it
  Integer max_memory_kb;      // <maxMemory>: what RAM plugged in later may make of it
  Integer vcpus;
  Integer pid;                  // of its qemu process, as the state file tells it
  Text started;                 // ISO 8601 UTC, of its last start
  uint64_t bad_stamp_line = 0;  // where it stands, if it is no time: "2014-13-41"; else 0
  std::string host;             // that the file itself names; empty if it does not
  GuestTeller teller = GuestTeller::kConfig;
  // Where its memory stands, for evidence: line from 1, byte of it from 1, and text from there on.
  uint64_t line = 0;
  uint64_t column = 0;
  std::string text;
};

// Reads what a file of libvirt's tells of a guest while the file passes by. What is broken, or
// larger than such a file ever is, tells nothing: neither memory nor time grow with it.
class GuestReader {
 public:
  virtual ~GuestReader() = default;
  // The next bytes of the file.
  virtual void Take(std::string_view bytes) = 0;
  // At the file's end, once.
  virtual std::optional<Guest> Finish() = 0;
};

// The reader for the file at `path`, a member of an archive or not; null if files of that name tell
// of no guests.
std::unique_ptr<GuestReader> GuestReaderFor(std::string_view path);

// For a domain's XML, and for libvirt's log of a guest.
std::unique_ptr<GuestReader> NewDomainXmlReader(GuestTeller teller);
std::unique_ptr<GuestReader> NewQemuLogReader();

// `value` in units of `unit`, as libvirt reads it, in KiB; rounded up, as libvirt does. None for
// unknown units and for sizes that no machine has.
Integer ScaleToKb(int64_t value, std::string_view unit);

}  // namespace kautopsy
