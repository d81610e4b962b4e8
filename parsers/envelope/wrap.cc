#include "parsers/envelope/wrap.h"

#include <algorithm>

#include "base/text.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/wrap_memcg.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Mail is wrapped at 72 to 80 columns; quote marks in front of it add a few.
constexpr std::size_t kNarrowest = 70;
constexpr std::size_t kWidest = 100;
constexpr std::size_t kWidestTerminal = 160;

// Ends in the taint field, as in "Comm: gbased Not tainted" or "Tainted: G      D".
bool EndsInTaint(std::string_view line) {
  const std::size_t at = line.rfind("ainted");
  if (at == std::string_view::npos) return false;
  return line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ:- ", at + 6) == std::string_view::npos;
}

// Ends before the name of a process table's row: "[    389]     0   389     2112       19 57344".
bool EndsInCells(std::string_view line) {
  static const LogPattern kRow(R"re(.*\[ *\d+\](?: +-?\d+){3,10})re");
  return IsDigit(line.back()) && Matches(line, kRow);
}

// Ends before the header's last columns.
bool EndsInColumns(std::string_view line) {
  return line.find(" total_vm ") != std::string_view::npos && !line.ends_with(" name");
}

bool IsEndOfColumns(std::string_view rest) {
  return rest.ends_with("name") &&
         rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_ ") == std::string_view::npos;
}

// A frame's module: "nfsd_vfs_read+0x70/0x140" and below it "[nfsd]".
bool IsModule(std::string_view rest) {
  static const LogPattern kModule(R"re(\[[\w-]+(?: [0-9a-f]+)?\])re");
  return rest[0] == '[' && Matches(rest, kModule);
}

bool EndsInFrame(std::string_view line) {
  static const LogPattern kFrame(R"re(.*\+0x[0-9a-f]+/0x[0-9a-f]+)re");
  return Matches(line, kFrame);
}

// "Killed process 77" or "Kill process 77,": the comm follows.
bool EndsInVictimsPid(std::string_view line) {
  static const LogPattern kPid(R"re(.*ill(?:ed)? process \d+,?)re");
  return Matches(line, kPid);
}

// "CPU: 1 PID: 188" without the name: broken within the pid.
bool EndsInPid(std::string_view line) {
  static const LogPattern kPid(R"re(.*CPU: \d+(?: UID: \d+)? PID: \d+)re");
  return Matches(line, kPid);
}

// "gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|": broken within the names.
bool EndsInNames(std::string_view line) {
  const std::size_t names = line.rfind('(');
  return names != std::string_view::npos && line.substr(0, names).rfind("0x") < names &&
         line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_|", names + 1) ==
             std::string_view::npos;
}

// A field, a cell of a free list, its total, the letters of its types, a setting.
bool IsField(std::string_view rest) {
  static const LogPattern kField(
      R"re((?:[A-Za-z_-]+(?:\([a-z]+\))?:-?\d|\d+\*\d+kB|= \d+kB|\([UEMRHCI]+\)|)re"
      R"re((?:oom_score_adj|oom_adj|order|gfp_mask|nodemask|mode|mems_allowed|cpuset)[=:]|)re"
      R"re(all_unreclaimable\? ).*)re");
  return Matches(rest, kField);
}

// Words of the kernel's that always stand next to each other.
bool IsBetweenWords(std::string_view line, std::string_view rest) {
  static const LogPattern kBreaks(
      R"re(.*(?: invoked\noom-killer:|\S\ninvoked oom-killer: ?(?:gfp_mask=.*)?|)re"
      R"re(oom-killer:\ngfp_mask=|failure:\norder:| page\nallocation failure: ?(?:order:.*)?|)re"
      R"re( page allocation\nfailure: ?(?:order:.*)?|[Oo]ut of memory:\nKill|[Kk]ill(?:ed)?\nprocess \d|)re"
      R"re([Cc]omm:\n| Not\ntainted |usage\n\d+kB, limit |usage \d+kB,\nlimit | limit\n\d+kB,|)re"
      R"re( available pages:\n *\d+@\d|@\d+=>\n *\d+ free of \d| pages,\nret: -?\d|)re"
      R"re( find\n\d+/\d|: hi:\n *\d+, btch:|, btch:\n *\d+ usd:| usd:\n *\d|)re"
      R"re(lowmem_reserve\[\]:\n\d|(?:DMA|DMA32|Normal|HighMem|Movable)(?:\nfree:\d+kB|:\n\d+\*\d+kB)|)re"
      R"re( error: size\n\d+, |\d\nhugepages_|all_unreclaimable\?\n(?:yes|no)|)re"
      R"re( stuck for \d+s!\n\[| kernel (?:NULL\npointer|NULL pointer\ndereference|paging\nrequest)|)re"
      R"re( at\nvirtual address | at virtual\naddress | virtual address\n(?:0x)?[0-9a-f]{4}|paging request at\n|dereference at\n|kernel (?:NULL pointer dereference|paging request)\nat |)re"
      R"re( blocked for(?:\nmore| more\n)| for more\nthan \d|BUG:\nsoft lockup| exploit\nattempt\?|)re"
      R"re(INFO: rcu_\w+\n(?:self-)?detected | stalls on\nCPUs/tasks:| stuck\nfor \d|)re"
      R"re( kernel:(?: \[ *\d+\.\d{6}\])?\n(?:\D|\d\D|\d\d[^-])|\[ *\d+\.\d{6}\]\n\[<|\[\w+\+\d+/\d+\]\n\w+\+0x).*)re");
  constexpr std::size_t kContext = 48;
  std::string joint(line.substr(line.size() - std::min(line.size(), kContext)));
  joint.append(1, '\n').append(rest.substr(0, kContext));
  return Matches(joint, kBreaks);
}

