#include "parsers/envelope/untagged.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kRefused = " page allocation failure";

// The tags that programs write end in a colon; so do these of the kernel's words.
bool IsKernelsWord(std::string_view word) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"Mem-info:", "Mem-Info:", "DMA:", "DMA32:", "Normal:", "HighMem:", "Movable:",
       "lowmem_reserve[]:", "protections[]:", "Pid:", "CPU:", "oom-killer:"});
  constexpr std::string_view kFirst = "MDNHlpPCo";
  return kFirst.find(word[0]) != std::string_view::npos &&
         std::ranges::find(kWords, word) != kWords.end();
}

// Lines are judged by their beginnings: mail may have broken off the rest.
const LogPattern& RecordLine() {
  static const LogPattern kPattern(
      R"re((?:.{1,15} invoked oom-killer: ?gfp_mask=0x|oom-killer: gfp_mask=0x|)re"
      R"re(.{1,15}: page allocation failure[.:] order:\d|[Oo]ut of [Mm]emory: [Kk]ill|)re"
      R"re(Memory cgroup out of memory: Kill|Killed process \d|oom-kill:constraint=|)re"
      R"re(Task in /\S* killed as a result of limit of |Memory cgroup stats for |)re"
      R"re(\[<[0-9a-f]{8,16}>\] |Call Trace:|Pid: \d+, comm: |CPU: \d+ PID: \d|)re"
      R"re([Mm]em-[Ii]nfo:\s*$|(?:Node \d+ )?(?:DMA|DMA32|Normal|HighMem|Movable)(?: per-cpu:|)re"
      R"re( free:\d|: \d+\*\d+kB)|CPU +\d+: (?:Hot: )?hi:|cpu \d+ (?:hot|cold): |)re"
      R"re([Aa]ctive:\d|active_anon:\d|inactive_(?:anon|file):\d|active_file:\d|unevictable:\d|)re"
      R"re(free:\d|slab_reclaimable:\d|slab:\d|mapped:\d|Free pages: +\d|Node \d+ active_anon:|)re"
      R"re((?:lowmem_reserve|protections)\[\]: \d|Swap cache(?: stats)?: add \d|)re"
      R"re((?:Free|Total) swap *[=:] *\d|\d+ (?:total pagecache |reserved |free |slab )?pages\b|)re"
      R"re(\[ *pid *\] +uid |\[ *\d+\] +\d+ +\d+ +\d).*)re");
  return kPattern;
}

}  // namespace

bool MayBeKernelsWord(std::string_view word, std::string_view behind) {
  return !word.ends_with(':') || behind.starts_with(kRefused) || IsKernelsWord(word);
}

std::size_t BehindUntaggedHost(std::string_view text) {
  if (!MayBeUntagged(text)) return 0;
  const std::size_t host = text.find_first_not_of(' ');
  const std::size_t blank = text.find(' ', host);
  if (text[blank - 1] == ':') return 0;
  const std::string_view rest = SkipBlanks(text.substr(blank));
  return Matches(rest, RecordLine()) ? text.size() - rest.size() : 0;
}

}  // namespace kautopsy
