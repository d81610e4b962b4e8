#include "parsers/input/chunk_reader.h"

#include <algorithm>
#include <span>

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

bool ChunkReader::Next(Chunk& chunk) {
  chunk.cut = chunk.unterminated = false;
  chunk.offset = bytes_ - carry_.size();
  chunk.storage.resize(std::max({chunk.storage.size(), chunk_bytes_, carry_.size()}));
  chunk.size = carry_.copy(chunk.storage.data(), carry_.size());
  carry_.clear();
  std::size_t searched = 0;  // no newline before it
  while (true) {
    Fill(chunk);
    const std::size_t newline = chunk.bytes().substr(searched).rfind('\n');
    if (newline != std::string_view::npos) {
      carry_ = chunk.bytes().substr(searched + newline + 1);
      chunk.size = searched + newline + 1;
      return true;
    }
    if (ended_) break;
    searched = chunk.size;
    if (chunk.size >= kMaxLineBytes) {
      chunk.size = kMaxLineBytes;
      chunk.cut = true;
      SkipToLineEnd();
      return true;
    }
    chunk.storage.resize(std::min(chunk.storage.size() * 2, kMaxLineBytes));
  }
  chunk.unterminated = true;
  return chunk.size > 0;
}

}  // namespace kautopsy
