#pragma once

#include <cstdint>
#include <optional>

namespace kautopsy {

// How long the ELF file must be to hold all the segments that its head tells of [bytes]; none if
// its head cannot be read, or is not ELF's.
std::optional<uint64_t> ElfExtent(int file);

}  // namespace kautopsy
