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
// which year it was. In a temporary table, so that millions of them need no memory; what it holds
// is part of the open transaction. `database` must outlive it.
class UndatedEvents {
 public:
  static Result<UndatedEvents> Create(Database& database);

  Status Add(int64_t event_id, const PrintedTime& time);

  // Of a boot the times without a year, if it has such.
  Status AddBoot(int64_t boot_id, const std::optional<PrintedTime>& first_time,
                 const std::optional<PrintedTime>& last_time);

  // Gives a time to the events and boots whose year `summary` tells, and forgets all.
  Status Resolve(const SourceSummary& summary);

 private:
  enum class What { kEvent, kBootFirst, kBootLast };
  Status Add(What what, int64_t id, const PrintedTime& time);
  Status Date(const SourceSummary& summary);

  Statement insert_;
  Statement select_;
  std::array<Statement, 3> updates_;  // for each What
  Statement clear_;
};

}  // namespace kautopsy
