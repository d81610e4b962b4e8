#include "parsers/envelope/journal_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "parsers/envelope/dmesg_json.h"
#include "parsers/envelope/stamp.h"
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

// A line as a collector of logs exports it: Docker's json-file driver, Elastic, GELF, Google Cloud,
// Loki. Its text still has the prefix that tells who printed it.
std::optional<JsonLine> FromCollector(const Json& object) {
  static constexpr std::array kTexts = {"log", "message", "short_message", "textPayload", "line"};
  static constexpr std::array kTimes = {"time", "@timestamp", "timestamp"};
  JsonLine result;
  for (const char* name : kTexts) {
    if (result.text.empty()) result.text = TextOf(object, name);
  }
  if (result.text.empty()) return std::nullopt;
  for (const char* name : kTimes) {
    const std::optional<Stamp> stamp = ParseStamp(TextOf(object, name));
    if (stamp && !result.time) result.time = stamp->Time();
  }
  return result;
}

}  // namespace

std::string_view JsonObjectOf(std::string_view line) {
  if (line.empty() || (line[0] != '{' && line[0] != '\x1E' && line[0] != 'd')) return {};
  if (!ConsumePrefix(line, "\x1E")) ConsumePrefix(line, "data: ");
  return line.starts_with('{') ? line : std::string_view();
}

std::optional<JsonLine> ParseJsonLine(std::string_view line) {
  const Json object = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  if (object.contains("msg")) return FromDmesg(object);
  const bool journal = object.contains("MESSAGE");
  std::optional<JsonLine> read = journal ? JsonLine() : FromCollector(object);
  if (!read) return std::nullopt;
  JsonLine& result = *read;
  if (journal) result.text = TextOf(object, "MESSAGE");
  while (result.text.ends_with('\n')) result.text.pop_back();
  if (!journal) return result;
  // A service chooses its identifier; the journal tells how the entry came
  // (systemd.journal-fields).
  const std::string transport = TextOf(object, "_TRANSPORT");
  result.kernel = transport == "kernel" || (transport != "stdout" && transport != "journal" &&
                                            TextOf(object, "SYSLOG_IDENTIFIER") == "kernel");
  result.witness = !result.kernel && IsWitness(TextOf(object, "SYSLOG_IDENTIFIER") + "[");
  if (!result.kernel && !result.witness) return std::nullopt;
  result.host = TextOf(object, "_HOSTNAME");
  result.boot_id = TextOf(object, "_BOOT_ID");
  result.uptime_us = MicrosOf(object, "_SOURCE_MONOTONIC_TIMESTAMP");
  const std::optional<int64_t> micros = MicrosOf(object, "__REALTIME_TIMESTAMP");
  if (micros) result.time = FromUnixMicroseconds(*micros);
  return result;
}

}  // namespace kautopsy
