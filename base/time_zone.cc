#include "base/time_zone.h"

#include <date/tz.h>
#include <fmt/core.h>

#include <exception>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace kautopsy {
namespace {

// "+02:00" or "-0330".
std::optional<std::chrono::minutes> ParseOffset(std::string_view text) {
  const bool ahead = ConsumePrefix(text, "+");
  if (!ahead && !ConsumePrefix(text, "-")) return std::nullopt;
  const bool colon = text.size() == 5 && text[2] == ':';
  if (text.size() != 4 && !colon) return std::nullopt;
  const std::optional<int64_t> hours = ParseInteger(text.substr(0, 2));
  const std::optional<int64_t> minutes = ParseInteger(text.substr(colon ? 3 : 2));
  if (!hours || !minutes || !IsDigit(text[0]) || *hours > 14 || *minutes < 0 || *minutes > 59)
    return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return ahead ? offset : -offset;
}

}  // namespace

Result<TimeZone> TimeZone::Find(const std::string& name) {
  TimeZone zone;
  zone.name_ = name;
  if (const std::optional<std::chrono::minutes> offset = ParseOffset(name)) {
    zone.ahead_ = *offset;
    return zone;
  }
  try {
    zone.zone_ = date::locate_zone(name);
  } catch (const std::exception&) {  // also if the machine has no tz database
    return Fail(
        fmt::format("there is no time zone \"{}\"; name one as Europe/Berlin (the files below "
                    "/usr/share/zoneinfo) or as +02:00",
                    name));
  }
  return zone;
}

PrintedTime TimeZone::ToUtc(const PrintedTime& time) const {
  const std::optional<int64_t> micros = MicrosecondsSinceEpoch(time);
  if (time.utc || !micros) return time;
  std::chrono::seconds ahead = ahead_;
  if (zone_ != nullptr) {
    const date::local_seconds local(
        std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(*micros)));
    const date::sys_seconds utc = zone_->to_sys(local, date::choose::earliest);
    ahead = local.time_since_epoch() - utc.time_since_epoch();
  }
  PrintedTime result = FromUnixSeconds(
      (std::chrono::floor<std::chrono::seconds>(std::chrono::microseconds(*micros)) - ahead)
          .count());
  result.microsecond = time.microsecond;
  result.fraction_digits = time.fraction_digits;
  result.year_printed = time.year_printed;
  result.from_uptime = time.from_uptime;
  return result;
}

}  // namespace kautopsy
