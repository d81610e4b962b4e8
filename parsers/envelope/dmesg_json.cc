#include "parsers/envelope/dmesg_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "parsers/envelope/repair.h"

namespace kautopsy {
namespace {

using Json = nlohmann::json;

// "msg" of "\"msg\": \"text\"," whose value is left in `text`; empty if it is no such line.
std::string_view ConsumeName(std::string_view& text) {
  if (!text.starts_with('"')) return {};
  const std::size_t end = text.find("\":", 1);
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(1, end - 1);
  text = TrimBlanks(text.substr(end + 2));
  return name;
}

Json ValueOf(std::string_view value) {
  if (value.ends_with(',')) value.remove_suffix(1);
  return Json::parse(ToUtf8(value), nullptr, false);
}

}  // namespace

bool DmesgJson::Begins(std::string_view line) {
  return StripLineEnd(line).ends_with("\"dmesg\": [");
}

Taken DmesgJson::Take(const SourceLine& line) {
  if (Begins(line.text)) {
    in_array_ = true;
    return Taken::kEnd;
  }
  if (!in_array_) return Taken::kNone;
  const std::string_view text = TrimBlanks(StripLineEnd(line.text));
  if (text == "{") return Taken::kField;
  if (text == "]") in_array_ = false;
  if (text == "]" || text == "}" || text == "}," || text == "},{") return Taken::kEnd;
  return TakeMember(line, text);
}

Taken DmesgJson::TakeMember(const SourceLine& line, std::string_view text) {
  const std::string_view name = ConsumeName(text);
  if (name == "msg" && entry_.message.empty()) {  // a record has one
    KeepMessage(line, text);
    return Taken::kMessage;
  }
  if (name != "time") {
    const bool known = name == "pri" || name == "fac" || name == "caller" || name == "msg";
    return known ? Taken::kField : Taken::kNone;
  }
  const Json seconds = ValueOf(text);
  if (seconds.is_number()) entry_.uptime_us = UptimeOfSeconds(seconds.get<double>());
  return Taken::kField;
}

void DmesgJson::KeepMessage(const SourceLine& line, std::string_view value) {
  entry_.kernel = true;
  const Json text = ValueOf(value);
  const bool whole = text.is_string();
  ConsumePrefix(value, "\"");
  const std::string_view raw = StripLineEnd(line.text);
  entry_.message.push_back(
      {.place = {line.number, 1},
       .raw = std::string(whole ? raw : TrimToSure(raw)),
       .text = whole ? text.get<std::string>() : std::string(TrimToSure(value)),
       .openers = line.openers,
       .cut = !whole,
       .too_long = line.too_long});
}

std::optional<int64_t> UptimeOfSeconds(double seconds) {
  constexpr double kMaxSeconds = 1e9;  // 30 years
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return std::nullopt;
  return std::llround(seconds * 1e6);
}

}  // namespace kautopsy