// The holes of a contiguous area, "4@300+7@320=> 11 free of 2048 total pages", go on.
bool IsWithinHoles(std::string_view line, std::string_view rest) {
  static const LogPattern kHoles(R"re((?:cma: number of available pages: )?[\d@+]*\d@[\d@+]*)re");
  static const LogPattern kMore(R"re([\d@+]*(?:\d@\d|\+\d|\d=>)[\d@+]*(?:=>)?(?: .*)?)re");
  const std::size_t cma = line.find("cma: number of available pages: ");
  if (cma != std::string_view::npos) line.remove_prefix(cma);
  if (!(IsDigit(rest[0]) || rest[0] == '+' || rest[0] == '@')) return false;
  return line.find('@') != std::string_view::npos && Matches(line, kHoles) && Matches(rest, kMore);
}

// "Not tainted 5.3.0-" and below it "rc1+ #159": the release was broken at its dash.
bool IsWithinRelease(std::string_view line, std::string_view rest) {
  static const LogPattern kBegin(R"re(.*ainted[:A-Z ]* \d+\.\d+\.\d[\w.+~]*-(?:[\w.+~]+-)*)re");
  static const LogPattern kEnd(R"re([\w.+~-]+ #\d.*)re");
  return line.ends_with('-') && Matches(line, kBegin) && Matches(rest, kEnd);
}

// "score 12" and below it "48 or a child".
bool IsWithinScore(std::string_view line, std::string_view rest) {
  static const LogPattern kScore(R"re(.*[Kk]ill process .*\) (?:with )?score \d+)re");
  static const LogPattern kRest(R"re(\d+ or (?:a|sacrifice)(?: child)?)re");
  return IsDigit(rest[0]) && IsDigit(line.back()) && Matches(rest, kRest) && Matches(line, kScore);
}

// Both sides show the break. Its place tells nothing: of many blanks that stood there all are lost.
std::optional<std::string_view> GlueBySides(std::string_view line, std::string_view rest) {
  static const LogPattern kRelease(R"re((?:[A-Z\-]+ +)*\d+\.\d[^ ]* #.*)re");
  static const LogPattern kCells(R"re(-?\d+ .*)re");
  static const LogPattern kNames(R"re([A-Z_|]+\).*)re");
  static const LogPattern kTotal("\\d+kB");
  static const LogPattern kRestOfPid(R"re(\d+ Comm: .+)re");
  if (IsDigit(rest[0]) && EndsInPid(line) && Matches(rest, kRestOfPid)) return "";
  if (EndsInNames(line) && Matches(rest, kNames)) return "";
  if (IsWithinHoles(line, rest) || IsWithinRelease(line, rest) || IsWithinScore(line, rest))
    return "";
  const bool joins =
      (line.ends_with(',') && IsField(rest)) || (line.ends_with('=') && Matches(rest, kTotal)) ||
      (EndsInTaint(line) && Matches(rest, kRelease)) ||
      ((IsDigit(rest[0]) || rest[0] == '-') && EndsInCells(line) && Matches(rest, kCells)) ||
      (IsEndOfColumns(rest) && EndsInColumns(line)) || (IsModule(rest) && EndsInFrame(line)) ||
      (rest[0] == '(' && EndsInVictimsPid(line));
  return joins ? std::optional<std::string_view>(" ") : std::nullopt;
}

