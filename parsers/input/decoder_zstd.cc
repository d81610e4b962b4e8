#include <fmt/core.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>

#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

constexpr std::size_t kBlockHeader = 3;  // [bytes] RFC 8878, 3.1.1.2
constexpr int kMaxWindowLog = std::bit_width(kMaxWindowBytes) - 1;

// ZSTD_decompressStream() tells how much it has written only where it succeeds
// (zstd_decompress.c). So it never decodes a block and meets the next one's header in one call: it
// gets what it says it expects less the header that it would like to have with it, and nothing
// while a block waits for room.
class ZstdDecoder final : public Decoder {
 public:
  Status Begin() override {
    if (!context_) context_.reset(ZSTD_createDCtx());
    if (!context_) return Fail("no memory to unpack zstd");
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
    expected_ = kBlockHeader;
    full_ = false;
    return {};
  }

  Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) override {
    const std::size_t most = expected_ > kBlockHeader ? expected_ - kBlockHeader : expected_;
    ZSTD_inBuffer used = {
        .src = in.data(), .size = full_ ? 0 : std::min(most, in.size()), .pos = 0};
    ZSTD_outBuffer filled = {.dst = out.data(), .size = out.size(), .pos = 0};
    const std::size_t status = ZSTD_decompressStream(context_.get(), &filled, &used);
    if (ZSTD_isError(status) != 0) return Fail(Reason(status));
    expected_ = status;
    full_ = filled.pos == filled.size;
    in = in.subspan(used.pos);
    out = out.subspan(filled.pos);
    return expected_ == 0;
  }

  uint64_t memory_bytes() const override { return ZSTD_sizeof_DCtx(context_.get()); }

 private:
  struct Freer {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  static std::string Reason(std::size_t status) {
    switch (ZSTD_getErrorCode(status)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        return fmt::format(
            "needs a window of more than {} MiB to be unpacked; "
            "try: zstd -dc --long=31 FILE | kautopsy -",
            kMaxWindowBytes >> 20);
      case ZSTD_error_dictionary_wrong:
        return "was packed with a dictionary; try: zstd -dc -D DICTIONARY FILE | kautopsy -";
      case ZSTD_error_memory_allocation:
        return "no memory to unpack zstd";
      default:
        return fmt::format("the zstd data is damaged: {}", ZSTD_getErrorName(status));
    }
  }

  std::unique_ptr<ZSTD_DCtx, Freer> context_;
  std::size_t expected_ = 0;
  bool full_ = false;  // the room that it got last: there may be more of the same block
};

}  // namespace

std::unique_ptr<Decoder> NewZstdDecoder() { return std::make_unique<ZstdDecoder>(); }

}  // namespace kautopsy
