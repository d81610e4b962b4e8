#pragma once

#include <memory>

#include "parsers/stream/block.h"

namespace kautopsy {

// Collects the lines of any crash: all have the same parts in about the same order, a head that
// tells the kind, who was running, modules, registers, call traces, an end.
std::unique_ptr<Block> NewCrashBlock();

}  // namespace kautopsy
