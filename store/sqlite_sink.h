#pragma once

#include <memory>

#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Writes events into a store, one transaction per source. `database` must outlive the sink.
std::unique_ptr<EventSink> NewSqliteSink(Database& database);

}  // namespace kautopsy
