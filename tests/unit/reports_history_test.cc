#include "reports/diagnosis/history.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace kautopsy {
namespace {

constexpr int64_t kSecond = 1000000;
constexpr int64_t kDay = 86400 * kSecond;

PastIncident At(int64_t id, int64_t from_us,
                std::string signature = "fragmentation|oom|order 2|kernel_stack") {
  PastIncident incident;
  incident.id = id;
  incident.from_us = from_us;
  incident.to_us = from_us + 60 * kSecond;
  incident.signature = std::move(signature);
  return incident;
}

// One incident per boot-less day of `days`, ids from 1.
std::vector<PastIncident> OnDays(std::initializer_list<int64_t> days) {
  std::vector<PastIncident> incidents;
  for (const int64_t day : days)
    incidents.push_back(At(static_cast<int64_t>(incidents.size()) + 1, day * kDay));
  return incidents;
}

std::string TitleOf(const Relation& relation, std::string_view rule) {
  for (const Finding& finding : relation.findings) {
    if (finding.rule == rule) return finding.title;
  }
  return "";
}

std::string LastTitle(const std::vector<PastIncident>& incidents, std::string_view rule) {
  return TitleOf(RelateIncidents(incidents).back(), rule);
}

TEST_CASE("the first incident of a kind has no past") {
  const std::vector<Relation> relations = RelateIncidents({At(1, 0), At(2, kDay, "slab_leak|oom")});
  for (const Relation& relation : relations) {
    CHECK(relation.occurrence == 1);
    CHECK_FALSE(relation.same_as);
    CHECK_FALSE(relation.gap_s);
    CHECK(relation.findings.empty());
  }
}

TEST_CASE("a period is told from three recurrences on") {
  CHECK(LastTitle(OnDays({0, 6}), "recurrence") ==
        "The 2nd incident of this kind on this host, 6 d 0 h after the one before.");
  CHECK(LastTitle(OnDays({0, 6, 13}), "recurrence") ==
        "The 3rd incident of this kind on this host, 7 d 0 h after the one before.");
  CHECK(LastTitle(OnDays({0, 6, 13, 18}), "recurrence") ==
        "The 4th incident of this kind on this host, every 5 to 7 days.");
}

TEST_CASE("gaps that differ by more than twice are called irregular") {
  CHECK(LastTitle(OnDays({0, 6, 7, 40}), "recurrence") ==
        "The 4th incident of this kind on this host, irregularly, 1 to 33 days apart.");
}

TEST_CASE("an incident that follows within ten minutes goes on from the one before") {
  const std::vector<Relation> relations =
      RelateIncidents({At(1, 0), At(2, 120 * kSecond), At(3, kDay)});
  CHECK(relations[1].occurrence == 1);
  CHECK(relations[1].same_as == 1);
  CHECK_FALSE(relations[1].gap_s);
  CHECK(TitleOf(relations[1], "continuation") ==
        "The same trouble as in incident 1, which goes on here.");
  CHECK(relations[2].occurrence == 2);
  CHECK(relations[2].gap_s == 86400);
}

TEST_CASE("the time from boot is told where three boots agree") {
  std::vector<PastIncident> incidents = OnDays({0, 6, 13});
  for (PastIncident& incident : incidents) {
    incident.boot_id = incident.id;
    incident.uptime_us = (4 + incident.id) * kDay;
  }
  const std::vector<Relation> relations = RelateIncidents(incidents);
  REQUIRE(relations.back().findings.size() == 1);
  CHECK(relations.back().findings.front().explanation ==
        "Same signature: incidents 1, 2. Each time 5 to 7 days after boot, in 3 boots: something "
        "grows from boot on.");
  incidents.back().boot_id = 2;
  CHECK(RelateIncidents(incidents).back().findings.front().explanation ==
        "Same signature: incidents 1, 2.");
}

TEST_CASE("incidents that name no culprit share a cause, and need not be the same trouble") {
  std::vector<PastIncident> incidents = OnDays({0, 6});
  for (PastIncident& incident : incidents) incident.signature = "shmem|oom|order 0";
  const Finding again = RelateIncidents(incidents).back().findings.front();
  CHECK(again.title.starts_with("The 2nd incident of this cause on this host"));
  CHECK(again.explanation.starts_with("Same cause: incident 1. No culprit is named"));
  incidents.back().from_us = incidents.front().to_us + 60 * kSecond;
  const Finding goes_on = RelateIncidents(incidents).back().findings.front();
  CHECK(goes_on.title.starts_with("The same cause as in incident 1"));
  CHECK(goes_on.confidence == Confidence::kMedium);
}

// Incidents of one boot, a day apart, whose unreclaimable slab is that many MiB.
std::vector<PastIncident> WithSlab(std::initializer_list<int64_t> sizes_mib) {
  std::vector<PastIncident> incidents;
  for (const int64_t mib : sizes_mib) {
    const auto place = static_cast<int64_t>(incidents.size());
    incidents.push_back(At(place + 1, place * kDay, "signature " + std::to_string(place)));
    incidents.back().boot_id = 1;
    incidents.back().measures["slab_unreclaimable"] = mib * 1024;
  }
  return incidents;
}

TEST_CASE("what grows over three incidents of one boot is a trend") {
  CHECK(LastTitle(WithSlab({400, 600, 900}), "trend") ==
        "kernel objects [slab_unreclaimable] grew from 400 MiB to 900 MiB in 2 d 0 h, over 3 "
        "incidents of one boot.");
  CHECK(LastTitle(WithSlab({400, 900}), "trend").empty());
  CHECK(LastTitle(WithSlab({400, 900, 800}), "trend").empty());
  CHECK(LastTitle(WithSlab({400, 410, 420}), "trend").empty());
}

TEST_CASE("growth in the last step alone is a spike") {
  const std::vector<Relation> spike = RelateIncidents(WithSlab({400, 410, 900}));
  REQUIRE(spike.back().findings.size() == 1);
  CHECK(spike.back().findings.front().explanation ==
        "Most of it came in the last step: a spike rather than a leak.");
}

TEST_CASE("another boot begins anew") {
  std::vector<PastIncident> incidents = WithSlab({400, 600, 900});
  incidents.back().boot_id = 2;
  CHECK(LastTitle(incidents, "trend").empty());
}

}  // namespace
}  // namespace kautopsy
