#pragma once

#include <optional>
#include <string>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What rules say of a refusal's call path, the same in each of them.

// Harmless: info, degraded or unknown: minor, fatal: major.
Severity HarmSeverity(const CallPath& path);
// "; harmless: small pages are taken instead"; empty for other harms.
std::string HarmlessWords(const CallPath& path);
// "a copy of a packet in one piece for tg3 [skb_copy]: why it is so large"; empty if unknown.
std::string SiteWords(const CallPath& path, int order);
// What is known to help at the site of the refusal `event`; none if nothing is. Where that is a
// larger reserve, with its value (min_free.h).
std::optional<Advice> SiteAdvice(const IncidentFacts& facts, const EventFacts& event,
                                 const CallPath& path);

}  // namespace kautopsy
