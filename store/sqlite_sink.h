#pragma once

#include <memory>
#include <optional>

#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Writes events into a store: a source whole or not at all, and those of a second in one
// transaction, which stays open until Flush(). A full disk undoes all of it. `database` must
// outlive the sink. `year`, if the user gives it, is that of the first line of each source whose
// lines lack it. What is given for a source that is known, the zone also, holds for it from now on,
// once DateSources() was called.
std::unique_ptr<EventSink> NewSqliteSink(Database& database, std::optional<int> year = {});

}  // namespace kautopsy
