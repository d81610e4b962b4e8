#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What a machine held when an incident began, to be compared with its other incidents: a row of
// incident_measure.
struct Measure {
  std::string name;    // free, anon, shmem, slab_unreclaimable, pagetables, swap_used, rss, pieces
  std::string detail;  // rss: guest or command; pieces: zone; else empty
  int64_t value = 0;   // KiB; of pieces how many blocks of kMeasuredOrder its free list holds
};

// Blocks of 64 KiB with pages of 4 KiB: what drivers and stacks ask for in one piece.
constexpr int kMeasuredOrder = 4;

// Of the first memory report of the incident, and of its first process table; none without them.
std::vector<Measure> MeasuresOf(const IncidentFacts& facts);

// An incident as the others of its host see it. Times of one host are of one clock: the wall's, or
// the printed time's in a common leap year where no year is known.
struct PastIncident {
  int64_t id = 0;
  int64_t from_us = 0;
  int64_t to_us = 0;
  Integer boot_id;
  Integer uptime_us;  // when it began
  std::string cause;
  std::string signature;
  std::map<std::string, int64_t, std::less<>> measures;  // "rss wl52" -> KiB
};

// What the host's other incidents tell about one.
struct Relation {
  int64_t incident_id = 0;
  int64_t occurrence = 1;  // the how many-th of its signature, episodes counted
  Integer same_as;         // the first incident of the same signature
  Integer gap_s;           // since the episode before began
  std::vector<Finding> findings;
};

// `incidents` of one host in rising order of from_us. Incidents of one signature that follow each
// other within kSameIncidentSeconds are one episode: a storm that was told in several.
std::vector<Relation> RelateIncidents(const std::vector<PastIncident>& incidents);

// Whether gaps of this range make a period.
bool AlikeSpans(int64_t shortest, int64_t longest);

// From so many recurrences on a period is told: two gaps can be alike by chance.
constexpr std::size_t kGapsForPeriod = 3;

}  // namespace kautopsy
