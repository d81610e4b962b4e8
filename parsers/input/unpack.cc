#include "parsers/input/unpack.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "parsers/input/archive_handle.h"
#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kPackedBlock = 256 * 1024;
constexpr std::size_t kHeadBytes = 64;  // enough for PackingOf()

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
                             {"\x04\x22\x4D\x18"sv, Packing::kLz4},
                             {"\x02\x21\x4C\x18"sv, Packing::kLz4Legacy}};

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// Frames that hold no data stand between those of zstd and lz4: a magic number out of sixteen, and
// how many bytes follow (RFC 8878, 3.1.2). pzstd writes one before each of its frames.
bool IsSkippable(std::string_view head) {
  return head.size() >= 8 && (LittleEndian(head.substr(0, 4)) & ~uint64_t{0xF}) == 0x184D2A50;
}

// It has no magic number. As alone_decode() of liblzma judges where it is picky (alone_decoder.c):
// how it is packed, here as all programs do; the size of the dictionary, a power of two; the size
// unpacked, below 256 GiB if it is known. The data begins with a zero (rangecoder/range_decoder.h).
bool IsLzma(std::string_view head) {
  constexpr uint64_t kUnknown = ~uint64_t{0};
  constexpr uint64_t kMostUnpacked = uint64_t{1} << 38;
  if (head.size() < 14 || head[0] != '\x5D' || head[13] != '\0') return false;
  const uint64_t unpacked = LittleEndian(head.substr(5, 8));
  return std::has_single_bit(LittleEndian(head.substr(1, 4))) &&
         (unpacked == kUnknown || unpacked < kMostUnpacked);
}

const char* NameOf(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      break;
    case Packing::kGzip:
      return "gzip";
    case Packing::kBzip2:
      return "bzip2";
    case Packing::kXz:
      return "xz";
    case Packing::kLzma:
      return "lzma";
    case Packing::kZstd:
      return "zstd";
    case Packing::kLz4:
    case Packing::kLz4Legacy:
      return "lz4";
  }
  return "";
}

std::unique_ptr<Decoder> DecoderOf(Packing packing) {
  switch (packing) {
    case Packing::kNone:
    case Packing::kLz4Legacy:
      break;
    case Packing::kGzip:
      return NewGzipDecoder();
    case Packing::kBzip2:
      return NewBzip2Decoder();
    case Packing::kXz:
      return NewLzmaDecoder(LzmaFormat::kXz);
    case Packing::kLzma:
      return NewLzmaDecoder(LzmaFormat::kLzmaAlone);
    case Packing::kZstd:
      return NewZstdDecoder();
    case Packing::kLz4:
      return NewLz4Decoder();
  }
  return nullptr;
}

// Decodes one member after the other: files that were packed one by one and joined are one file.
class UnpackedSource final : public ByteSource {
 public:
  UnpackedSource(std::unique_ptr<ByteSource> packed, Packing packing,
                 std::unique_ptr<Decoder> decoder, std::function<void()> before_large)
      : packed_(std::move(packed)),
        packing_(packing),
        decoder_(std::move(decoder)),
        before_large_(std::move(before_large)),
        block_(kPackedBlock),
        in_(reinterpret_cast<const uint8_t*>(block_.data()), 0) {
    Begin();
  }

  Result<std::size_t> Read(std::span<char> block) override {
    const std::span<char> room = block.first(std::min(block.size(), kMostAtOnce));
    std::span<uint8_t> out(reinterpret_cast<uint8_t*>(room.data()), room.size());
    while (out.size() == room.size() && !out.empty() && !error_ && !done_) Step(out);
    const std::size_t size = room.size() - out.size();
    unpacked_ += size;
    // What was unpacked before an error is given out first.
    if (size == 0 && error_) return tl::unexpected(*error_);
    return size;
  }

 private:
  // Libraries count in 32 bits.
  static constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;
  static constexpr int kMostIdleSteps = 4;

  void Step(std::span<uint8_t>& out) {
    if (in_.empty()) Fill();
    if (between_members_) {
      FindMember();
      return;
    }
    WaitIfLarge();
    const std::size_t before = in_.size() + out.size();
    const Result<bool> ended = decoder_->Decode(in_, out);
    idle_steps_ = in_.size() + out.size() == before ? idle_steps_ + 1 : 0;
    if (!ended)
      error_ = ended.error();
    else if (*ended)
      between_members_ = true;
    else if (idle_steps_ > kMostIdleSteps)
      error_ = Stuck();
  }

