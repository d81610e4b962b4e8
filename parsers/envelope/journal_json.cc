#include "parsers/envelope/journal_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

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

}  // namespace

std::optional<JsonLine> ParseJsonLine(std::string_view line) {
  const bool journal = line.find("\"MESSAGE\"") != std::string_view::npos;
  if (!journal && line.find("\"log\"") == std::string_view::npos) return std::nullopt;
  const Json object = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  JsonLine result;
  result.text = TextOf(object, journal ? "MESSAGE" : "log");
  while (result.text.ends_with('\n')) result.text.pop_back();
  if (!journal) return result;
  result.kernel =
      TextOf(object, "_TRANSPORT") == "kernel" || TextOf(object, "SYSLOG_IDENTIFIER") == "kernel";
  if (!result.kernel) return std::nullopt;
  result.host = TextOf(object, "_HOSTNAME");
  result.uptime_us = MicrosOf(object, "_SOURCE_MONOTONIC_TIMESTAMP");
  const std::optional<int64_t> micros = MicrosOf(object, "__REALTIME_TIMESTAMP");
  if (micros) result.time = FromUnixMicroseconds(*micros);
  return result;
}

}  // namespace kautopsy
