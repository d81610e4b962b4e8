#pragma once

#include <memory>

#include "parsers/stream/block.h"

namespace kautopsy {

// Collects an OOM report. A Mem-Info block may be what is left of one that lost its first lines, so
// it is collected as one too; only at the end it shows whether it is a memory report alone, and
// then its event is of kind mem_info.
std::unique_ptr<Block> NewOomBlock();

}  // namespace kautopsy
