#include "parsers/envelope/unwrapper.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/journal_json.h"
#include "parsers/envelope/printk_prefix.h"
#include "parsers/envelope/quoted_printable.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/unescape.h"

namespace kautopsy {

// One log line for each line that `text` holds.
void Unwrapper::Split(const LogLine& line, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    LogLine piece = line;
    piece.text = TrimBlanks(text.substr(0, end));
    piece.cut = line.cut && end == text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!piece.text.empty() || piece.cut) lines_.push_back(piece);
  }
}

bool Unwrapper::UnwrapJson(const LogLine& line, std::string_view object) {
  std::optional<JsonLine> json = ParseJsonLine(object);
  if (!json) return false;
  LogLine whole = line;
  json_text_ = std::move(json->text);
  message_lines_ = 1 + static_cast<uint64_t>(std::ranges::count(json_text_, '\n'));
  host_ = std::move(json->host);
  boot_id_ = std::move(json->boot_id);
  whole.text = json_text_;
  whole.host = host_;
  whole.boot_id = boot_id_;
  whole.time = json->time;
  whole.uptime_us = json->uptime_us;
  whole.prefixed = json->kernel || json->witness;
  whole.witness = json->witness;
  if (!whole.prefixed) ParsePrefixes(whole, head_);
  Split(whole, Unescape(whole.text, false, unescaped_));
  return true;
}

namespace {

// Where in `line.text` another message of the kernel's begins; npos if none does.
//   ** 6 printk messages dropped ** [   12.345678] text    a note without line end, until 4.14
//   text[   12.345679] text                                a line end that a web page lost
std::size_t FindNextMessage(const LogLine& line) {
  constexpr std::string_view kDropped = " printk messages dropped ** ";
  constexpr int64_t kMaxGapUs = 60 * int64_t{1000000};
  if (line.text.starts_with("** ")) {
    const std::size_t end = line.text.find(kDropped);
    if (end != std::string_view::npos) return end + kDropped.size();
  }
  if (!line.uptime_us) return std::string_view::npos;
  std::size_t at = line.text.find('[', 1);
  for (; at != std::string_view::npos; at = line.text.find('[', at + 1)) {
    const std::optional<int64_t> uptime = ReadUptime(line.text.substr(at));
    // A process may be named like that: its name stands in parentheses, or ends the line.
    const bool may_be_name =
        line.text[at - 1] == '(' || line.text.find("] ", at) > line.text.size();
    if (uptime && !may_be_name && std::abs(*uptime - *line.uptime_us) <= kMaxGapUs) break;
  }
  return at;
}

}  // namespace

bool Unwrapper::SplitMessages(const LogLine& whole) {
  std::size_t next = FindNextMessage(whole);
  if (next == std::string_view::npos) return false;
  std::vector<LogLine> pieces;
  LogLine line = whole;
  for (; next != std::string_view::npos; next = FindNextMessage(line)) {
    LogLine& head = pieces.emplace_back(line);
    head.text = TrimBlanks(line.text.substr(0, next));
    head.cut = false;
    line.text.remove_prefix(next);
    const auto begin = static_cast<std::size_t>(line.text.data() - line.raw.data());
    if (line.text.data() >= line.raw.data() && begin < line.raw.size()) {  // else it was cleaned
      head.raw = line.raw.substr(0, begin);
      line.raw.remove_prefix(begin);
      line.place.column += static_cast<uint32_t>(begin);
    }
    ParsePrefixes(line, head_);
  }
  pieces.push_back(line);
  lines_ = std::move(pieces);  // `whole` is gone
  return true;
}

void Unwrapper::Inherit(LogLine& line) const {
  line.host = above_.host;
  line.boot_id = above_.boot_id;
  line.time = above_.time;
  line.local_time = above_.local_time;
  line.uptime_us = above_.uptime_us;
  line.prefixed = true;
}

// Further lines of a message begin below its first one, or behind blanks of their own.
bool Unwrapper::IsRestOfAbove(const LogLine& line) const {
  return !line.prefixed && above_.line != 0 && above_.line + 1 == line.place.line &&
         above_.indent > 0 && line.indent() >= above_.indent;
}

std::vector<LogLine>& Unwrapper::Unwrap(const LogLine& line) {
  lines_.clear();
  message_lines_ = 1;
  is_rest_ = false;
  const bool plain = line.plain && !quoted_printable_;
  std::string_view encoded = line.text;
  if (quoted_printable_) encoded = DecodeQuotedPrintable(encoded, decoded_);
  const std::string_view clean = plain ? encoded : CleanLine(encoded, clean_);
  const std::string_view object = JsonObjectOf(clean);
  if (!object.empty() && UnwrapJson(line, object)) return lines_;
  LogLine& whole = lines_.emplace_back(line);
  whole.text = StripCodeMarks(clean);
  ParsePrefixes(whole, head_);
  whole.text = StripBold(whole.text);
  if (SplitMessages(whole)) return lines_;
  is_rest_ = IsRestOfAbove(whole);
  if (is_rest_) Inherit(whole);
  if (plain) return lines_;
  const std::string_view text = Unescape(whole.text, whole.escaped, unescaped_);
  if (text.data() == whole.text.data()) return lines_;
  const LogLine several = whole;
  lines_.clear();
  Split(several, text);
  return lines_;
}

std::vector<LogLine>& Unwrapper::UnwrapMessage(const Entry& entry, const MessageLine& message) {
  lines_.clear();
  is_rest_ = false;
  LogLine line;
  line.place = message.place;
  line.raw = message.raw;
  line.host = entry.host;
  line.boot_id = entry.boot_id;
  line.time = entry.time;
  line.uptime_us = entry.uptime_us;
  line.prefixed = true;
  line.witness = entry.witness && !entry.kernel;
  line.cut = message.cut;
  Split(line, message.text);
  return lines_;
}

void Unwrapper::NoteClaimed(const LogLine& line) {
  if (!line.prefixed) return;
  above_.line = line.wrapped.empty() ? line.place.line : line.wrapped.back().place.line;
  if (is_rest_) return;
  above_.indent = line.indent();
  above_.time = line.time;
  above_.uptime_us = line.uptime_us;
  // Equal in nearly all lines of a record: comparing is cheaper than copying.
  if (above_.host != line.host) above_.host = line.host;
  if (above_.boot_id != line.boot_id) above_.boot_id = line.boot_id;
  if (above_.local_time != line.local_time) above_.local_time = line.local_time;
}

}  // namespace kautopsy
