#include "parsers/input/unpack.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "parsers/input/archive_handle.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kPackedBlock = 256 * 1024;

// ISA-L reads gzip three times as fast as zlib, which libarchive uses.
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> packed)
      : packed_(std::move(packed)), block_(kPackedBlock) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }

  Result<std::size_t> Read(std::span<char> block) override {
    if (error_) return tl::unexpected(*error_);
    const auto room = static_cast<uint32_t>(std::min(block.size(), kMostAtOnce));
    state_.next_out = reinterpret_cast<uint8_t*>(block.data());
    state_.avail_out = room;
    while (state_.avail_out == room) {
      if (!error_ && state_.avail_in == 0 && !end_) Fill();
      if (!error_ && state_.block_state == ISAL_BLOCK_FINISH && !BeginMember() && !error_) return 0;
      if (!error_) Inflate(room);
      // What was unpacked before an error is given out first.
      if (error_ && state_.avail_out == room) return tl::unexpected(*error_);
    }
    return room - state_.avail_out;
  }

 private:
  static constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;
  static constexpr uint8_t kFirstOfMagic = 0x1F;

  void Fill() {
    const Result<std::size_t> read = packed_->Read(block_);
    if (!read) {
      error_ = read.error();
      return;
    }
    end_ = *read == 0;
    state_.next_in = reinterpret_cast<uint8_t*>(block_.data());
    state_.avail_in = static_cast<uint32_t>(*read);
  }

  // Files that were packed one by one and joined are one file. NULs behind a member fill up the
  // block of a tape.
  bool BeginMember() {
    if (state_.avail_in == 0) return false;
    if (state_.next_in[0] != kFirstOfMagic) {
      if (state_.next_in[0] != 0)
        error_ = Error{"other data follows the gzip data; it is not read"};
      return false;
    }
    isal_inflate_reset(&state_);
    return true;
  }

  void Inflate(uint32_t room) {
    const bool had_input = state_.avail_in > 0;
    if (isal_inflate(&state_) < 0)
      error_ = Error{"the gzip data is damaged"};
    else if (!had_input && state_.avail_out == room && state_.block_state != ISAL_BLOCK_FINISH)
      error_ = Error{"the gzip data ends too early"};
  }

  std::unique_ptr<ByteSource> packed_;
  std::vector<char> block_;
  inflate_state state_ = {};
  bool end_ = false;  // of `packed_`
  std::optional<Error> error_;
};

// What libarchive can unpack.
class ArchiveSource final : public ByteSource {
 public:
  explicit ArchiveSource(std::unique_ptr<ByteSource> packed)
      : handle_(std::move(packed), "the packed data") {
    archive_read_support_filter_bzip2(handle_.get());
    archive_read_support_filter_lz4(handle_.get());
    archive_read_support_filter_xz(handle_.get());
    archive_read_support_filter_zstd(handle_.get());
    archive_read_support_format_raw(handle_.get());
    archive_read_support_format_empty(handle_.get());
  }

  Result<std::size_t> Read(std::span<char> block) override {
    if (!entry_) {
      const Result<archive_entry*> entry = handle_.Next();
      if (!entry) return tl::unexpected(entry.error());
      entry_ = *entry;
    }
    if (*entry_ == nullptr) return 0;  // nothing was packed
    return handle_.Read(block);
  }

 private:
  ArchiveHandle handle_;
  std::optional<archive_entry*> entry_;  // once it was asked for
};

struct Magic {
  std::string_view bytes;
  Packing packing;
};

constexpr Magic kMagics[] = {{"\x1F\x8B\x08"sv, Packing::kGzip},
                             {"BZh"sv, Packing::kBzip2},
                             {"\xFD"
                              "7zXZ\0"sv,
                              Packing::kXz},
                             {"\x28\xB5\x2F\xFD"sv, Packing::kZstd},
                             {"\x04\x22\x4D\x18"sv, Packing::kLz4}};

}  // namespace

Packing PackingOf(std::string_view head) {
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return magic.packing;
  }
  return Packing::kNone;
}

std::unique_ptr<ByteSource> Unpack(std::unique_ptr<ByteSource> packed, Packing packing) {
  switch (packing) {
    case Packing::kNone:
      return packed;
    case Packing::kGzip:
      return std::make_unique<GzipSource>(std::move(packed));
    case Packing::kBzip2:
    case Packing::kXz:
    case Packing::kZstd:
    case Packing::kLz4:
      return std::make_unique<ArchiveSource>(std::move(packed));
  }
  return packed;
}

}  // namespace kautopsy
