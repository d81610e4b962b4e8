#include "reports/render/text_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

struct Sign {
  std::string_view unicode;
  std::string_view ascii;
};

// One to one where columns depend on it; only <=, >=, .. and ok are longer, at places that do not.
constexpr std::array<Sign, 29> kSigns = {
    {{"▁", "."},  {"▂", ":"},  {"▃", "-"},  {"▄", "="},  {"▅", "+"},  {"▆", "*"},
     {"▇", "%"},  {"█", "#"},  {"░", "."},  {"▓", "="},  {"▒", ":"},  {"·", "-"},
     {"│", "|"},  {"−", "-"},  {"≤", "<="}, {"≥", ">="}, {"✓", "ok"}, {"›", ">"},
     {"…", ".."}, {"→", "->"}, {"✗", "x"},  {"–", "-"},  {"×", "x"},  {"«", "\""},
     {"»", "\""}, {"‘", "'"},  {"’", "'"},  {"“", "\""}, {"”", "\""}}};

// Bytes of the UTF-8 sequence that starts with `lead`; 1 for bytes that start none.
std::size_t SequenceLength(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  if (lead >= 0xE0) return lead < 0xF0 ? 3 : 1;
  return lead >= 0xC2 ? 2 : 1;
}

uint32_t CodePointAt(std::string_view text, std::size_t length) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (length == 1) return lead;
  uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return value;
}

// East Asian wide and fullwidth blocks of the Unicode standard (EastAsianWidth.txt), and emoji.
int ColumnsOf(uint32_t point) {
  constexpr std::pair<uint32_t, uint32_t> kWide[] = {
      {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
      {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
      {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  const bool combining = point >= 0x300 && point <= 0x36F;
  if (combining) return 0;
  const bool wide = std::any_of(std::begin(kWide), std::end(kWide), [&](const auto& range) {
    return point >= range.first && point <= range.second;
  });
  return wide ? 2 : 1;
}

std::string ToAscii(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length =
        std::min(SequenceLength(static_cast<unsigned char>(text[0])), text.size());
    const std::string_view sign = text.substr(0, length);
    text.remove_prefix(length);
    if (length == 1) {
      result += static_cast<unsigned char>(sign[0]) < 0x80 ? sign[0] : '?';
      continue;
    }
    const auto* const known = std::find_if(
        kSigns.begin(), kSigns.end(), [&](const Sign& entry) { return entry.unicode == sign; });
    result += known == kSigns.end() ? "?" : known->ascii;
  }
  return result;
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return words;
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const std::size_t length =
        std::min(SequenceLength(static_cast<unsigned char>(text[0])), text.size());
    columns += ColumnsOf(CodePointAt(text, length));
    text.remove_prefix(length);
  }
  return columns;
}

std::string CutToWidth(std::string_view text, int columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  std::string result;
  int used = 0;
  while (!text.empty()) {
    const std::size_t length =
        std::min(SequenceLength(static_cast<unsigned char>(text[0])), text.size());
    used += ColumnsOf(CodePointAt(text, length));
    if (used > columns - 1) break;
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return columns > 0 ? result + "…" : "";
}

std::string PadRight(std::string_view text, int columns) {
  const int missing = columns - DisplayWidth(text);
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(missing, 0)), ' ');
}

std::string PadLeft(std::string_view text, int columns) {
  const int missing = columns - DisplayWidth(text);
  return std::string(static_cast<std::size_t>(std::max(missing, 0)), ' ') + std::string(text);
}

// The share of a whole as one of eight bars; every share above zero shows.
std::string_view ShareBar(double share) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const int step = static_cast<int>(std::ceil(std::clamp(share, 0.0, 1.0) * 8));
  return kBars[static_cast<std::size_t>(std::clamp(step, 1, 8) - 1)];
}

std::string TextWriter::Coloured(std::string_view text, Tone tone) const {
  if (!options_.colour || tone == Tone::kPlain || text.empty()) return std::string(text);
  constexpr std::string_view kCodes[] = {"", "1", "32", "33",
                                         "35"};  // bold, green, yellow, magenta
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(tone)], text);
}

void TextWriter::Put(std::string_view text) {
  const std::size_t last = text.find_last_not_of(' ');
  const std::string_view trimmed =
      last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
  out_ << (options_.unicode ? std::string(trimmed) : ToAscii(trimmed)) << '\n';
}

