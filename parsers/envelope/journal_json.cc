#include "parsers/envelope/journal_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "parsers/envelope/dmesg_json.h"
#include "parsers/envelope/syslog_prefix.h"

namespace kautopsy {
namespace {

using Json = nlohmann::json;

// A field's text. The journal writes bytes that are not UTF-8 as an array of numbers, and null for
// what it finds too large.
std::string TextOf(const Json& object, const char* name) {
  const auto field = object.find(name);
  if (field == object.end()) return "";
  if (field->is_string()) return field->get<std::string>();
  std::string bytes;
  if (!field->is_array()) return bytes;
  for (const Json& byte : *field) {
    if (byte.is_number_unsigned()) bytes += static_cast<char>(byte.get<unsigned>());
  }
  return bytes;
}

std::optional<int64_t> MicrosOf(const Json& object, const char* name) {
  const std::string text = TextOf(object, name);
  return ParseInteger(text);
}

// A record of dmesg's; other programs have a "msg", too, but neither a "pri" nor seconds in "time".
std::optional<JsonLine> FromDmesg(const Json& object) {
  const auto time = object.find("time");
  if (!object.contains("pri") || time == object.end() || !time->is_number()) return std::nullopt;
  JsonLine result;
  result.text = TextOf(object, "msg");
  result.uptime_us = UptimeOfSeconds(time->get<double>());
  result.kernel = true;
  return result;
}

}  // namespace

std::optional<JsonLine> ParseJsonLine(std::string_view line) {
  const bool journal = line.find("\"MESSAGE\"") != std::string_view::npos;
  const bool dmesg = !journal && line.find("\"msg\"") != std::string_view::npos;
  if (!journal && !dmesg && line.find("\"log\"") == std::string_view::npos) return std::nullopt;
  const Json object = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  if (dmesg && object.contains("msg")) return FromDmesg(object);
  JsonLine result;
  result.text = TextOf(object, journal ? "MESSAGE" : "log");
  while (result.text.ends_with('\n')) result.text.pop_back();
  if (!journal) return result;
  result.kernel =
      TextOf(object, "_TRANSPORT") == "kernel" || TextOf(object, "SYSLOG_IDENTIFIER") == "kernel";
  result.witness = !result.kernel && IsWitness(TextOf(object, "SYSLOG_IDENTIFIER") + "[");
  if (!result.kernel && !result.witness) return std::nullopt;
  result.host = TextOf(object, "_HOSTNAME");
  result.uptime_us = MicrosOf(object, "_SOURCE_MONOTONIC_TIMESTAMP");
  const std::optional<int64_t> micros = MicrosOf(object, "__REALTIME_TIMESTAMP");
  if (micros) result.time = FromUnixMicroseconds(*micros);
  return result;
}

}  // namespace kautopsy
