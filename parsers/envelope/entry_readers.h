#pragma once

#include <memory>
#include <string_view>

#include "parsers/envelope/entry.h"

namespace kautopsy {

// The reader of entries for a source in which `line` begins some; none for other lines.
std::unique_ptr<EntryReader> EntryReaderFor(std::string_view line);

}  // namespace kautopsy
