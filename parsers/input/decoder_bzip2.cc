#include <bzlib.h>

#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder() = default;
  Bzip2Decoder(const Bzip2Decoder&) = delete;  // the library keeps its address
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }

  Status Begin() override {
    BZ2_bzDecompressEnd(&stream_);  // fails, and does nothing, the first time
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) return Fail("no memory to unpack bzip2");
    return {};
  }

  Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) override {
    stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in.data()));
    stream_.avail_in = static_cast<unsigned>(in.size());
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = static_cast<unsigned>(out.size());
    const int status = BZ2_bzDecompress(&stream_);
    in = in.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    if (status == BZ_OK || status == BZ_STREAM_END) return status == BZ_STREAM_END;
    return Fail("the bzip2 data is damaged");
  }

 private:
  bz_stream stream_ = {};
};

}  // namespace

std::unique_ptr<Decoder> NewBzip2Decoder() { return std::make_unique<Bzip2Decoder>(); }

}  // namespace kautopsy
