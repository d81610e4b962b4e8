#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

EventFacts DaemonKill(const std::string& title) {
  EventFacts event = MakeEvent(1, "userspace_kill", "Mar  4 11:20:31");
  event.title = title;
  event.comm = "mail";
  event.pid = 8;
  return event;
}

TEST_CASE("a program cannot choose the reason for its kill by its name") {
  EventFacts android = DaemonKill("low memory killer: killed a: memory pressure for b (pid 8)");
  android.comm = "a: memory pressure for b";
  CHECK_FALSE(RuleUserspaceKill(MakeFacts({android})));
  android.title = "low memory killer: killed x): cache y (pid 8): low watermark is breached";
  android.comm = "x): cache y";
  CHECK(RuleUserspaceKill(MakeFacts({android}))->brief ==
        "the killer's own reason: low watermark is breached");
  EventFacts earlyoom = DaemonKill("earlyoom: SIGTERM to java): x (pid 8)");
  CHECK_FALSE(RuleUserspaceKill(MakeFacts({earlyoom})));
}

TEST_CASE("the limit that a watching program states is told beside an unknown cause") {
  const std::pair<std::string, std::string> cases[] = {
      {"low memory killer: killed mail (pid 8): cache 15004kB is below limit 16384kB for "
       "oom_score_adj 529",
       "minfree"},
      {"systemd-oomd: killed a.scope: memory pressure for /user.slice being 61.42% > 50.00% for > "
       "20s with reclaim activity",
       "ManagedOOMMemoryPressureLimit="},
      {"systemd-oomd: killed b.service: memory used (5) / total (6) and swap used (1) / total (1) "
       "being more than 90.00%",
       "SwapUsedLimit="},
      {"low memory killer: killed mail (pid 8): low watermark is breached", "low watermark"}};
  for (const auto& one : cases) {
    const std::string& title = one.first;
    CAPTURE(title);
    const Diagnosis diagnosis = Diagnose(MakeFacts({DaemonKill(title)}));
    CHECK(diagnosis.primary_cause == "unknown");
    const Finding* const finding = FindFinding(diagnosis, "userspace_kill");
    REQUIRE(finding);
    CHECK(finding->role == Role::kContext);
    CHECK(Mentions(finding->title + RecommendationText(*finding), one.second));
    CHECK(Mentions(diagnosis.headline, title.substr(title.find(": ", 20))));
  }
  CHECK_FALSE(RuleUserspaceKill(MakeFacts({DaemonKill("earlyoom: SIGTERM to java (pid 7)")})));
}

}  // namespace
}  // namespace kautopsy::test
