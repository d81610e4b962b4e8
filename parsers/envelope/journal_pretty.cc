#include "parsers/envelope/journal_pretty.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "parsers/envelope/repair.h"

namespace kautopsy {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxBytes = 64 << 10;  // more than a message of the kernel's has

struct Member {
  std::string_view name;
  std::string_view value;  // JSON, without the comma behind it
};

std::optional<Member> MemberOf(std::string_view line) {
  std::string_view text = TrimBlanks(StripLineEnd(line));
  if (!ConsumePrefix(text, "\"")) return std::nullopt;
  const std::size_t quote = text.find("\" : ");
  if (quote == std::string_view::npos || quote == 0) return std::nullopt;
  std::string_view value = TrimBlanks(text.substr(quote + 4));
  if (value.ends_with(',')) value.remove_suffix(1);
  return Member{text.substr(0, quote), value};
}

std::string TextOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string bytes;
  if (!value.is_array()) return bytes;
  for (const Json& byte : value) {
    if (byte.is_number_unsigned()) bytes += static_cast<char>(byte.get<unsigned>());
  }
  return bytes;
}

}  // namespace

bool JournalPretty::Begins(std::string_view line) {
  if (line.empty() || !IsBlank(line[0])) return false;
  const std::optional<Member> member = MemberOf(line);
  return member && FieldName(member->name).size() == member->name.size();
}

Taken JournalPretty::Take(const SourceLine& line) {
  const std::string_view text = TrimBlanks(StripLineEnd(line.text));
  if (in_array_) return TakeArray(line, text);
  if (text == "{") {
    BeginEntry();
    return Taken::kField;
  }
  if (text == "}" || text == "},") return Taken::kEnd;
  if (!Begins(line.text)) return Taken::kNone;
  const Member member = *MemberOf(line.text);
  const bool message = member.name == "MESSAGE";
  if (member.value == "[") {
    in_array_ = true;
    array_is_message_ = message;
    bytes_.clear();
    return Taken::kField;
  }
  const Json value = Json::parse(ToUtf8(member.value), nullptr, false);
  if (message) return KeepDecoded(line, TextOf(value));
  if (value.is_string()) NoteField(member.name, value.get<std::string>());
  return Taken::kField;
}

// Its text stands in no line, so any opener's word may be in it.
Taken JournalPretty::TakeArray(const SourceLine& line, std::string_view text) {
  std::string_view rest = text;
  const std::optional<int64_t> byte = ConsumeInteger(rest);
  if (byte && bytes_.size() < kMaxBytes) bytes_ += static_cast<char>(*byte);
  if (byte) return Taken::kField;
  in_array_ = false;
  if (!text.starts_with(']')) return Take(line);
  if (!array_is_message_) return Taken::kField;
  SourceLine end = line;
  end.openers = ~uint64_t{0};
  return KeepDecoded(end, std::move(bytes_));
}

}  // namespace kautopsy
