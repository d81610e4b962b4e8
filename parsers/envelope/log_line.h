#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "parsers/event_sink.h"

namespace kautopsy {

// A physical line that a mail program broke off the one above it.
struct BrokenOff {
  Place place;
  std::string_view raw;
};

// One line of a log with its transport's prefix taken apart. All views point into the source's
// buffer and live until the next line is asked for.
struct LogLine {
  Place place;
  std::string_view raw;                // as it stands in the source, the prefix included
  std::span<const BrokenOff> wrapped;  // what follows of it in the source
  std::string_view text;               // what the program printed, blanks around it taken off
  std::string_view host;               // empty if the line names none
  std::string_view boot_id;            // as the journal tells it, _BOOT_ID; empty if it does not
  std::optional<PrintedTime> time;
  std::string_view local_time;  // `time` as printed
  std::optional<int64_t> uptime_us;
  std::string_view caller;  // task or CPU that printed it, "T146" or "C1"; empty if not told
  bool witness = false;     // printed by a program that IsWitness() names, not by the kernel
  bool untagged = false;    // its words alone, see BehindUntaggedHost(), tell the kernel's
  bool prefixed = false;    // false: bare text, maybe somebody's prose
  bool escaped = false;     // the transport wrote control bytes as \xNN
  bool plain = false;       // nothing in it is encoded or marked by a transport, see Candidate
  bool cut = false;         // nothing shows that it is whole: `text` is trimmed to what is sure
  bool trimmed = false;     // and some of it was not: there was more

  // Where `text` begins in `raw`, in bytes. Its head is looked for where it is a copy, of a broken
  // line or a cleaned one. npos if marks of the transport were undone there.
  std::size_t indent() const {
    const bool inside = text.data() >= raw.data() && text.data() <= raw.data() + raw.size();
    return inside ? static_cast<std::size_t>(text.data() - raw.data())
                  : raw.find(text.substr(0, 16));
  }
};

}  // namespace kautopsy
