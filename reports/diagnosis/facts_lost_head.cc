#include <algorithm>
#include <string_view>

#include "reports/diagnosis/facts_parts.h"

namespace kautopsy {
namespace {

// A trace is printed right above its Mem-Info block (mm/page_alloc.c, warn_alloc(); mm/oom_kill.c,
// dump_header()). Where the head of the report is lost, no record claims its frames.
constexpr const char* kLinesAbove =
    "SELECT event_id, first_line - line, text FROM event JOIN unclaimed_line USING (source_id)"
    " WHERE incident_id = ?1 AND kind = 'mem_info' AND complete = 0"
    " AND line BETWEEN first_line - 64 AND first_line - 1 ORDER BY event_id, line DESC";

// "Nov 24 10:00:00 web1 kernel:  ? dpm_run_callback+0x4c/0x120 [mod]"; empty symbol if it is none.
FrameFacts FrameOf(std::string_view text) {
  FrameFacts frame;
  const std::size_t end = text.find("+0x");
  if (end == std::string_view::npos) return frame;
  const std::string_view before = text.substr(0, end);
  const std::size_t blank = before.find_last_of(" (");
  frame.symbol = before.substr(blank == std::string_view::npos ? 0 : blank + 1);
  frame.reliable = blank == std::string_view::npos || blank == 0 || before[blank - 1] != '?';
  return frame;
}

}  // namespace

Status ReadFramesAbove(RowReader& reader, IncidentFacts& facts) {
  const bool any = std::any_of(
      facts.events.begin(), facts.events.end(),
      [](const EventFacts& event) { return event.kind == "mem_info" && !event.complete; });
  if (!any) return {};
  EventFacts* event = nullptr;
  int64_t next = 1;
  Status read = reader.ForEach(kLinesAbove, facts.id, [&](const Statement& row) {
    const int64_t id = row.GetInteger(0).value_or(0);
    if (!event || event->id != id) {
      const auto found = std::find_if(facts.events.begin(), facts.events.end(),
                                      [&](const EventFacts& other) { return other.id == id; });
      event = found == facts.events.end() ? nullptr : &*found;
      next = 1;
    }
    if (!event || row.GetInteger(1) != next) return;
    FrameFacts frame = FrameOf(row.ViewText(2));
    if (frame.symbol.empty()) return;
    event->frames.push_back(std::move(frame));
    ++next;
  });
  for (EventFacts& read_event : facts.events) {
    if (read_event.kind == "mem_info")
      std::reverse(read_event.frames.begin(), read_event.frames.end());
  }
  return read;
}

}  // namespace kautopsy
