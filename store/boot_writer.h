#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Writes the boots of one source. A boot of which another source tells an event, too, is that
// source's boot: it is completed, and no row of its own.
class BootWriter {
 public:
  // `database` must outlive it.
  static Result<std::unique_ptr<BootWriter>> Create(Database& database);

  // The numbers of the source, of its first boot and of its first event.
  void BeginSource(int64_t source_id, int64_t first_boot_id, int64_t first_event_id);

  // The boot of an event, as far as it is known yet.
  Integer IdOf(const EventRecord& event) const;
  // An event of the source is known to belong to an older source's boot.
  void NoteKnown(const EventRecord& event, const Integer& boot_id);
  // An event of the source is new, and gets this number.
  void NoteNew(const EventRecord& event, int64_t event_id);

  struct Stored {
    int64_t boot_id = 0;
    // The source's banner of the boot, if that was told before: all machines print the same one at
    // 0 s, so only the other records of the boot show it.
    Integer own_banner;    // the event that was written, which must go
    Integer known_banner;  // the event that it is
  };
  Result<Stored> Store(uint32_t index, const BootRecord& boot);
  // True if a boot of the source was an older source's: their clocks may be of different quality.
  bool merged() const { return merged_; }

 private:
  struct Banner {
    int64_t event_id = 0;
    int64_t head_hash = 0;
    std::string key;
  };

  Status StorePlace(int64_t boot_id, const BootRecord& boot);
  Result<Integer> FindBanner(const Banner& banner, int64_t boot_id);

  Statement insert_;
  Statement insert_place_;
  Statement merge_;
  Statement move_events_;
  Statement find_banner_;
  int64_t source_id_ = 0;
  int64_t first_boot_id_ = 0;
  int64_t first_event_id_ = 0;
  bool merged_ = false;
  // By the source's numbers, until the boot is stored.
  std::map<uint32_t, Banner> banners_;
  std::map<uint32_t, int64_t> known_;
};

}  // namespace kautopsy