  Error Stuck() const {
    if (packed_error_) return *packed_error_;
    return Error{fmt::format("the {} data {}", NameOf(packing_),
                             in_.empty() ? "ends too early" : "is damaged")};
  }

  void FindMember() {
    // NULs fill up the block of a tape; xz pads with them, too.
    const auto data = std::ranges::find_if(in_, [](uint8_t byte) { return byte != 0; });
    in_ = in_.last(static_cast<std::size_t>(in_.end() - data));
    while (!in_.empty() && in_.size() < kHeadBytes && !ended_) Fill();
    done_ = in_.empty() && ended_;
    if (done_) error_ = packed_error_;
    if (in_.empty()) return;
    const std::string_view head(reinterpret_cast<const char*>(in_.data()), in_.size());
    if (PackingOf(head) != packing_ && !MaySkip(head))
      error_ =
          Error{fmt::format("other data follows the {} data; it is not read", NameOf(packing_))};
    else
      Begin();
  }

  bool MaySkip(std::string_view head) const {
    return (packing_ == Packing::kZstd || packing_ == Packing::kLz4) && IsSkippable(head);
  }

  void Begin() {
    between_members_ = false;
    if (const Status begun = decoder_->Begin(); !begun) error_ = begun.error();
  }

  // Reads more behind what is left in `in_`, and keeps before it what may be given back.
  void Fill() {
    if (ended_) return;
    const uint8_t* const begin = reinterpret_cast<const uint8_t*>(block_.data());
    const std::size_t kept = std::min(static_cast<std::size_t>(in_.data() - begin), kMostGivenBack);
    std::memmove(block_.data(), in_.data() - kept, kept + in_.size());
    const std::size_t size = kept + in_.size();
    const Result<std::size_t> read = packed_->Read(std::span(block_).subspan(size));
    // What the decoder has got before that error is good.
    if (!read) packed_error_ = read.error();
    ended_ = !read || *read == 0;
    in_ = {begin + kept, in_.size() + read.value_or(0)};
  }

  void WaitIfLarge() {
    if (!before_large_ || unpacked_ <= kUsualWindowBytes ||
        decoder_->memory_bytes() <= kUsualWindowBytes)
      return;
    std::exchange(before_large_, nullptr)();
  }

  std::unique_ptr<ByteSource> packed_;
  Packing packing_;
  std::unique_ptr<Decoder> decoder_;
  std::function<void()> before_large_;  // none once it was called
  std::vector<char> block_;
  std::span<const uint8_t> in_;  // of `block_`, what is not decoded yet
  bool ended_ = false;           // `packed_`
  std::optional<Error> packed_error_;
  bool between_members_ = false;
  bool done_ = false;
  int idle_steps_ = 0;     // one after the other, that changed nothing
  uint64_t unpacked_ = 0;  // [bytes]
  std::optional<Error> error_;
};

// The format that lz4 had first. It has neither an end nor a sum, and the library of lz4 does not
// know it; libarchive does, and gives out each of its blocks.
class Lz4LegacySource final : public ByteSource {
 public:
  explicit Lz4LegacySource(std::unique_ptr<ByteSource> packed)
      : handle_(std::move(packed), "the packed data") {
    archive_read_support_filter_lz4(handle_.get());
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

}  // namespace

Packing PackingOf(std::string_view head) {
  while (IsSkippable(head)) {
    const uint64_t size = 8 + LittleEndian(head.substr(4, 4));
    if (size >= head.size()) return Packing::kZstd;  // what follows cannot be seen
    head.remove_prefix(size);
  }
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return magic.packing;
  }
  return IsLzma(head) ? Packing::kLzma : Packing::kNone;
}

std::unique_ptr<ByteSource> Unpack(std::unique_ptr<ByteSource> packed, Packing packing,
                                   std::function<void()> before_large) {
  if (packing == Packing::kLz4Legacy) return std::make_unique<Lz4LegacySource>(std::move(packed));
  std::unique_ptr<Decoder> decoder = DecoderOf(packing);
  if (!decoder) return packed;
  return std::make_unique<UnpackedSource>(std::move(packed), packing, std::move(decoder),
                                          std::move(before_large));
}

}  // namespace kautopsy
