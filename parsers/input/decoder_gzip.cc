#include <isa-l/igzip_lib.h>

#include "parsers/input/decoder.h"

namespace kautopsy {
namespace {

// ISA-L reads gzip three times as fast as zlib.
class GzipDecoder final : public Decoder {
 public:
  Status Begin() override {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    return {};
  }

  Result<bool> Decode(std::span<const uint8_t>& in, std::span<uint8_t>& out) override {
    state_.next_in = const_cast<uint8_t*>(in.data());
    state_.avail_in = static_cast<uint32_t>(in.size());
    state_.next_out = out.data();
    state_.avail_out = static_cast<uint32_t>(out.size());
    const int status = isal_inflate(&state_);
    // It reads bits ahead, and gives back those behind the end.
    in = {state_.next_in, state_.avail_in};
    out = out.last(state_.avail_out);
    if (status < 0) return Fail("the gzip data is damaged");
    return state_.block_state == ISAL_BLOCK_FINISH;
  }

 private:
  inflate_state state_ = {};
};

}  // namespace

std::unique_ptr<Decoder> NewGzipDecoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace kautopsy
