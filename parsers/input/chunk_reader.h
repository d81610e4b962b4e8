#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// Some whole lines of a source, newlines included.
struct Chunk {
  std::vector<char>
      storage;           // kept at its size when a chunk is used again: growing costs page faults
  std::size_t size = 0;  // of `storage`, what the chunk holds
  uint64_t offset = 0;   // [bytes] of its beginning in the source
  bool cut = false;      // its last line was longer than a line may be: the rest was passed over
  bool unterminated = false;  // its last line is the source's last and has no newline

  std::string_view bytes() const { return {storage.data(), size}; }
};

// Cuts a source into chunks at line ends. Memory is bounded by the longest line that is let
// through, of which holes do not count: of a line that is too long by its NULs, each run of them is
// one in the chunk.
class ChunkReader {
 public:
  static constexpr std::size_t kChunkBytes = 512 << 10;  // fits a core's L2 cache
  static constexpr std::size_t kMaxLineBytes =
      1 << 20;  // a joined paste has 20 KB, a runaway line GBs

  // `source` must outlive the reader. `chunk_bytes` is how much a chunk holds at most, unless one
  // line is longer; what is found in a source does not depend on it.
  explicit ChunkReader(ByteSource& source, std::size_t chunk_bytes = kChunkBytes);

  // Fills `chunk`, whose memory is used again. False at the end or at an error, which `error()`
  // tells.
  bool Next(Chunk& chunk);

  const std::optional<Error>& error() const { return error_; }
  uint64_t bytes() const { return bytes_; }
  std::string ContentHash() const { return hasher_.Hex(); }  // of all bytes read so far

 private:
  // Reads until `chunk` is full. Sets `ended_` at end or error.
  void Fill(Chunk& chunk);
  void SkipToLineEnd();
  // Makes one NUL of each run of them in a chunk that holds one line: a power cut leaves holes.
  // False if that leaves more than half of it: a line of that kind may be too long.
  static bool CloseHoles(Chunk& chunk);

  ByteSource& source_;
  const std::size_t chunk_bytes_;
  std::string carry_;  // the beginning of the next chunk
  Hasher hasher_;
  uint64_t bytes_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace kautopsy
