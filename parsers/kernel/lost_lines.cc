// Markers that the kernel kept messages back or lost them. Whoever counts reports must know that
// there were more, and a report beside such a marker may have holes.
#include <array>
#include <memory>
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

// "warn_alloc: 50 callbacks suppressed" (lib/ratelimit.c, ___ratelimit(), since 2.6.32),
// "printk: 12 messages suppressed." (kernel/printk.c, __printk_ratelimit(), until 2.6.26),
// "BUG: Bad page state: 9 messages suppressed" (mm/page_alloc.c, bad_page(); mm/memory.c,
// print_bad_pte()), "udevd: 304 output lines suppressed due to ratelimiting"
// (kernel/printk/printk.c, devkmsg_release()).
const LogPattern& Suppressed() {
  static const LogPattern kPattern(
      R"re((?:BUG: )?(\S.{0,30}): (\d+) (callbacks suppressed|messages suppressed|output lines suppressed)(?:\.| due to ratelimiting)?)re");
  return kPattern;
}

// A console that is too slow for the buffer (kernel/printk/printk.c, console_unlock(), since 3.16).
const LogPattern& Dropped() {
  static const LogPattern kPattern(R"re(\*\* (\d+) (printk messages dropped) \*\*)re");
  return kPattern;
}

std::optional<LostLines> ParseMarker(std::string_view text) {
  if (const auto groups = MatchAll<3>(text, Suppressed())) {
    const auto& [scope, count, marker] = *groups;
    return LostLines{std::string(marker), std::string(scope), ParseInteger(count)};
  }
  if (const auto groups = MatchAll<2>(text, Dropped())) {
    const auto& [count, marker] = *groups;
    return LostLines{std::string(marker), "console", ParseInteger(count)};
  }
  return std::nullopt;
}

// People quote such lines in prose; the console's own has no prefix where a console was recorded.
bool IsMarker(const LogLine& line) {
  return (line.prefixed || line.text.starts_with("** ")) && ParseMarker(line.text);
}

class LostLinesBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed() || line.cut) return Claim::kNone;
    std::optional<LostLines> marker = ParseMarker(line.text);
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
                      {" printk messages dropped **", IsMarker, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<LostLinesBlock>()); }};
}

}  // namespace kautopsy
