#include "store/cell_text.h"

#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101ULL;
constexpr uint64_t kHighBits = 0x8080808080808080ULL;

// No byte above 0x7F and no NUL: nearly all log text. Eight bytes at a time, as this sees every
// cell. A byte is zero exactly if subtracting one borrows from a byte whose high bit was clear.
bool IsPlainAscii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    if (((word | (word - kOnes)) & kHighBits) != 0) return false;
  }
  for (; left > 0; ++at, --left) {
    if (*at <= 0) return false;
  }
  return true;
}

}  // namespace

bool IsCellText(std::string_view bytes) {
  if (IsPlainAscii(bytes)) return true;
  return bytes.find('\0') == std::string_view::npos && IsUtf8(bytes);
}

std::string ToCellText(std::string_view bytes) {
  std::string text = ToUtf8(bytes);
  for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
    text.replace(at, 1, "\xEF\xBF\xBD");
  }
  return text;
}

void BindLogText(Statement& statement, int parameter, std::string_view text) {
  if (IsCellText(text)) {
    statement.Bind(parameter, text);
  } else {
    statement.Bind(parameter, ToCellText(text));
  }
}

void BindLogText(Statement& statement, int parameter, const Text& text) {
  if (!text) return statement.BindNull(parameter);
  BindLogText(statement, parameter, std::string_view(*text));
}

}  // namespace kautopsy
