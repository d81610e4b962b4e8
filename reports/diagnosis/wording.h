#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// The words that findings and reports share, so that the same thing always has the same name.

std::string HostName(const IncidentFacts& facts);  // the host, or "the machine"
// "On Nov 20 wv2-f302", "At 12 s after boot the machine", "Wv2-f302" without a date.
std::string OnDayHost(const IncidentFacts& facts, const EventFacts& event);
// "64 KiB in one piece [order 4]"; "one page of 4 KiB [order 0]".
std::string PieceWords(int order, int64_t page_kb);
// "0x20 [GFP_ATOMIC]", or the names alone, or "?".
std::string GfpWords(const Integer& mask, const GfpMeaning& gfp);
// "12 x min", "95.8 % of min". REQUIRES: both are printed, min > 0.
std::string TimesMinWords(const ZoneFacts& zone);
// The largest order that has a free piece which not only atomic requests may take: cells that hold
// nothing but their reserve have the letter H alone (mm/page_alloc.c, show_migration_types()).
std::optional<int> LargestCommonOrder(const ZoneFacts& zone);
// Order of the largest free piece in the ordinary zones, and in those others that lie above their
// mark for the request; none if no list is in the text.
std::optional<int> LargestPiece(const EventFacts& event);
// What the free pieces of these zones are: "4 KiB", "4 and 8 KiB", "4 KiB to 1 MiB".
std::string PieceRange(const EventFacts& event);
// What of the zone's free pages the request may not have: "without 2,048 kept for atomic requests
// [highatomic]"; empty if nothing.
std::string LeftOutWords(const ZoneCheck& check);
// How the printed min becomes the mark: "min 19,373 - 9,686 [half: __GFP_HIGH] = 9,687"; empty if
// it is the mark.
std::string MarkWords(const ZoneCheck& check);
// The arithmetic of one zone on one line.
std::string CheckWords(const ZoneCheck& check);
// The sum of the last try before an OOM kill: "Normal 9,475 <= 13,345 [high]"; empty if it is not
// known.
std::string LastTryWords(const ZoneCheck& check);
// Why an OOM killer that runs found nothing to spare: the zones below their marks, or those that
// are above min but not above high, by which the kernel tests once more before it kills.
std::string NothingSpareWords(const EventFacts& event);
std::string CheckName(const ZoneCheck& check);  // "node 0 Normal"
// Code of zone_check.free_from: "list" or "counter"; empty if neither is known.
std::string_view FreeFrom(const ZoneCheck& check);
// Code of zone_check.verdict: a request that failed would "pass now", an assumed one is "served".
std::string_view VerdictCode(const ZoneCheck& check, bool assumed);
// "10.6 s" of 10646 ms.
std::string WaitText(int64_t ms);
// "a and b", "a, b and c".
std::string JoinWords(const std::vector<std::string>& words);

}  // namespace kautopsy
