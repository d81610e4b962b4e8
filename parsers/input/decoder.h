#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace kautopsy {

constexpr std::size_t kMostGivenBack = 8;  // what inflate_state of ISA-L has room for (read_in)

// The library of one packed format, for Unpack(). What it has decoded before an error is given out:
// some libraries keep no count of that, and are then fed so that nothing is lost.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Makes ready for a member: what one call of the packing program wrote. It begins with the next
  // byte. To be called before all else.
  virtual Status Begin() = 0;
  // Decodes some of `in` to `out`, which is not empty, and takes what it used and filled off their
  // fronts, also where it fails; it may give back up to kMostGivenBack bytes of earlier calls,
  // which must still stand before `in`. An empty `in` asks for what is decoded and not given out
  // yet. True at the end of the member, once all of it is given out. An error says why nothing more
  // can be decoded.
  virtual Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) = 0;
  // What the member at hand makes it hold [bytes], if that may be more than 16 MiB; else 0. The
  // memory fills up as bytes are decoded.
  virtual uint64_t memory_bytes() const { return 0; }
};

// Formats can ask for any amount of memory; no more is given than what they call a window or
// dictionary of this size takes, the most that `zstd -d` takes without being told (zstd(1)).
constexpr uint64_t kMaxWindowBytes = uint64_t{128} << 20;

enum class LzmaFormat { kXz, kLzmaAlone };

std::unique_ptr<Decoder> NewBzip2Decoder();
std::unique_ptr<Decoder> NewGzipDecoder();
std::unique_ptr<Decoder> NewLz4Decoder();
std::unique_ptr<Decoder> NewLzmaDecoder(LzmaFormat format);
std::unique_ptr<Decoder> NewZstdDecoder();

}  // namespace kautopsy
