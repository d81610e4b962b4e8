#pragma once

#include <string>

#include "reports/diagnosis/badness.h"

namespace kautopsy {

// Why the OOM killer chose this one, without a full stop: "the largest program of the table",
// "probably a tie. ...". Empty for kills that the OOM killer did not choose.
std::string WhyThisOne(const KillChoice& choice);

// " and 3.2 GiB in swap": what the kill line's sizes leave out of the victim, where that is more
// than they hold; the score counts both. Empty if not, or if the table does not print it.
std::string InSwapWords(const KillChoice& choice);

// The recomputed score beside the printed one, and its place: "318 printed, 317 to 319 recomputed,
// place 3 of 3". Empty if neither is known.
std::string ScoreWords(const KillChoice& choice);

// What the text tells of the memory after the kill: by the reaper's line, the next process table or
// the next memory report. Empty if it tells nothing.
std::string AfterWords(const IncidentFacts& facts, const EventFacts& event, const KillFacts& kill);

}  // namespace kautopsy
