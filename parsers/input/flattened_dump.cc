#include "parsers/input/flattened_dump.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

// makedumpfile.h, struct makedumpfile_header and struct makedumpfile_data_header: the head takes
// MAX_SIZE_MDF_HEADER bytes; before each piece stand its offset and its size, both big endian, and
// -1 (END_FLAG_FLAT_HEADER) for both behind the last one.
constexpr std::string_view kSignature = "makedumpfile\0\0\0\0"sv;
constexpr uint64_t kHeadBytes = 4096;
constexpr std::size_t kPieceHeadBytes = 16;
constexpr uint64_t kEndFlag = UINT64_MAX;

constexpr std::size_t kCopyBytes = 1 << 20;
constexpr uint64_t kProgressBytes = 64 << 20;

uint64_t BigEndian(std::span<const char> bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

struct Piece {
  uint64_t to = 0;    // its place in the dump
  uint64_t size = 0;  // [bytes]
  bool end = false;   // no piece: the end
};

Result<Piece> ReadPieceHead(int file, uint64_t at) {
  std::array<char, kPieceHeadBytes> head = {};
  const Result<std::size_t> read = ReadAt(file, head, at);
  if (!read) return tl::unexpected(read.error());
  if (*read < head.size()) return Fail("the flattened dump ends too early");
  const Piece piece = {.to = BigEndian(std::span(head).first(8)),
                       .size = BigEndian(std::span(head).last(8))};
  if (piece.to == kEndFlag && piece.size == kEndFlag) return Piece{.end = true};
  if (piece.to > INT64_MAX || piece.size > INT64_MAX || piece.size == 0)
    return Fail("the flattened dump is damaged");
  return piece;
}

Status CopyPiece(int from, uint64_t at, const Piece& piece, int to) {
  std::vector<char> block(static_cast<std::size_t>(std::min<uint64_t>(piece.size, kCopyBytes)));
  for (uint64_t done = 0; done < piece.size;) {
    const auto wanted =
        static_cast<std::size_t>(std::min<uint64_t>(block.size(), piece.size - done));
    const Result<std::size_t> read = ReadAt(from, std::span(block).first(wanted), at + done);
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) return Fail("the flattened dump ends too early");
    if (Status status = WriteAt(to, std::span(block).first(*read), piece.to + done); !status)
      return status;
    done += *read;
  }
  return {};
}

Status CopyPieces(int from, int to, const Progress& progress) {
  uint64_t at = kHeadBytes;
  for (uint64_t told = 0;;) {
    const Result<Piece> piece = ReadPieceHead(from, at);
    if (!piece) return tl::unexpected(piece.error());
    if (piece->end) return {};
    at += kPieceHeadBytes;
    if (Status status = CopyPiece(from, at, *piece, to); !status) return status;
    at += piece->size;
    if (at - told < kProgressBytes) continue;
    told = at;
    if (progress) progress();
  }
}

}  // namespace

bool IsFlattenedDump(std::string_view head) { return head.starts_with(kSignature); }

Result<WholeFile> ReassembleDump(int file, const Progress& progress) {
  Result<FileDescriptor> whole = MakeTemporaryFile();
  if (!whole) return tl::unexpected(whole.error());
  WholeFile dump{.file = std::move(*whole), .error = std::nullopt};
  if (Status status = CopyPieces(file, dump.file.get(), progress); !status)
    dump.error = status.error();
  return dump;
}

}  // namespace kautopsy
