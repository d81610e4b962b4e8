#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time_zone.h"
#include "parsers/event_sink.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/chunk_reader.h"

namespace kautopsy {

struct ImportOptions {
  std::optional<TimeZone> zone;       // of times that are printed without one
  std::string host;                   // of lines that name none; empty if it is not known
  std::optional<int64_t> mtime;       // [s] since the epoch: when the source was changed last
  std::optional<int64_t> crash_time;  // likewise: when the kernel died whose log it is, up to then
  bool sha256 = false;                // compute the SHA-256 of the bytes
  unsigned scan_threads =
      1;  // threads beside the calling one and the reader; 0: neither is started
  std::size_t chunk_bytes = ChunkReader::kChunkBytes;  // what is found does not depend on it
  // Called now and then, on the calling thread, with the number of bytes read so far.
  std::function<void(uint64_t bytes)> progress;
};

struct ImportResult {
  // The log has records, but goes from newest to oldest (IsNewestFirst()), so that what was found
  // need not be there: nothing was stored.
  bool newest_first = false;
  SourceCounts counts;
  SourceSummary summary;
  uint64_t events = 0;
  uint64_t incomplete_events = 0;
  uint64_t lines_in_lines = 0;  // of the ledger's: behind the first of a message in a line of JSON
};

// Reads one source to its end, finds the records in it and writes them to `sink` as one unit.
// `path` as the user gave it, `kind` as BeginSource() takes it. A source that cannot be read to its
// end is kept as far as it went, and `summary.damage` says so; an error means that nothing was
// stored, nor can be.
Result<ImportResult> ImportSource(ByteSource& source, std::string_view path, std::string_view kind,
                                  const ImportOptions& options, EventSink& sink);

}  // namespace kautopsy
