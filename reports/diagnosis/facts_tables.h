#pragma once

#include "base/result.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/row_reader.h"

namespace kautopsy {

// Sums up the process table in SQL and reads the rows of guests, of the largest tasks and victims.
Status ReadTasks(RowReader& reader, EventFacts& event);
// Reads the name and value lines of /proc/meminfo and free.
Status ReadValues(RowReader& reader, EventFacts& event);
// Reads the text of a pasted command.
Status ReadCommand(RowReader& reader, EventFacts& event);

}  // namespace kautopsy
