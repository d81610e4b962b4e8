#include "parsers/input/utf16_source.h"

#include <fmt/core.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kLittleEndianMark = "\xFF\xFE"sv;
constexpr std::string_view kBigEndianMark = "\xFE\xFF"sv;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kUnitBytes = 2;
constexpr std::size_t kBlockBytes = 65536;

const char* EncodingOf(std::string_view mark) {
  return mark == kLittleEndianMark ? "UTF-16LE" : "UTF-16BE";
}

class Converter {
 public:
  explicit Converter(const char* from) : handle_(iconv_open("UTF-8", from)) {}
  ~Converter() {
    if (valid()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open(3) returns (iconv_t)-1
  bool valid() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Converts all of `in` but a character that it ends within, appending to `out`; returns how many
  // bytes it took.
  std::size_t Convert(std::span<char> in, std::string& out) {
    char* from = in.data();
    std::size_t left = in.size();
    while (left > 0) {
      char* to = block_.data();
      std::size_t room = block_.size();
      const bool whole = iconv(handle_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
      const int error = errno;
      out.append(block_.data(), block_.size() - room);
      if (whole || error == EINVAL) break;  // EINVAL: a character's end is not there yet
      if (error != EILSEQ) continue;        // E2BIG: there was no more room
      out += kReplacement;
      const std::size_t skipped = std::min(left, kUnitBytes);
      from += skipped;
      left -= skipped;
    }
    return in.size() - left;
  }

 private:
  iconv_t handle_;
  std::array<char, kBlockBytes> block_{};
};

class Utf16TextSource final : public ByteSource {
 public:
  explicit Utf16TextSource(std::unique_ptr<ByteSource> utf16)
      : utf16_(std::move(utf16)), raw_(kBlockBytes) {}

  Result<std::size_t> Read(std::span<char> block) override {
    while (given_ == text_.size() && !ended_) {
      if (Status more = ReadMore(); !more) return tl::unexpected(more.error());
    }
    const std::size_t size = std::min(block.size(), text_.size() - given_);
    std::memcpy(block.data(), text_.data() + given_, size);
    given_ += size;
    return size;
  }

 private:
  Status ReadMore() {
    text_.clear();
    given_ = 0;
    const Result<std::size_t> read = utf16_->Read(std::span(raw_).subspan(kept_));
    if (!read) return tl::unexpected(read.error());
    ended_ = *read == 0;
    std::span<char> in(raw_.data(), kept_ + *read);
    if (!converter_) {
      if (in.size() < kUnitBytes && !ended_) {
        kept_ = in.size();
        return {};
      }
      const std::string_view mark(in.data(), std::min(in.size(), kUnitBytes));
      converter_ = std::make_unique<Converter>(EncodingOf(mark));
      if (!converter_->valid()) return Fail("the C library has no converter from UTF-16");
      in = in.subspan(mark.size());
    }
    const std::size_t taken = converter_->Convert(in, text_);
    kept_ = in.size() - taken;
    std::memmove(raw_.data(), in.data() + taken, kept_);
    if (ended_ && kept_ > 0) text_ += kReplacement;
    return {};
  }

  std::unique_ptr<ByteSource> utf16_;
  std::unique_ptr<Converter> converter_;  // from the byte order mark on
  std::vector<char> raw_;
  std::size_t kept_ = 0;  // bytes at the front of raw_ that are not converted yet
  std::string text_;
  std::size_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

bool IsUtf16(std::string_view head) {
  // FF FE 00 00 begins UTF-32, and no text in UTF-16 begins with a NUL.
  return (head.starts_with(kLittleEndianMark) || head.starts_with(kBigEndianMark)) &&
         head.substr(2, 2) != "\0\0"sv;
}

std::unique_ptr<ByteSource> Utf16Source(std::unique_ptr<ByteSource> utf16) {
  return std::make_unique<Utf16TextSource>(std::move(utf16));
}

}  // namespace kautopsy
