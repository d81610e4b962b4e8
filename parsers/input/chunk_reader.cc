#include "parsers/input/chunk_reader.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace kautopsy {

ChunkReader::ChunkReader(ByteSource& source, std::size_t chunk_bytes)
    : source_(source), chunk_bytes_(std::max<std::size_t>(chunk_bytes, 1)) {}

void ChunkReader::Fill(Chunk& chunk) {
  while (chunk.size < chunk.storage.size() && !ended_) {
    const std::span<char> room = std::span(chunk.storage).subspan(chunk.size);
    const Result<std::size_t> count = source_.Read(room);
    if (!count) error_ = count.error();
    ended_ = !count || *count == 0;
    if (ended_) return;
    hasher_.Add({room.data(), *count});
    bytes_ += *count;
    chunk.size += *count;
  }
}

void ChunkReader::SkipToLineEnd() {
  Chunk skipped;
  skipped.storage.resize(chunk_bytes_);
  while (!ended_) {
    skipped.size = 0;
    Fill(skipped);
    const std::size_t newline = skipped.bytes().find('\n');
    if (newline == std::string_view::npos) continue;
    carry_ = skipped.bytes().substr(newline + 1);
    return;
  }
}

bool ChunkReader::CloseHoles(Chunk& chunk) {
  char* const begin = chunk.storage.data();
  char* const end = begin + chunk.size;
  char* hole = std::find(begin, end, '\0');
  const auto rest = static_cast<std::size_t>(end - hole);
  char* closed = end;
  if (rest > 1 && std::memcmp(hole, hole + 1, rest - 1) == 0)
    closed = hole + 1;  // nothing else behind: what a file of gigabytes mostly is
  else
    closed = std::unique(hole, end, [](char left, char right) { return left == 0 && right == 0; });
  const std::size_t before = std::exchange(chunk.size, static_cast<std::size_t>(closed - begin));
  return chunk.size <= before / 2;
}

bool ChunkReader::Next(Chunk& chunk) {
  chunk.cut = chunk.unterminated = false;
  chunk.offset = bytes_ - carry_.size();
  chunk.storage.resize(std::max({chunk.storage.size(), chunk_bytes_, carry_.size()}));
  chunk.size = carry_.copy(chunk.storage.data(), carry_.size());
  carry_.clear();
  std::size_t searched = 0;  // no newline before it
  bool closed = false;
  while (true) {
    Fill(chunk);
    const std::string_view added = chunk.bytes().substr(searched);
    // What stands behind a line whose holes were closed has another place in the source.
    const std::size_t newline = closed ? added.find('\n') : added.rfind('\n');
    if (newline != std::string_view::npos) {
      carry_ = chunk.bytes().substr(searched + newline + 1);
      chunk.size = searched + newline + 1;
      if (closed) CloseHoles(chunk);
      return true;
    }
    if (ended_) break;
    if (chunk.size >= kMaxLineBytes) {
      chunk.cut = !CloseHoles(chunk);
      if (chunk.cut) {
        chunk.size = std::min(chunk.size, kMaxLineBytes);
        SkipToLineEnd();
        return true;
      }
      closed = true;
    }
    searched = chunk.size;
    chunk.storage.resize(std::min(chunk.storage.size() * 2, kMaxLineBytes));
  }
  if (closed) CloseHoles(chunk);
  chunk.unterminated = true;
  return chunk.size > 0;
}

}  // namespace kautopsy
