#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// How a file is packed as a whole, as log rotation does it.
enum class Packing {
  kNone,
  kGzip,
  kBzip2,
  kXz,
  kZstd,
  kLz4,
};

// Tells by the first bytes, not by a name.
Packing PackingOf(std::string_view head);

// Gives what is packed in `packed`. Data that is damaged or ends too early is an error behind all
// that could be unpacked before it.
std::unique_ptr<ByteSource> Unpack(std::unique_ptr<ByteSource> packed, Packing packing);

}  // namespace kautopsy
