#pragma once

#include <cstdint>
#include <functional>
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
  kLzma,  // what xz was before it had a format of its own
  kZstd,
  kLz4,
  kLz4Legacy,
};

// Tells by the first bytes, not by a name; 64 of them are enough.
Packing PackingOf(std::string_view head);

// Some formats make their reader keep much of what it has unpacked: up to 64 MiB for `xz -9`, 128
// MiB for `zstd --long`. Below this [bytes] it is usual.
constexpr uint64_t kUsualWindowBytes = uint64_t{16} << 20;

// Gives what is packed in `packed`. Data that is damaged, ends too early or is followed by other
// data is an error behind all that could be unpacked before it. `before_large`, if any, is called
// once, in a Read(), before more than kUsualWindowBytes are kept; it may wait.
std::unique_ptr<ByteSource> Unpack(std::unique_ptr<ByteSource> packed, Packing packing,
                                   std::function<void()> before_large = {});

}  // namespace kautopsy
