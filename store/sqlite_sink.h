#pragma once

#include <memory>

#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Writes events into a store: a source whole or not at all, and those of a second in one
// transaction, which stays open until Flush(). A full disk undoes all of it. `database` must
// outlive the sink.
std::unique_ptr<EventSink> NewSqliteSink(Database& database);

}  // namespace kautopsy
