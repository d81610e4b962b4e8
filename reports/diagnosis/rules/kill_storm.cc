#include <fmt/core.h>

#include <map>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kManyKills = 3;
// A killed program's memory is back within seconds; kills that go on for longer than the time in
// which the reaper gives up have another reason.
constexpr int64_t kWindowSeconds = 60;

struct Storm {
  const EventFacts* first = nullptr;
  const EventFacts* last = nullptr;
  int64_t kills = 0;
  int64_t not_freed = 0;  // victims whose memory was not all taken back
  std::map<std::string, int64_t> by_comm;
};

void Add(const EventFacts& event, Storm& storm) {
  if (!storm.first) storm.first = &event;
  storm.last = &event;
  for (const KillFacts& kill : event.kills) {
    // A kill of a whole group prints its first victim twice.
    if (kill.repeated) continue;
    ++storm.kills;
    if (kill.reaped_anon_rss_kb.value_or(0) > 0) ++storm.not_freed;
    ++storm.by_comm[CommName(kill.comm)];
  }
}

// The longest run of kills, each within a minute of the one before. The members of one group that
// are killed together are one event and no storm.
Storm LongestStorm(const IncidentFacts& facts) {
  Storm longest;
  Storm current;
  int64_t events = 0;
  int64_t most = 0;
  for (const EventFacts& event : facts.events) {
    if (event.kills.empty()) continue;
    const std::optional<int64_t> apart =
        current.last ? SecondsFromTo(*current.last, event) : std::nullopt;
    if (!apart || *apart < 0 || *apart > kWindowSeconds) {
      current = Storm();
      events = 0;
    }
    Add(event, current);
    if (++events > most) {
      most = events;
      longest = current;
    }
  }
  return most >= kManyKills ? longest : Storm();
}

std::string WhoWords(const Storm& storm) {
  const std::pair<const std::string, int64_t>* most = nullptr;
  for (const auto& entry : storm.by_comm) {
    if (!most || entry.second > most->second) most = &entry;
  }
  if (!most || most->second < kManyKills) return "";
  return fmt::format(" {} was killed {} times: something starts it again.", most->first,
                     Thousands(most->second));
}

}  // namespace

// Kill upon kill within a short time.
std::optional<Finding> RuleKillStorm(const IncidentFacts& facts) {
  const Storm storm = LongestStorm(facts);
  if (!storm.first || storm.kills < kManyKills) return std::nullopt;
  const std::optional<int64_t> seconds = SecondsFromTo(*storm.first, *storm.last);
  Finding finding = DraftContext("kill_storm", *storm.first);
  finding.severity = Severity::kMajor;
  finding.confidence = Confidence::kHigh;
  finding.confidence_why = "counted; the kernel may have left some out, so these are at least";
  finding.title = fmt::format("{} killed {} programs within {}.", OnDayHost(facts, *storm.first),
                              Thousands(storm.kills), SpanText(seconds.value_or(0)));
  finding.brief = fmt::format("{} kills in a row", Thousands(storm.kills));
  finding.explanation = "One kill did not free enough." + WhoWords(storm);
  if (storm.not_freed > 0) {
    finding.explanation += fmt::format(" Of {} the kernel could not take back all memory at once.",
                                       Counted(storm.not_freed, "victim"));
  }
  finding.evidence.push_back(KillEvidence(*storm.first, storm.first->kills.front()));
  finding.evidence.push_back(KillEvidence(*storm.last, storm.last->kills.front()));
  return finding;
}

}  // namespace kautopsy
