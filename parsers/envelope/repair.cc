#include "parsers/envelope/repair.h"

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Each alternative starts one kind of line that people join when they paste. They are strict, since
// prose stands around them: a command is taken only at a prompt, or where it writes to /proc/sys.
const LogPattern& LineStart() {
  static const LogPattern kPattern(
      R"re((?:^|\s)()re"
      R"re((?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d \d\d:\d\d:\d\d \S+|)re"
      R"re(\d{4}-\d\d-\d\d[T ]\d\d:\S+ \S+) kernel: (?:\[ *\d+\.\d{6}\] ?)?)re"
      R"re(|(?:kern *:[a-z]+ *: )?\[ *\d+\.\d{6}\] )re"
      R"re(|[#$] (?:cat|echo|free|sysctl|grep)\b)re"
      R"re(|echo \d+ ?> ?/proc/sys/)re"
      R"re(|Node \d+, zone +\w+ +\d)re"
      R"re(|Node \d+ \w+: \d+\*\d+kB )re"
      R"re(|MemTotal: +\d+ kB)re"
      R"re(|total +used +free +shared )re"
      R"re())re");
  return kPattern;
}

std::string_view TrimElision(std::string_view text) {
  text = TrimBlanks(text);
  for (const std::string_view mark : {" ...", " \u2026"}) {
    if (text.ends_with(mark)) text.remove_suffix(mark.size());
  }
  return TrimBlanks(text);
}

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == '+' || (c & 0x80) != 0;
}

}  // namespace

void SplitJoinedLine(std::string_view line, std::vector<Fragment>& fragments) {
  fragments.clear();
  std::vector<std::size_t> starts = {0};
  re2::StringPiece start;
  std::size_t from = 0;
  std::size_t prefix_end = 0;  // behind the latest start that was taken
  while (RE2::PartialMatch(re2::StringPiece(line.data() + from, line.size() - from), LineStart(),
                           &start)) {
    const auto at = static_cast<std::size_t>(start.data() - line.data());
    // What follows a kernel prefix is that line's own text, not another line.
    const bool own_text = prefix_end > 0 && at <= prefix_end;
    if (at > starts.back() && !own_text) starts.push_back(at);
    if (!own_text) prefix_end = at + start.size();
    from = at + start.size() - 1;  // a start is found behind a blank: leaves the last byte to be it
  }
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool last = i + 1 == starts.size();
    const std::size_t end = last ? line.size() : starts[i + 1];
    const std::string_view text = line.substr(starts[i], end - starts[i]);
    fragments.push_back({starts[i], last ? text : TrimElision(text)});
  }
}

std::string_view StripCodeMarks(std::string_view line) {
  std::string_view text = line;
  while (ConsumePrefix(text, "`")) {
  }
  if (text.size() < line.size()) {
    const bool kernels = text.starts_with('[') || text.find(" invoked oom-killer:") < text.size() ||
                         text.find(": page allocation failure") < text.size();
    return kernels ? text : line;
  }
  // Not the note of dropped messages, "** 6 printk messages dropped ** ".
  return ConsumePrefix(text, "**") && text.starts_with('[') ? text : line;
}

std::string_view StripBold(std::string_view text) {
  static const LogPattern kFrame(
      R"re((?:\*\*)?((?:\[<[0-9a-f]+>\] )?(?:\? )?[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[\w-]+\])?)(?:\*\*)?)re");
  if (!text.starts_with("**") && !text.ends_with("**")) return text;
  const auto frame = MatchAll<1>(text, kFrame);
  return frame ? (*frame)[0] : text;
}

std::string_view TrimToSure(std::string_view line) {
  std::size_t end = line.size();
  while (end > 0 && IsWordByte(line[end - 1])) --end;
  const std::string_view tail = line.substr(end);
  const bool whole = tail == "0" || tail.ends_with("kB");
  return whole ? line : line.substr(0, end);
}

std::string_view StripLineEnd(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (line.ends_with("^M")) line.remove_suffix(2);  // as less and vi show it
  return line;
}

}  // namespace kautopsy
