#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "parsers/input/chunk_reader.h"
#include "parsers/input/line_scanner.h"

namespace kautopsy {

// Reads a source and scans it on threads of its own and gives the scanned chunks in the order of
// the source, whatever the number of threads. A source that fits into one chunk is scanned without
// any. At most a few chunks are held at a time, so memory does not grow with the source.
class ScanPipeline {
 public:
  // `source` and `words` must outlive the pipeline. `scan_threads` of 0 scans on the
  // calling thread.
  ScanPipeline(ByteSource& source, const OpenerWords& words, unsigned scan_threads,
               std::size_t chunk_bytes);
  ~ScanPipeline();  // stops early if not read to the end

  // Gives the next chunk in exchange for the one that the last call gave. False at the end.
  bool Next(ScannedChunk& scanned);

  // What was read; valid after Next() has returned none.
  const std::optional<Error>& error() const { return reader_.error(); }
  uint64_t bytes() const { return reader_.bytes(); }
  std::string ContentHash() const { return reader_.ContentHash(); }

 private:
  struct Threads;
  ChunkReader reader_;
  ScannedChunk first_;
  bool has_first_;
  std::unique_ptr<LineScanner> scanner_;  // without threads
  std::unique_ptr<Threads> threads_;
};

}  // namespace kautopsy
