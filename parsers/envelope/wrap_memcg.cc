#include "parsers/envelope/wrap_memcg.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kLimitOf = " killed as a result of limit of ";
constexpr std::string_view kSummary = "oom-kill:constraint=";

// A piece of a path that fills a line: prose has no such words.
bool IsLongPiece(std::string_view text) {
  static const LogPattern kPiece(R"re([\w.:/@\\+-]{40,})re");
  return Matches(text, kPiece);
}

bool IsPath(std::string_view text) {
  static const LogPattern kPath(R"re([\w.:/@\\+-]+)re");
  return Matches(text, kPath);
}

// The end of a container's name.
bool IsId(std::string_view text) {
  static const LogPattern kId("[0-9a-f]*[0-9][0-9a-f]*");
  return Matches(text, kId);
}

// `path` is `of` or above it.
bool IsAncestor(std::string_view path, std::string_view of) {
  return of.starts_with(path) && (of.size() == path.size() || of[path.size()] == '/');
}

// The group whose limit was hit is that of the task or above it (mm/memcontrol.c,
// mem_cgroup_print_oom_info()), so its path is known. Of the task's only the end may stand in
// `line`, if that was broken, too.
bool IsWithinLimitOf(std::string_view line, std::string_view rest) {
  if (!IsPath(rest)) return false;
  const bool may_be_path = rest.find('/') != std::string_view::npos || IsId(rest);
  // Of the words before the path only the end stands in `line`.
  static const LogPattern kEndOfWords(
      R"re((?:[a-z]{0,6} )?(?:[a-z ]{0,7}result )?(?:[of]{0,2} )?l?i?m?i?t? ?[of]{1,2} /[\w.:/@\\+-]*)re");
  if (Matches(line, kEndOfWords)) return may_be_path;
  const std::size_t at = line.find(kLimitOf);
  if (at == std::string_view::npos) return false;
  std::string_view task = line.substr(0, at);
  const std::string_view begin = line.substr(at + kLimitOf.size());
  const std::string limit = std::string(begin).append(rest);
  if (!begin.starts_with('/') || begin.find(' ') != std::string_view::npos) return false;
  constexpr std::string_view kTask = "Task in ";
  const std::size_t named = task.find(kTask);
  if (named != std::string_view::npos) return IsAncestor(limit, task.substr(named + kTask.size()));
  constexpr std::size_t kSure = 8;  // bytes that agree by no chance
  return task.find(' ') == std::string_view::npos && limit.ends_with(task) &&
         (task.size() >= kSure || may_be_path);
}

// Within " killed as a result of limit of ", behind the task's path or the end of it.
std::optional<std::string_view> GlueOfWords(std::string_view line, std::string_view rest) {
  for (std::size_t begun = kLimitOf.size(); begun-- > 0;) {
    const std::string_view end = TrimBlanks(kLimitOf.substr(begun));
    const std::string_view begin = TrimBlanks(kLimitOf.substr(0, begun));
    if (!rest.starts_with(end) || !line.ends_with(begin)) continue;
    const std::string_view limit = TrimBlanks(rest.substr(end.size()));
    std::string_view task = line.substr(0, line.size() - begin.size());
    task = task.substr(std::min(task.rfind(' ', task.size() - 2) + 1, task.size()));
    if (!limit.starts_with('/') || task.size() < 2) continue;
    const bool between = IsBlank(kLimitOf[begun]) || (begun > 0 && IsBlank(kLimitOf[begun - 1]));
    return between ? " " : "";
  }
  return std::nullopt;
}

// `rest` begins with the end of a path, behind which stand, maybe cut, the words that follow it.
bool EndsPath(std::string_view rest) {
  static const LogPattern kEnd(
      R"re([\w.:/@\\+-]*(?:,(?:t[a-z_]*(?:=.*)?)?|: c(?:a|ac|ach|ache|ache:.*)?))re");
  const std::size_t blank = rest.find(' ');
  const std::string_view words = blank < rest.size() ? rest.substr(blank) : std::string_view();
  const bool killed = IsPath(rest.substr(0, blank)) && words.size() > 2 &&
                      (kLimitOf.starts_with(words) || words.starts_with(kLimitOf));
  return killed || Matches(rest, kEnd);
}

