#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/snapshots.h"

namespace kautopsy {

// Advice for a host of virtual machines, whichever rule gives it: the same values everywhere.

// What /proc/meminfo has to tell how much could be had. MemAvailable: fs/proc/meminfo.c since 3.14.
std::string_view AvailableWords(const KernelVersion& kernel);

// Guests as small as the tightest moment of the text demands; none if they fit (guest_size.h).
std::optional<Advice> GuestsBySnapshot(const IncidentFacts& facts,
                                       const std::vector<Snapshot>& snapshots);
// Huge pages of 2 MiB for guests of that size, where the host was seen without any.
std::optional<Advice> HugePagesForGuests(const IncidentFacts& facts,
                                         const std::vector<Snapshot>& snapshots);
// vm.min_free_kbytes of a large host that refused a request which must not wait; none if it is
// large enough, or if the host is too small for it.
std::optional<Advice> HostReserve(const IncidentFacts& facts,
                                  const std::vector<Snapshot>& snapshots);

// How the texts end that a report adds the number of the moment's lines to.
inline constexpr std::string_view kOneMoment = "all of one moment";
inline constexpr std::string_view kFreeAtWorst = "free at worst";

}  // namespace kautopsy
