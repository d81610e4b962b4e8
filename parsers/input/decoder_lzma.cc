#include <fmt/core.h>
#include <lzma.h>

#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

// Beside the dictionary it takes some 100 KB (lzma_decoder.c, struct lzma_lzma1_decoder).
constexpr uint64_t kMaxMemory = kMaxWindowBytes + (uint64_t{1} << 20);

class LzmaDecoder final : public Decoder {
 public:
  explicit LzmaDecoder(LzmaFormat format) : format_(format) {}
  LzmaDecoder(const LzmaDecoder&) = delete;  // the library keeps its address
  LzmaDecoder& operator=(const LzmaDecoder&) = delete;
  ~LzmaDecoder() override { lzma_end(&stream_); }

  // Memory is used again where the next member needs as much.
  Status Begin() override {
    const lzma_ret status = format_ == LzmaFormat::kXz
                                ? lzma_stream_decoder(&stream_, kMaxMemory, 0)
                                : lzma_alone_decoder(&stream_, kMaxMemory);
    if (status != LZMA_OK) return Fail(Reason(status));
    return {};
  }

  Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) override {
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    switch (status) {
      case LZMA_OK:
      case LZMA_BUF_ERROR:  // it needs more input
        return false;
      case LZMA_STREAM_END:
        return true;
      default:
        return Fail(Reason(status));
    }
  }

  uint64_t memory_bytes() const override { return lzma_memusage(&stream_); }

 private:
  std::string Reason(lzma_ret status) const {
    const char* const name = format_ == LzmaFormat::kXz ? "xz" : "lzma";
    switch (status) {
      case LZMA_MEM_ERROR:
        return fmt::format("no memory to unpack {}", name);
      case LZMA_MEMLIMIT_ERROR:
        return fmt::format(
            "needs {} MiB of memory to be unpacked, more than {} MiB are not taken; "
            "try: xz -dc --format={} FILE | kautopsy -",
            lzma_memusage(&stream_) >> 20, kMaxWindowBytes >> 20, name);
      case LZMA_OPTIONS_ERROR:
        return fmt::format("the {} data is damaged, or packed in a way that is not known", name);
      default:
        return fmt::format("the {} data is damaged", name);
    }
  }

  LzmaFormat format_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Decoder> NewLzmaDecoder(LzmaFormat format) {
  return std::make_unique<LzmaDecoder>(format);
}

}  // namespace kautopsy
