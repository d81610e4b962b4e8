// Markers that messages were kept back or lost, by the kernel or on their way into the log. Whoever
// counts reports must know that there were more, and a report beside a marker may have holes.
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `lost_lines`.
struct LostLines {
  Text marker;
  Text scope;
  Integer count;

  static constexpr std::string_view kRelation = "lost_lines";
  static std::span<const Field<LostLines>> Fields() {
    using F = Field<LostLines>;
    static constexpr std::array fields = {F("marker", &LostLines::marker),
                                          F("scope", &LostLines::scope),
                                          F("count", &LostLines::count)};
    return fields;
  }
};

// One form of a marker: the pattern's groups are whose messages, and how many.
struct Form {
  std::string_view marker;
  LogPattern pattern;
  bool count_first = false;
};

// What the kernel prints: lib/ratelimit.c, ___ratelimit(), since 2.6.32; kernel/printk.c,
// __printk_ratelimit(), until 2.6.26, and mm/page_alloc.c, bad_page(), mm/memory.c,
// print_bad_pte(); kernel/printk/printk.c, devkmsg_release(), and, on a console that is too slow
// for the buffer, console_unlock(), since 3.16.
std::span<const Form> KernelForms() {
  static const Form kForms[] = {
      {"callbacks suppressed", LogPattern(R"re((\S.{0,30}): (\d+) callbacks suppressed)re")},
      {"messages suppressed",
       LogPattern(R"re((?:BUG: )?(\S.{0,30}): (\d+) messages suppressed\.?)re")},
      {"output lines suppressed",
       LogPattern(R"re((\S.{0,30}): (\d+) output lines suppressed due to ratelimiting)re")},
      {"printk messages dropped", LogPattern(R"re(\*\* (\d+) (printk) messages dropped \*\*)re"),
       true}};
  return kForms;
}

// What tells that messages never came into the log: rsyslog, runtime/ratelimit.c, tellLostCnt() and
// withinRatelimit(), and plugins/imuxsock before it; systemd, src/journal/journald-rate-limit.c and
// journald-kmsg.c.
std::span<const Form> WitnessForms() {
  static const Form kForms[] = {
      {"messages lost",
       LogPattern(R"re((imuxsock) lost (\d+) messages from pid \d+ due to rate-limiting)re")},
      {"messages lost",
       LogPattern(R"re((im[^:]{1,60}): (\d+) messages lost due to rate-limiting.*)re")},
      {"messages dropped",
       LogPattern(R"re((im\w+).{0,100} begins? to drop messages() .*rate-limiting)re")},
      {"messages suppressed", LogPattern(R"re(Suppressed (\d+) messages from (\S+))re"), true},
      {"messages missed", LogPattern(R"re(Missed (\d+) (kernel) messages)re"), true},
      {"messages lost", LogPattern(R"re((/dev/kmsg) buffer overrun, some messages lost()\.)re")}};
  return kForms;
}

std::optional<LostLines> ParseMarker(const LogLine& line) {
  for (const Form& form : line.witness ? WitnessForms() : KernelForms()) {
    const auto groups = MatchAll<2>(line.text, form.pattern);
    if (!groups) continue;
    const auto& [first, second] = *groups;
    return LostLines{std::string(form.marker), std::string(form.count_first ? second : first),
                     ParseInteger(form.count_first ? first : second)};
  }
  return std::nullopt;
}

// People quote such lines in prose; the console's own has no prefix where a console was recorded.
bool IsMarker(const LogLine& line) {
  return (line.prefixed || line.text.starts_with("** ")) && ParseMarker(line);
}

class LostLinesBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed() || line.cut) return Claim::kNone;
    std::optional<LostLines> marker = ParseMarker(line);
    if (!marker) return Claim::kNone;
    row_ = std::move(*marker);
    return Claim::kTaken;
  }

  bool closed() const override { return row_.marker.has_value(); }

  void Finish(EventRecord& event) override {
    event.title = *row_.scope + ": " + *row_.marker;
    event.complete = true;
    event.rows.push_back(
        std::make_unique<RowsOf<LostLines>>(std::vector<LostLines>{std::move(row_)}));
  }

 private:
  LostLines row_;
};

}  // namespace

RecordKind LostLinesKind() {
  return {.name = "lost_lines",
          .openers = {{" callbacks suppressed", IsMarker, false},
                      {" messages suppressed", IsMarker, false},
                      {" output lines suppressed", IsMarker, false},
                      {" printk messages dropped **", IsMarker, false},
                      {" due to rate-limiting", IsMarker, false},
                      {"Suppressed ", IsMarker, false},
                      {" kernel messages", IsMarker, false},
                      {"/dev/kmsg buffer overrun", IsMarker, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<LostLinesBlock>()); }};
}

}  // namespace kautopsy
