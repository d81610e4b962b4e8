#pragma once

#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What the rules fill in alike, of a finding about one event.

// A finding that claims the cause; `cause` is its rule's name too, until the rule sets another one.
// Rules whose incidents may reach over days set `when`.
Finding DraftCause(std::string_view cause, const EventFacts& event);
// A finding that only explains; it stands in the verbose report and in JSON.
Finding DraftContext(std::string_view rule, const EventFacts& event);

// True where the limit of a control group was hit: the memory of the host does not matter then.
bool OfGroup(const EventFacts& event);
// True where the log states that no control group's limit was hit, and no nodes were all that the
// request might use: the machine as a whole had nothing left.
bool OfWholeMachine(const EventFacts& event);
// True for a kill whose request might use some nodes only, as the log states: counters of the whole
// machine do not tell why it failed.
bool StatesConstraint(const EventFacts& event);
// True for kills and refusals of the host. A report without them may be somebody's look at a
// healthy machine.
bool IsShortage(const EventFacts& event);
// True for an OOM report of the host that found nothing to spare: no page for the request, or only
// what is kept between the marks.
bool IsUsedUp(const EventFacts& event);

// part / whole; 0 where there is no whole.
double ShareOf(int64_t part, int64_t whole);

}  // namespace kautopsy
