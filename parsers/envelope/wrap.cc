#include "parsers/envelope/wrap.h"

#include <algorithm>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Mail is wrapped at 72 to 80 columns; quote marks in front of it add a few.
constexpr std::size_t kNarrowest = 70;
constexpr std::size_t kWidest = 100;

// How the rest of a kernel's line can begin: a field, a cell of a free list, its total.
const LogPattern& RestPattern() {
  static const LogPattern kPattern(
      R"re((?:[a-z_]+(?:\([a-z]+\))?:-?\d+k?B?|\d+\*\d+kB|= \d+kB|\((?:[UEMRHCI]+)\)|)re"
      R"re((?:oom_score_adj|oom_adj|order|gfp_mask|nodemask|mode|mems_allowed)[=:]|all_unreclaimable\?)(?:.|$).*)re");
  return kPattern;
}

}  // namespace

std::string_view SkipQuoteMarks(std::string_view text) {
  for (;;) {
    text = TrimBlanks(text);
    if (text == ">" || text == ">>") return {};
    const bool mark = ConsumePrefix(text, "> ") || ConsumePrefix(text, ">> ") ||
                      ConsumePrefix(text, "\xC2\xA0");  // a no-break space
    if (!mark) return text;
  }
}

bool ContinuesWrapped(std::string_view line, bool lenient, std::string_view next) {
  if (line.size() > kWidest || next.empty() || IsBlank(next[0])) return false;
  const std::string_view rest = SkipQuoteMarks(next);
  if (rest.empty()) return false;
  const std::size_t first_word = std::min(rest.find(' '), rest.size());
  if (first_word > kWidest) return false;
  if (line.size() + 1 + first_word <= kNarrowest) return false;
  const std::string_view end = TrimBlanks(line);
  if (end.ends_with(',') || end.ends_with("oom-killer:") || end.ends_with("failure:")) return true;
  if (Matches(rest, RestPattern())) return true;
  constexpr std::string_view kOwnLine = "#$[<{-";  // prompts, brackets and rules begin lines
  const auto ascii = [](char c) { return (c & 0x80) == 0; };
  return lenient && next.size() <= kWidest && kOwnLine.find(rest[0]) == std::string_view::npos &&
         std::all_of(rest.begin(), rest.end(), ascii);
}

bool IsTooWideForMail(std::string_view line) {
  return line.size() > kWidest && line.find(' ', kWidest) != std::string_view::npos;
}

}  // namespace kautopsy
