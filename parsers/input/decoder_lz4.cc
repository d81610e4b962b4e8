#include <fmt/core.h>
#include <lz4frame.h>

#include <algorithm>

#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

// LZ4F_decompress() tells how much it has written only where it succeeds (lz4frame.c). So it never
// decodes a block and meets the next one's header in one call: it gets what it says it expects less
// the header that it would like to have with it, and nothing while a block waits for room.
class Lz4Decoder final : public Decoder {
 public:
  Status Begin() override {
    if (!context_) {
      LZ4F_dctx* context = nullptr;
      if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0)
        return Fail("no memory to unpack lz4");
      context_.reset(context);
    }
    LZ4F_resetDecompressionContext(context_.get());
    expected_ = LZ4F_HEADER_SIZE_MIN;
    full_ = false;
    return {};
  }

  Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) override {
    std::size_t used =
        expected_ > LZ4F_BLOCK_HEADER_SIZE ? expected_ - LZ4F_BLOCK_HEADER_SIZE : expected_;
    used = full_ ? 0 : std::min(used, in.size());
    std::size_t filled = out.size();
    const std::size_t status =
        LZ4F_decompress(context_.get(), out.data(), &filled, in.data(), &used, nullptr);
    if (LZ4F_isError(status) != 0)
      return Fail(fmt::format("the lz4 data is damaged: {}", LZ4F_getErrorName(status)));
    expected_ = status;
    full_ = filled == out.size();
    in = in.subspan(used);
    out = out.subspan(filled);
    return expected_ == 0;
  }

 private:
  struct Freer {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  };
  std::unique_ptr<LZ4F_dctx, Freer> context_;
  std::size_t expected_ = 0;
  bool full_ = false;  // the room that it got last: there may be more of the same block
};

}  // namespace

std::unique_ptr<Decoder> NewLz4Decoder() { return std::make_unique<Lz4Decoder>(); }

}  // namespace kautopsy
