#include <cstring>

#include "base/text.h"
#include "parsers/envelope/envelope.h"

namespace kautopsy {
namespace {

constexpr std::size_t kStampLength = 15;  // "Nov 20 12:42:42"
constexpr std::string_view kKernelTag = "kernel: ";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr int TwoDigits(const char* p) {
  return (p[0] == ' ' ? 0 : p[0] - '0') * 10 + (p[1] - '0');
}

bool HasStamp(std::string_view line) {
  if (line.size() <= kStampLength) return false;
  const char* p = line.data();
  return p[3] == ' ' && p[6] == ' ' && p[9] == ':' && p[12] == ':' && p[15] == ' ' && p[0] >= 'A' &&
         p[0] <= 'S' && IsDigit(p[5]) && IsDigit(p[7]) && IsDigit(p[14]);
}

std::optional<int> MonthNumber(const char* name) {
  for (std::size_t i = 0; i < kMonths.size(); i += 3) {
    if (kMonths[i] == name[0] && kMonths[i + 1] == name[1] && kMonths[i + 2] == name[2])
      return static_cast<int>(i / 3) + 1;
  }
  return std::nullopt;
}

std::optional<PrintedTime> ParseStamp(std::string_view stamp) {
  const std::optional<int> month = MonthNumber(stamp.data());
  if (!month) return std::nullopt;
  for (const std::size_t i : {5U, 7U, 8U, 10U, 11U, 13U, 14U}) {
    if (!IsDigit(stamp[i])) return std::nullopt;
  }
  if (stamp[4] != ' ' && !IsDigit(stamp[4])) return std::nullopt;
  PrintedTime time;
  time.month = *month;
  time.day = TwoDigits(stamp.data() + 4);
  time.hour = TwoDigits(stamp.data() + 7);
  time.minute = TwoDigits(stamp.data() + 10);
  time.second = TwoDigits(stamp.data() + 13);
  const bool valid =
      time.day >= 1 && time.day <= 31 && time.hour < 24 && time.minute < 60 && time.second <= 60;
  return valid ? std::optional(time) : std::nullopt;
}

// Takes "[12345.678901] " off the head of `text`. printk prints seconds padded to 5 and
// microseconds (kernel/printk/printk.c, print_time()); a frame's "[<" is left alone.
std::optional<int64_t> ConsumeUptime(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return std::nullopt;
  rest = TrimBlanks(rest);
  const std::optional<int64_t> seconds = ConsumeInteger(rest);
  if (!seconds || *seconds < 0 || *seconds > INT32_MAX || !ConsumePrefix(rest, "."))
    return std::nullopt;
  const std::size_t before = rest.size();
  const std::optional<int64_t> micros = ConsumeInteger(rest);
  if (!micros || before - rest.size() != 6 || !ConsumePrefix(rest, "]")) return std::nullopt;
  ConsumePrefix(rest, " ");
  text = rest;
  return *seconds * 1000000 + *micros;
}

class Rfc3164 final : public Envelope {
 public:
  Classification Classify(std::string_view line) const override {
    if (!HasStamp(line)) return {};
    const char* host = line.data() + kStampLength + 1;
    const std::size_t left = line.size() - kStampLength - 1;
    const void* blank = std::memchr(host, ' ', left);
    if (blank == nullptr) return {};
    const std::size_t tag =
        static_cast<std::size_t>(static_cast<const char*>(blank) - line.data()) + 1;
    std::string_view program = line.substr(tag);
    if (ConsumePrefix(program, kKernelTag)) return {LineClass::kKernel, tag + kKernelTag.size()};
    return {LineClass::kOtherProgram, tag};
  }

  bool Parse(LogLine& line) const override {
    const Classification place = Classify(line.raw);
    if (place.line_class != LineClass::kKernel) return false;
    const std::string_view stamp = line.raw.substr(0, kStampLength);
    const std::optional<PrintedTime> time = ParseStamp(stamp);
    if (!time) return false;
    const std::size_t host_begin = kStampLength + 1;
    line.host = line.raw.substr(host_begin, place.text_begin - kKernelTag.size() - 1 - host_begin);
    line.time = time;
    line.local_time = stamp;
    line.text = line.raw.substr(place.text_begin);
    line.uptime_us = ConsumeUptime(line.text);
    line.text = TrimBlanks(line.text);
    line.prefixed = true;
    return true;
  }
};

}  // namespace

const Envelope& Rfc3164Envelope() {
  static const Rfc3164 kEnvelope;
  return kEnvelope;
}

}  // namespace kautopsy