// What joins the fields of a zone or node, or the cells of a free list, to what follows: nothing if
// the line ends within a word. Terminals break there.
std::optional<std::string_view> GlueOfFields(std::string_view line, std::string_view rest) {
  static const LogPattern kFields(R"re(.*[:*]-?\d+k?B?\b.*[:*]-?\d+kB\b.*)re");
  const bool begins_line = rest[0] >= 'A' && rest[0] <= 'Z';
  if (begins_line || rest.find("kB") == std::string_view::npos || !Matches(line, kFields))
    return std::nullopt;
  const std::string_view word = line.substr(line.rfind(' ') + 1);
  const bool within_name =
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  return within_name || rest.starts_with("kB") ? "" : " ";
}

// A field of a zone's or node's line from its name on: "isolated(anon):0kB", "shmem_thp: 0kB"; the
// size may be broken off.
struct ZoneField {
  bool named = false;  // a whole name and its colon stand there
  bool whole = false;
};

ZoneField ReadZoneField(std::string_view text) {
  ZoneField field;
  if (text == "all_unreclaimable?") return {true, true};
  const std::size_t colon = text.find(':');
  std::string_view name = text.substr(0, colon);
  const bool counts = name == "pages_scanned";
  if (name.ends_with("(anon)") || name.ends_with("(file)")) name.remove_suffix(6);
  field.named = colon != std::string_view::npos && !name.empty() && name[0] != '_' &&
                name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  if (!field.named) return field;
  std::string_view size = SkipBlanks(text.substr(colon + 1));
  const bool figure = ConsumeInteger(size).has_value();
  field.whole = figure && (size == "kB" || (counts && size.empty()));
  return field;
}

// The last field of `line`, maybe broken off within its name.
std::string_view LastZoneField(std::string_view line) {
  const std::size_t colon = line.rfind(':');
  if (colon != std::string_view::npos &&
      line.find_first_not_of(" 0123456789kB", colon + 1) == std::string_view::npos) {
    const std::size_t blank = line.substr(colon).find_last_of(' ');
    const bool one = blank == std::string_view::npos || blank == 1;
    if (one) return line.substr(line.rfind(' ', colon) + 1);
  }
  return line.substr(line.rfind(' ') + 1);
}

// True if `last`, which ends `line`, may be a field that is not whole: no prose, but a broken name
// behind a whole field, or a broken size.
bool MayBeBroken(std::string_view line, std::string_view last) {
  if (last.find(':') != std::string_view::npos) return true;
  const std::string_view before = TrimBlanks(line.substr(0, line.size() - last.size()));
  return ReadZoneField(LastZoneField(before)).whole;
}

// True for a whole line of a zone since 4.8: what stands below is no part of it.
bool EndsZone(std::string_view line) {
  const std::string_view last = LastZoneField(line);
  return last.starts_with("free_cma:") && last.ends_with("kB") &&
         line.find(" writepending:") != std::string_view::npos;
}

// A zone's or node's line is whole when it ends in "all_unreclaimable? no", or since 4.8 in
// "free_cma:0kB" (mm/page_alloc.c, show_free_areas()); until then it goes on with a field, wherever
// in the line and in the word a mail program broke it.
std::optional<std::string_view> GlueOfZone(std::string_view line, std::string_view rest) {
  if (rest[0] >= 'A' && rest[0] <= 'Z' && rest[0] != 'B') return std::nullopt;
  const std::string_view last = LastZoneField(line);
  const std::string_view first = rest.substr(0, rest.find(' '));
  if (ReadZoneField(last).whole && !IsDigit(first[0])) {
    const std::size_t end = first.ends_with(':') ? first.size() + 1 : first.size();
    const ZoneField field = ReadZoneField(rest.substr(0, rest.find(' ', end)));
    if (field.whole || (field.named && first == rest)) return " ";
    return std::nullopt;
  }
  const bool within_no = (last == "n" && rest == "o") || (last == "y" && rest == "es") ||
                         (last == "ye" && rest == "s");
  if (within_no && line.find("all_unreclaimable? ") != std::string_view::npos) return "";
  if (!MayBeBroken(line, last) || !ReadZoneField(std::string(last).append(first)).whole)
    return std::nullopt;
  return "";
}

// The rest's first word would not have fitted into the line.
std::optional<std::string_view> GlueAtWidth(std::string_view line, std::string_view rest) {
  static const LogPattern kKill(
      R"re((?:with |score |or ).*child|(?:sacrifice |a )?child|and children\.)re");
  static const LogPattern kCache(R"re((?:buffer size|default order|min order|size|order): \d.*)re");
  if (const std::optional<std::string_view> glue = GlueOfFields(line, rest)) return glue;
  const bool joins =
      line.ends_with(',') || IsField(rest) ||
      (line.find("ill process ") != std::string_view::npos && Matches(rest, kKill)) ||
      (line.find("cache: ") != std::string_view::npos && Matches(rest, kCache));
  return joins ? std::optional<std::string_view>(" ") : std::nullopt;
}

