#include "parsers/stream/quoted_tail.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/envelope/envelope.h"

namespace kautopsy {
namespace {

constexpr int64_t kMostLines = 8;  // more than that is a report of its own

bool HasClock(const EventRecord& event) {
  return event.time || event.local_time || event.uptime_us;
}

// One clock only: two show whether they are of one moment, and none says nothing of another.
bool MayBeQuote(const EventRecord& event) {
  return event.kind == "mem_info" && !event.complete && event.log_lines > 1 &&
         event.log_lines <= kMostLines && HasClock(event);
}

std::set<std::string> TextsOf(const EventRecord& event) {
  std::set<std::string> texts;
  LatestHead latest;
  for (const RawLine& raw : event.lines.Split()) {
    LogLine line;
    line.raw = line.text = raw.text;
    ParsePrefixes(line, latest);
    texts.insert(CollapseBlanks(line.text));
  }
  return texts;
}

// What differs from moment to moment and from machine to machine: the counters of programs, an
// ordinary zone, swap in use. Zone DMA and a machine without swap look alike everywhere.
bool TellsMoment(const std::set<std::string>& texts) {
  return std::ranges::any_of(texts, [](const std::string& text) {
    const bool swap = text.starts_with("Free swap") && !text.ends_with("= 0kB");
    return swap || text.find("Normal free:") != std::string::npos ||
           text.starts_with("active_anon:") || text.starts_with("Active:");
  });
}

bool IsQuoteOf(const EventRecord& part, const EventRecord& whole) {
  const bool report =
      whole.kind == "oom" || whole.kind == "alloc_failure" || whole.kind == "mem_info";
  if (!report || HasClock(whole) || whole.log_lines <= part.log_lines) return false;
  const std::set<std::string> texts = TextsOf(part);
  return TellsMoment(texts) && std::ranges::includes(TextsOf(whole), texts);
}

}  // namespace

void QuotedTail::Take(EventRecord&& event) {
  if (waiting_ && IsQuoteOf(*waiting_, event)) {
    left_out_ += static_cast<uint64_t>(waiting_->log_lines);
    waiting_.reset();
  }
  Finish();
  if (MayBeQuote(event))
    waiting_ = std::move(event);
  else
    on_event_(std::move(event));
}

void QuotedTail::Finish() {
  if (waiting_) on_event_(std::move(*waiting_));
  waiting_.reset();
}

}  // namespace kautopsy
