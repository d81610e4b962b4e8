#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The clock as a log line shows it (parsers/envelope/stamp.h), whatever its zone.
std::optional<PrintedTime> ParsePrintedTime(std::string_view text);

// Seconds from one event to the other; none unless both were read off the same kind of clock.
std::optional<int64_t> SecondsFromTo(const EventFacts& from, const EventFacts& to);

// Dated events by their clock; an undated one stands after the latest dated event before it in the
// document, undated ones among themselves by (source, first_line, first_column).
void OrderEvents(std::vector<EventFacts>& events);

// "Nov 20", or "123 s after boot", or "" for undated events.
std::string DayText(const EventFacts& event);
// "Nov 20 12:42:42", "123.456 s after boot", "".
std::string SecondText(const EventFacts& event);
// DayText(), or SecondText() where another event of the same DayText() that `tells` what this one
// lacks would have that name, too.
std::string DayTextBeside(const IncidentFacts& facts, const EventFacts& event,
                          bool (*tells)(const EventFacts&));
// " on Nov 20", " at 123 s after boot", "".
std::string OnDay(const std::string& day);
// The same at the beginning of a sentence: "On Nov 20", "At 36 d after boot".
std::string StartOnDay(const std::string& day);
// "Nov 20 12:42:42", "uptime 123.456", "~".
std::string MomentText(const EventFacts& event);

}  // namespace kautopsy
