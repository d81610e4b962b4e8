#include "cli/probe.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "parsers/input/unpack.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kProbeBytes = 65536;

// Random bytes hold 10 % of control characters that no log has; text of any encoding holds none.
constexpr std::size_t kBinaryPercent = 3;

struct Magic {
  std::string_view bytes;
  std::string_view refusal;
};

// Formats that hold logs but are not logs, by their first bytes, with the way to get at them.
constexpr Magic kMagics[] = {
    {"PK\x03\x04"sv, "a zip archive; unpack it first"},
    {"LPKSHHRH"sv, "a journal file; print it first: journalctl -k --file FILE | kautopsy -"},
    {"SQLite format 3\0"sv, "a database, no log lines"},
};

// Gives `head` once more, then the rest, or the error that ended the head.
class ReplayingSource final : public ByteSource {
 public:
  ReplayingSource(std::string head, std::optional<Error> error, std::unique_ptr<ByteSource> rest)
      : head_(std::move(head)), error_(std::move(error)), rest_(std::move(rest)) {}

  Result<std::size_t> Read(std::span<char> block) override {
    if (at_ < head_.size()) {
      const std::size_t size = std::min(block.size(), head_.size() - at_);
      std::memcpy(block.data(), head_.data() + at_, size);
      at_ += size;
      return size;
    }
    if (error_) return tl::unexpected(*error_);
    return rest_->Read(block);
  }

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
  std::unique_ptr<ByteSource> rest_;
};

bool IsControl(char c) {
  constexpr std::string_view kInLogs = "\0\a\b\t\n\v\f\r\x1B"sv;  // NUL is left out of both sums
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && kInLogs.find(c) == std::string_view::npos) || byte == 0x7F;
}

std::string RefusalOf(std::string_view head) {
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return std::string(magic.refusal);
  }
  constexpr std::size_t kTarMagic = 257;  // where it stands in the first header (ustar(5))
  if (head.size() > kTarMagic && head.substr(kTarMagic).starts_with("ustar"))
    return "a tar archive; unpack it first: tar xf FILE";
  const auto nuls = static_cast<std::size_t>(std::ranges::count(head, '\0'));
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(head, IsControl));
  if (controls * 100 <= (head.size() - nuls) * kBinaryPercent) return {};
  return "binary data, no log lines";
}

// Reads the head of `source`, and replaces it by one that gives the head once more. An error means
// that not even the first byte could be read.
Result<std::string> ReadHead(std::unique_ptr<ByteSource>& source) {
  std::string head(kProbeBytes, '\0');
  std::size_t size = 0;
  std::optional<Error> error;
  while (size < head.size()) {
    const Result<std::size_t> read = source->Read(std::span(head).subspan(size));
    if (!read) error = read.error();
    if (!read || *read == 0) break;
    size += *read;
  }
  if (error && size == 0) return tl::unexpected(*error);
  head.resize(size);
  source = std::make_unique<ReplayingSource>(head, std::move(error), std::move(source));
  return head;
}

}  // namespace

Result<Probe> ProbeSource(std::unique_ptr<ByteSource> source) {
  Result<std::string> head = ReadHead(source);
  if (!head) return tl::unexpected(head.error());
  if (const Packing packing = PackingOf(*head); packing != Packing::kNone) {
    source = Unpack(std::move(source), packing);
    head = ReadHead(source);
    if (!head) return tl::unexpected(head.error());
  }
  return Probe{.source = std::move(source), .empty = head->empty(), .refusal = RefusalOf(*head)};
}

}  // namespace kautopsy
