#include "parsers/line_group.h"

#include <algorithm>
#include <span>
#include <utility>

#include "parsers/envelope/envelope.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxWrapped = 32;  // lines that one became: zone lines have 800 bytes
constexpr std::size_t kMostMarks = 8;    // bytes of an empty line: marks of quotes, its end
// Empty lines at every second line that show a source to be double-spaced.
constexpr unsigned kShowsDoubleSpaced = 2;

// The scanner does not look behind the marks of a quoting mail.
bool HasPrefix(const PhysicalLine& line) {
  return line.flags.kernel ||
         (line.text.starts_with('>') &&
          Classify(SkipQuoteMarks(line.text)).line_class == LineClass::kKernel);
}

}  // namespace

bool LineGroup::PassesOver(const PhysicalLine& line) {
  const bool empty =
      line.text.size() <= kMostMarks && SkipQuoteMarks(StripLineEnd(line.text)).empty();
  if (!empty || line.cut || lines_.empty() || line.number != lines_.back().number + 1) return false;
  double_spaced_ = last_empty_ + 2 == line.number ? double_spaced_ + 1 : 0;
  last_empty_ = line.number;
  return true;
}

bool LineGroup::IsBelowEmpty(const PhysicalLine& next) const {
  return last_empty_ == lines_.back().number + 1 && next.number == last_empty_ + 1;
}

// True if the last line ends in a soft line break, so that `next` goes on with it.
bool LineGroup::EndsInSoftBreak(const PhysicalLine& next) const {
  const PhysicalLine& above = lines_.back();
  const std::string_view text = StripLineEnd(above.text);
  if (above.number + 1 != next.number || !text.ends_with('=')) return false;
  if (quoted_printable_) return true;
  // An archive may have cut off the mail's header: the encoding breaks at a width of its own.
  constexpr std::size_t kWidest = 76;  // RFC 2045, section 6.7
  constexpr std::size_t kNarrowest = 73;
  return text.size() >= kNarrowest && text.size() <= kWidest &&
         text.find_last_of("= ", text.size() - 2) != text.size() - 2 && !HasPrefix(next);
}

// What joins `next` to the lines; none if it is one of its own.
std::optional<std::string_view> LineGroup::GlueOf(const PhysicalLine& next, bool record_open,
                                                  bool lenient) const {
  if (HasPrefix(next)) return std::nullopt;
  const PhysicalLine& above = lines_.back();
  const bool below_empty = IsBelowEmpty(next);
  if (above.number + 1 != next.number && !below_empty) return std::nullopt;
  // Text that no record could begin in, or go on in, is not looked at.
  const PhysicalLine& front = lines_.front();
  if (!record_open && !front.flags.kernel && front.flags.openers == 0 && next.flags.openers == 0)
    return std::nullopt;
  if (next.flags.openers != 0 && front.flags.openers == 0 &&
      !IsBrokenBetweenWords(above.text, next.text))
    return std::nullopt;
  if (above.flags.joined || above.flags.nul || next.flags.joined || next.flags.nul)
    return std::nullopt;
  if (below_empty && double_spaced_ < kShowsDoubleSpaced)
    return GlueByWords(StripLineEnd(above.text), StripLineEnd(next.text));
  return GlueOfBroken(StripLineEnd(above.text), lenient && maybe_wrapped_ && HasPrefix(front),
                      StripLineEnd(next.text));
}

// The bytes of a mark that says that `next` goes on with the lines, and its glue; 0 if none does.
// Patches have such marks, too: the words must show the break.
std::size_t LineGroup::JoinMarked(PhysicalLine& next, bool record_open) const {
  const std::size_t mark = PrefixOfMarkedRest(next.text);
  if (mark == 0 || !HasPrefix(lines_.front())) return 0;
  PhysicalLine rest = next;
  rest.text.remove_prefix(mark);
  const std::optional<std::string_view> glue = GlueOf(rest, record_open, false);
  if (glue) next.glue = *glue;
  return glue ? mark : 0;
}

bool LineGroup::Join(const PhysicalLine& line, bool record_open) {
  if (maybe_wrapped_ && IsTooWideForMail(line.text)) maybe_wrapped_ = false;
  if (lines_.empty() || lines_.size() >= kMaxWrapped) return false;
  const bool soft_break = EndsInSoftBreak(line);
  const std::size_t own_prefix =
      line.flags.kernel ? 0 : PrefixOfPartial(lines_.back().text, line.text);
  PhysicalLine joined = line;
  joined.soft_break = soft_break;
  joined.own_prefix = own_prefix;
  if (!soft_break && own_prefix == 0) {
    joined.own_prefix = JoinMarked(joined, record_open);
    const auto glue =
        joined.own_prefix > 0 ? std::optional(joined.glue) : GlueOf(line, record_open, true);
    if (!glue) return false;
    joined.glue = *glue;
  }
  lines_.push_back(joined);
  return true;
}

bool LineGroup::MayOpen() const {
  return std::any_of(lines_.begin(), lines_.end(), [](const PhysicalLine& line) {
    return line.flags.openers != 0 || line.flags.joined || line.flags.nul || line.soft_break ||
           line.own_prefix > 0;
  });
}

LogLine LineGroup::Joined(uint64_t& openers) {
  LogLine line;
  line.place = {lines_.front().number, 1};
  line.cut = lines_.back().cut;
  line.raw = StripLineEnd(lines_.front().text);
  joined_ = line.raw;
  broken_off_.clear();
  openers = lines_.front().flags.openers;
  for (const PhysicalLine& rest : std::span(lines_).subspan(1)) {
    const std::string_view text = StripLineEnd(rest.text);
    broken_off_.push_back({{rest.number, 1}, text});
    if (rest.soft_break) joined_.pop_back();  // quote marks were there before the encoding
    // Mail programs leave the blank at which they broke the line.
    if (rest.glue != " " || !joined_.ends_with(' ')) joined_.append(rest.glue);
    if (rest.soft_break || rest.own_prefix > 0)
      joined_.append(text.substr(rest.own_prefix));
    else
      joined_.append(SkipQuoteMarks(text));
    openers |= rest.soft_break || rest.own_prefix > 0 ? kAnyKind : rest.flags.openers;
  }
  line.wrapped = broken_off_;
  line.text = line.cut ? TrimToSure(joined_) : joined_;
  return line;
}

// They may have outlived a chunk before: their text then lies in `kept_` already.
void LineGroup::KeepText() {
  std::string text;
  std::size_t size = 0;
  for (const PhysicalLine& line : lines_) size += line.text.size();
  text.reserve(size);
  for (const PhysicalLine& line : lines_) text += line.text;
  std::swap(kept_, text);
  std::size_t begin = 0;
  for (PhysicalLine& line : lines_) {
    line.text = std::string_view(kept_).substr(begin, line.text.size());
    begin += line.text.size();
  }
}

}  // namespace kautopsy