std::string TextWriter::InCharset(std::string_view text) const {
  return options_.unicode ? std::string(text) : ToAscii(text);
}

std::string TextWriter::Cut(std::string_view text, int columns) const {
  if (options_.unicode) return CutToWidth(text, columns);
  std::string ascii = ToAscii(text);
  constexpr std::string_view kEllipsis = "..";
  const auto room = static_cast<std::size_t>(std::max(columns, 2));
  if (ascii.size() <= room) return ascii;
  return ascii.substr(0, room - kEllipsis.size()) + std::string(kEllipsis);
}

void TextWriter::Line(std::string_view text, Tone tone) { Put(Coloured(text, tone)); }

void TextWriter::LineWithTail(std::string_view text, std::string_view tail, Tone tone) {
  const std::string body = InCharset(text);
  const int room = width() - DisplayWidth(body) - DisplayWidth(tail);
  if (room < 1 && DisplayWidth(body) <= width()) {  // the tail stands alone below
    Put(body);
    Put(std::string(static_cast<std::size_t>(std::max(0, width() - DisplayWidth(tail))), ' ') +
        Coloured(tail, tone));
    return;
  }
  const std::string gap(static_cast<std::size_t>(std::max(room, 1)), ' ');
  Put(body + gap + Coloured(tail, tone));
}

void TextWriter::Heading(std::string_view name, std::string_view rest,
                         const std::vector<int>& refs) {
  constexpr int kNameColumn = 8;
  const std::string head = PadRight(name, options_.plain ? 0 : kNameColumn) + " ";
  std::string line = head + InCharset(rest);
  const std::string tail = RefText(refs);
  const int room = width() - (tail.empty() ? 0 : DisplayWidth(tail) + 1);
  if (DisplayWidth(line) > room) {
    Wrapped(Coloured(name, Tone::kBold) + std::string(head.substr(name.size())), DisplayWidth(head),
            rest, refs);
    return;
  }
  const int gap = tail.empty() ? 0 : GapBefore(tail, DisplayWidth(line));
  line = Coloured(name, Tone::kBold) + line.substr(name.size());
  Put(line + std::string(static_cast<std::size_t>(std::max(gap, 0)), ' ') + tail);
}

int TextWriter::GapBefore(std::string_view tail, int used) const {
  if (options_.plain) return used > 0 ? 1 : 0;
  return std::max(width() - used - DisplayWidth(tail), 0);
}

void TextWriter::Wrapped(std::string_view head, int hang, std::string_view text,
                         const std::vector<int>& refs) {
  const std::string tail = RefText(refs);
  const std::string margin(static_cast<std::size_t>(hang), ' ');
  std::string line = InCharset(head);
  // A coloured head ends in codes that take no columns, so the margin is what counts.
  int used = line.find('\x1b') == std::string::npos ? std::max(hang, DisplayWidth(line)) : hang;
  if (line.find('\x1b') == std::string::npos) line = PadRight(line, hang);
  if (!line.empty() && line.back() != ' ') {  // a head as wide as its column
    line += ' ';
    ++used;
  }
  bool empty = true;
  const std::string body = InCharset(text);
  for (const std::string_view word : SplitWords(body)) {
    const int columns = DisplayWidth(word);
    if (!empty && used + 1 + columns > width()) {
      Put(line);
      line = margin;
      used = hang;
      empty = true;
    }
    if (!empty) {
      line += ' ';
      ++used;
    }
    line += word;
    used += columns;
    empty = false;
  }
  if (tail.empty()) {
    Put(line);
    return;
  }
  if (used + 1 + DisplayWidth(tail) > width()) {
    Put(line);
    line.clear();
    used = 0;
  }
  Put(line + std::string(static_cast<std::size_t>(GapBefore(tail, used)), ' ') + tail);
}

std::string Safe(std::string_view log_text) { return EscapeForTerminal(log_text); }

std::string RefText(const std::vector<int>& refs) {
  std::string text;
  for (const int ref : refs) text += fmt::format("[{}]", ref);
  return text;
}

Tone ConfidenceTone(std::string_view confidence) {
  if (confidence == "high") return Tone::kGood;
  return confidence == "medium" ? Tone::kUnsure : Tone::kWeak;
}

}  // namespace kautopsy