// What does not begin as prose in another script, or as a command's line, does.
bool MayBeRest(std::string_view next, std::string_view rest) {
  constexpr std::string_view kOwnLine = "#$[<{-+";  // prompts, brackets, rules and patches
  const auto ascii = [](char c) { return (c & 0x80) == 0; };
  return next.size() <= kWidest && !IsBlank(next[0]) &&
         kOwnLine.find(rest[0]) == std::string_view::npos &&
         std::all_of(rest.begin(), rest.end(), ascii);
}

// Begins a line of its own in any case. The scanner does not know Android's prefix, so such a line
// seems to have none; a bare banner is a console's, or what /proc/version says.
bool BeginsLine(std::string_view rest) {
  return rest.starts_with("Linux version ") || ConsumeLogcatStamp(rest).has_value();
}

}  // namespace

std::string_view SkipQuoteMarks(std::string_view text) {
  for (bool quoted = false;;) {
    text = TrimBlanks(text);
    const bool mark = ConsumePrefix(text, ">") || (quoted && ConsumePrefix(text, "| "));
    quoted = quoted || mark;
    if (!mark && !ConsumePrefix(text, "\xC2\xA0")) return text;  // nor a no-break space
  }
}

std::size_t PrefixOfMarkedRest(std::string_view next) {
  std::string_view rest = SkipQuoteMarks(next);
  if (!ConsumePrefix(rest, "+") || rest.empty() || IsBlank(rest[0]) || rest[0] == '+') return 0;
  if (rest.substr(0, rest.find(' ')).find('@') < rest.size()) return 0;  // holes: "4@300+7@320"
  return static_cast<std::size_t>(rest.data() - next.data());
}

std::size_t PrefixOfPartial(std::string_view line, std::string_view next) {
  if (line.empty() || next.empty() || !IsDigit(line[0]) || !IsDigit(next[0])) return 0;
  std::string_view rest = next;
  if (!ConsumeIsoStamp(line) || !ConsumeIsoStamp(rest)) return 0;
  const std::string_view stream = line.substr(0, 7);
  if ((stream != "stdout " && stream != "stderr ") || line.substr(7, 2) != "P " ||
      !ConsumePrefix(rest, stream) || (!ConsumePrefix(rest, "P ") && !ConsumePrefix(rest, "F ")))
    return 0;
  return next.size() - rest.size();
}

bool IsBrokenBetweenWords(std::string_view line, std::string_view next) {
  const std::string_view whole = TrimBlanks(line);
  const std::string_view rest = SkipQuoteMarks(next);
  return IsBetweenWords(whole, rest) ||
         (!whole.empty() && !rest.empty() && GlueOfMemcg(whole, rest));
}

std::optional<std::string_view> GlueByWords(std::string_view line, std::string_view next) {
  const std::string_view whole = TrimBlanks(line);
  const std::string_view rest = SkipQuoteMarks(next);
  if (whole.empty() || rest.empty() || BeginsLine(rest)) return std::nullopt;
  if (IsBetweenWords(whole, rest)) return " ";
  return line.size() > kWidest ? std::nullopt : GlueBySides(whole, rest);
}

std::optional<std::string_view> GlueOfBroken(std::string_view line, bool lenient,
                                             std::string_view next) {
  const std::string_view whole = TrimBlanks(line);
  const std::string_view rest = SkipQuoteMarks(next);
  if (whole.empty() || rest.empty() || BeginsLine(rest)) return std::nullopt;
  if (EndsZone(whole)) return std::nullopt;
  if (IsBetweenWords(whole, rest)) return " ";
  if (const std::optional<std::string_view> glue = GlueOfZone(whole, rest)) return glue;
  if (const std::optional<std::string_view> glue = GlueOfMemcg(whole, rest)) return glue;
  if (line.size() > kWidestTerminal) return std::nullopt;
  if (line.size() > kWidest) return GlueOfFields(whole, rest);
  if (const std::optional<std::string_view> glue = GlueBySides(whole, rest)) return glue;
  const std::size_t first_word = std::min(rest.find(' '), rest.size());
  if (line.size() + 1 + first_word <= kNarrowest) return std::nullopt;
  if (const std::optional<std::string_view> glue = GlueAtWidth(whole, rest)) return glue;
  return lenient && MayBeRest(next, rest) ? std::optional<std::string_view>(" ") : std::nullopt;
}

bool IsTooWideForMail(std::string_view line) {
  return line.size() > kWidest && line.find(' ', kWidest) != std::string_view::npos;
}

}  // namespace kautopsy
