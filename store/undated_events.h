#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Remembers the events and boots of one source whose times lack a year until the source's end shows
// which days are dated in full in its text. In a temporary table, so that millions of them need no
// memory; what it holds is part of the open transaction. `database` must outlive it.
class UndatedEvents {
 public:
  static Result<UndatedEvents> Create(Database& database);

  // Events that the store knew before are dated, too, if they were not.
  Status Add(int64_t event_id, const PrintedTime& time);

  // Of a boot the times without a year, if it has such.
  Status AddBoot(int64_t boot_id, const std::optional<PrintedTime>& first_time,
                 const std::optional<PrintedTime>& last_time);

  // Gives a time to the events and boots of the days whose year `summary` tells, and forgets all.
  Status Resolve(int64_t source_id, const SourceSummary& summary);
  Status Forget();

 private:
  enum class What { kEvent, kBootFirst, kBootLast };
  Status Add(What what, int64_t id, const PrintedTime& time);
  Status Date(int64_t source_id, const SourceSummary& summary);
  Status Update(What what, int64_t source_id, const PrintedTime& printed,
                const SourceSummary& summary);

  Statement insert_;
  Statement select_;
  std::array<std::array<Statement, 2>, 3> updates_;  // for each What
  Statement outdate_;
  Statement clear_;
};

}  // namespace kautopsy
