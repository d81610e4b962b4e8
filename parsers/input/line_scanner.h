#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/envelope.h"
#include "parsers/input/chunk_reader.h"

namespace kautopsy {

// A line of a chunk that may belong to a record: the kernel's, a witness's, or of unknown format.
struct Candidate {
  uint32_t offset = 0;   // in the chunk
  uint32_t length = 0;   // without the newline
  uint32_t line = 0;     // counted from 0 within the chunk
  bool kernel = false;   // has a prefix: the kernel's, or a witness's
  bool witness = false;  // not the kernel's
  bool noise = false;    // a kernel line of a kind known not to matter
  uint64_t openers = 0;  // groups of words in it that can start a record, see OpenerWord
  bool joined = false;   // holds a second prefix: many lines pasted into one
  bool nul = false;      // holds NUL bytes
  // A prefix, and behind it nothing that CleanLine() or Unescape() changes. Not told of chunks in
  // which no line has an opener.
  bool plain = false;
};

struct ScannedChunk {
  Chunk chunk;
  uint64_t lines = 0;
  uint64_t not_kernel = 0;        // lines of other programs; the rest are candidates
  bool quoted_printable = false;  // a candidate has an encoded equals sign
  std::vector<Candidate> candidates;

  std::string_view Line(const Candidate& candidate) const {
    return chunk.bytes().substr(candidate.offset, candidate.length);
  }
};

// A word that can start a record. Its group is told by bit `group` modulo 64 of a candidate's
// `openers`: more groups share bits, which then say no more than "maybe".
struct OpenerWord {
  std::string_view word;
  unsigned group = 0;
};

// The words that can start a record, compiled once and shared by all threads.
class OpenerWords {
 public:
  explicit OpenerWords(std::span<const OpenerWord> words);
  ~OpenerWords();
  OpenerWords(const OpenerWords&) = delete;
  OpenerWords& operator=(const OpenerWords&) = delete;

  // What a scan reads beside the text, in bytes. It should fit a core's cache.
  std::size_t bytes() const;

 private:
  friend class LineScanner;
  struct Database;
  std::unique_ptr<Database> database_;
};

// Finds the candidates of a chunk: the stage that sees every byte of every log. A pure function of
// the chunk; one scanner per thread.
class LineScanner {
 public:
  // `words` must outlive the scanner.
  explicit LineScanner(const OpenerWords& words);
  ~LineScanner();
  LineScanner(LineScanner&&) noexcept;

  // Fills all but `scanned.chunk`, which is what is scanned.
  void Scan(ScannedChunk& scanned);

 private:
  void Gather(std::string_view line, Classification place, Candidate candidate,
              ScannedChunk& scanned);
  void MarkOpeners(ScannedChunk& scanned);
  void MarkNuls(ScannedChunk& scanned);
  void MarkPlain(ScannedChunk& scanned);

  struct Scratch;
  const OpenerWords& words_;
  std::unique_ptr<Scratch> scratch_;
  std::string text_;            // the candidates' texts, one after the other, each with a newline
  std::vector<uint32_t> ends_;  // where each one ends in text_
};

}  // namespace kautopsy