// Within the path of "Task in /a", "oom_memcg=/a" or "Memory cgroup stats for /a".
bool IsWithinPath(std::string_view line, std::string_view rest) {
  static const LogPattern kBegin(
      R"re((?:[a-z_]*=|.*(?:Task in |oom_memcg=|task_memcg=|(Memory cgroup stats for )))/[\w.:/@\\+-]*)re");
  if (line.ends_with(':')) return false;
  const bool may_begin =
      line.find("=/") != std::string_view::npos || line.find(" /") != std::string_view::npos;
  const auto begin = may_begin ? MatchAll<1>(line, kBegin) : std::nullopt;
  if (!begin && !IsLongPiece(line)) return false;
  if (!begin && IsId(rest)) return true;
  const bool stats = begin && !(*begin)[0].empty();
  return IsLongPiece(rest) || EndsPath(rest) || (stats && rest.ends_with(':') && IsPath(rest));
}

// Within a key: "oom_memcg=/a,task_me" and below it "mcg=/a,task=b".
bool IsWithinKey(std::string_view line, std::string_view rest) {
  static const LogPattern kBegin(R"re(.*[\w/],(?:[a-z]+_?[a-z]*)?)re");
  static const LogPattern kEnd(R"re([a-z]*_?[a-z]*=/[^ ]*)re");
  const std::size_t comma = line.rfind(',');
  if (comma == std::string_view::npos || !Matches(rest, kEnd) || !Matches(line, kBegin))
    return false;
  const std::string key = std::string(line.substr(comma + 1)).append(rest);
  return key.starts_with("oom_memcg=/") || key.starts_with("task_memcg=/");
}

// "mongod cpuset=0249" and below it "52d953 mems_allowed=0".
bool IsWithinCpuset(std::string_view line, std::string_view rest) {
  static const LogPattern kBegin(R"re(.* cpuset=[\w.:/@\\+-]*)re");
  static const LogPattern kEnd(R"re([\w.:/@\\+-]*[0-9a-f/] mems_allowed=\d[\d,-]*)re");
  return Matches(rest, kEnd) && Matches(line, kBegin);
}

// The summary has no blank but in a path and in the task's name, of which it is not known whether
// one was lost (mm/oom_kill.c, dump_oom_summary()).
bool IsWithinSummary(std::string_view line, std::string_view rest) {
  static const LogPattern kWhole(R"re(.*,pid=\d+,uid=\d+)re");
  static const LogPattern kName(R"re(.*,task=[^,]+)re");
  static const LogPattern kMore(
      R"re([^ ]*,(?:cpuset=|mems_allowed=|oom_memcg=|global_oom,|task_memcg=|task=|pid=).*)re");
  const bool of_summary = line.find(kSummary) != std::string_view::npos ||
                          line.find("memcg=/") != std::string_view::npos ||
                          line.find(",task=") != std::string_view::npos;
  if (!of_summary || Matches(line, kWhole)) return false;
  if (rest[0] != ',' && Matches(line, kName)) return false;
  return Matches(rest, kMore) || (rest.find(' ') == std::string_view::npos &&
                                  Matches(std::string(line).append(rest), kWhole));
}

// "cache:680KB rss:1763" and below it "36KB rss_huge:163840KB", up to 5.2.
std::optional<std::string_view> GlueOfStats(std::string_view line, std::string_view rest) {
  static const LogPattern kStat("[a-z_]+:[0-9]+KB");
  const std::size_t begin = line.rfind(' ') + 1;
  const std::string_view last = line.substr(begin);
  const std::string_view before = TrimBlanks(line.substr(0, begin));
  const std::string_view first = rest.substr(0, rest.find(' '));
  const std::string_view above = before.substr(before.rfind(' ') + 1);
  const bool of_stats = line.find("Memory cgroup stats for /") != std::string_view::npos ||
                        Matches(above, kStat) || (above.ends_with(':') && IsPath(above));
  if (!of_stats) return std::nullopt;
  if (Matches(first, kStat) && (Matches(last, kStat) || last.ends_with(':'))) return " ";
  const bool within = !Matches(last, kStat) && Matches(std::string(last).append(first), kStat);
  return within ? std::optional<std::string_view>("") : std::nullopt;
}

// Asked of every line, so by a look only: paths and sizes in KB stand in such lines, and the rest
// of a path is a word of its own.
bool MayBeOfMemcg(std::string_view line, std::string_view rest) {
  const auto has = [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  return has(line, "/") || has(rest, "/") || has(rest, "KB") || !has(line, " ");
}

}  // namespace

std::optional<std::string_view> GlueOfMemcg(std::string_view line, std::string_view rest) {
  if (!MayBeOfMemcg(line, rest)) return std::nullopt;
  if (IsWithinLimitOf(line, rest) || IsWithinPath(line, rest) || IsWithinKey(line, rest) ||
      IsWithinCpuset(line, rest) || IsWithinSummary(line, rest))
    return "";
  if (const std::optional<std::string_view> glue = GlueOfWords(line, rest)) return glue;
  return GlueOfStats(line, rest);
}

}  // namespace kautopsy
