#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

constexpr int64_t kCostlyOrder = 3;  // include/linux/mmzone.h, PAGE_ALLOC_COSTLY_ORDER
constexpr double kMostShare = 0.5;

// Distributions carry newer code under old numbers, so their versions tell nothing.
bool IsBetween(const KernelVersion& kernel, std::pair<int, int> from, std::pair<int, int> below) {
  return kernel.el == 0 && kernel.AtLeast(from.first, from.second) &&
         kernel.Below(below.first, below.second);
}

// True for the stable kernels of one series from the release on that holds the mend.
bool IsMended(const KernelVersion& kernel, const KernelVersion& mended) {
  return mended.known() && kernel.major == mended.major && kernel.minor == mended.minor &&
         kernel.patch >= mended.patch;
}

// Where the release is not in the text, the names that it prints for the mask bound it.
bool MayBeBetween(const EventFacts& event, std::pair<int, int> from, std::pair<int, int> below) {
  if (!event.oom->gfp_mask || !event.oom->gfp_flags) return false;
  const auto releases = ReleasesOf(*event.oom->gfp_mask, *event.oom->gfp_flags);
  return releases && releases->first.Below(below.first, below.second) &&
         releases->next.AtLeast(from.first, from.second + 1);
}

bool OfPieces(const EventFacts& event) {
  const int64_t order = event.oom->order.value_or(0);
  return IsShortage(event) && order > 0 && order <= kCostlyOrder;
}

bool OfLowMemory(const EventFacts& event) {
  return IsShortage(event) &&
         std::any_of(event.zones.begin(), event.zones.end(),
                     [](const ZoneFacts& zone) { return zone.zone == "HighMem"; });
}

bool OfDirtyGroup(const EventFacts& event) {
  if (!OfGroup(event)) return false;
  const auto stat = [&](std::string_view name) {
    const auto found = event.group.stat_kb.find(name);
    return found == event.group.stat_kb.end() ? int64_t{0} : found->second;
  };
  return stat("file") > 0 &&
         ShareOf(stat("file_dirty") + stat("file_writeback"), stat("file")) >= kMostShare;
}

// Nothing of the host was short, and yet it killed, for a page fault.
bool OfHiddenGroup(const EventFacts& event) {
  return IsShortage(event) && event.oom->order == 0 && event.oom->constraint_kind == "none" &&
         event.rerun && event.rerun->served == true && !IsUsedUp(event) && event.oom->from_fault;
}

struct Regression {
  std::pair<int, int> from;
  std::pair<int, int> below;
  bool (*applies)(const EventFacts&);
  std::string_view title;
  std::string_view explanation;
  KernelVersion mended = {};         // a stable release that is known to hold the mend
  std::string_view suffix = {};      // that the release has: kernels of one builder only
  std::string_view workaround = {};  // a setting that helps where no newer kernel is known to
  std::pair<int, int> builds = {};   // of one builder, "4.4.0-<build>-generic": first and last
};

constexpr auto kRegressions = std::to_array<Regression>({
    // "OOM detection regressions since 4.7",
    // https://lkml.indiana.edu/hypermail/linux/kernel/1608.2/04321.html. A quick mend is in 4.8 and
    // late 4.7.x (6b4e3181d7bd, "mm, oom: prevent premature OOM killer invocation for high order
    // request"), and does not help where zones are near their marks; 4.9 replaces it
    // (3250845d0526 and what follows it).
    {{4, 7},
     {4, 9},
     OfPieces,
     "kernels 4.7 and 4.8 are known to kill too early for pieces of 8 to 32 KiB",
     "Compaction gave up too soon there; 4.9 waits for it again."},
    // "Candidate fixes for premature OOM kills with node-lru",
    // https://lkml.iu.edu/hypermail/linux/kernel/1607.2/02651.html; the last of the mends is
    // 71ab6cfe88dc, in 4.11 ("[PATCH stable-4.9 0/2] mm: follow up oom fixes for 32b", February
    // 2017).
    {{4, 8},
     {4, 11},
     OfLowMemory,
     "kernels 4.8 to 4.10 are known to kill too early on 32-bit machines with high memory",
     "Their lists are of whole nodes, so the cache of low memory was not aged for requests that "
     "need low memory; late stable releases of 4.9 and 4.10 may hold the mends."},
    // https://bugs.launchpad.net/bugs/1655842, January 2017; the builds are those that "How to stop
    // Ubuntu Xenial from randomly killing your big processes" (blog.meteor.com) names.
    {.from = {4, 4},
     .below = {4, 5},
     .applies = OfPieces,
     .title = "Ubuntu's kernels 4.4.0-58 to 4.4.0-62 are known to kill too early",
     .explanation = "The fault came with 4.4.0-58 and ended with 4.4.0-63.",
     .builds = {58, 62}},
    // Commit 1bc542c6a0d1 ("mm/vmscan: wake up flushers conditionally to avoid cgroup OOM"), of
    // October 2024, in 6.13 and 6.12.104. MGLRU is of 6.1 (ac35a490237446, September 2022).
    {{6, 1},
     {6, 13},
     OfDirtyGroup,
     "kernels 6.1 to 6.12 are known to kill in a control group whose cache is dirty",
     "Their new reclaim [MGLRU], where it is on, did not have the cache written first.",
     {6, 12, 104}},
    // "OOM killer triggers very early/aggressively on armv7 6.1.x",
    // https://github.com/raspberrypi/linux/issues/5395. The builder's 32-bit kernels for the Pi 4
    // are
    // called -v7l; from April 2023 on they have MGLRU off by default
    // (https://github.com/raspberrypi/linux/pull/5414).
    {{6, 1},
     {6, 2},
     OfLowMemory,
     "32-bit kernels 6.1 of the Raspberry Pi 4 are known to kill too early",
     "Their new reclaim [MGLRU], where it is on, calls low memory used up too soon.",
     {},
     "-v7l",
     "echo 0 > /sys/kernel/mm/lru_gen/enabled"},
    // Commits 60e2793d440a ("mm, oom: do not trigger out_of_memory from the #PF") and 0b28179a6138
    // of November 2021, after 5.15; 4.9.291 of that month has them, as newer stable kernels have.
    {{2, 6},
     {5, 16},
     OfHiddenGroup,
     "before 5.16 a program at the limit of its control group can start the host's OOM killer",
     "The host had memory to spare, and the request came from a page fault.",
     {4, 9, 291}},
});

bool IsOfBuilder(std::string_view release, const Regression& regression) {
  if (!regression.suffix.empty() && release.find(regression.suffix) == std::string_view::npos)
    return false;
  if (regression.builds.second == 0) return true;
  const std::size_t dash = release.find('-');
  if (dash == std::string_view::npos) return false;
  std::string_view rest = release.substr(dash + 1);
  const int64_t build = ConsumeInteger(rest).value_or(0);
  return rest.starts_with('-') && build >= regression.builds.first &&
         build <= regression.builds.second;
}

void DoubtRelease(Finding& finding) {
  finding.confidence_why = "the situation fits; the version may, by the names of the mask";
  finding.brief = "a known fault fits, if the kernel is of these versions";
  finding.explanation += " Which kernel this is, is not in the text: look with uname -r.";
}

Advice Remedy(const Regression& regression, bool release_known) {
  const std::string when = release_known ? "" : ", if uname -r shows one of these";
  if (!regression.workaround.empty())
    return {std::string(regression.workaround) + when, "reclaim then works as before", "",
            "the same load: no kill"};
  const std::string kernel =
      regression.builds.second > 0
          ? fmt::format("kernel {}.{}.0-{} or newer", regression.from.first, regression.from.second,
                        regression.builds.second + 1)
          : fmt::format("kernel {}.{} or newer", regression.below.first, regression.below.second);
  return {kernel + when, fmt::format("{}; mended there", regression.title),
          "a new kernel has to be tested", "the same load: no kill"};
}

}  // namespace

// What is known of this version of the kernel and fits the report: a hint, never a proof.
std::optional<Finding> RuleKnownRegression(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom) continue;
    const KernelVersion kernel = KernelOf(facts, event);
    const std::string release = event.kernel_release.value_or(facts.kernel_release.value_or(""));
    for (const Regression& regression : kRegressions) {
      const bool between = kernel.known() ? IsBetween(kernel, regression.from, regression.below)
                                          : MayBeBetween(event, regression.from, regression.below);
      const bool holds =
          between && !IsMended(kernel, regression.mended) && IsOfBuilder(release, regression);
      if (!holds || !regression.applies(event)) continue;
      Finding finding = DraftContext("known_regression", event);
      // Its remedy is the answer then: no setting mends the kernel.
      finding.role = Role::kContributing;
      finding.severity = Severity::kMinor;
      const bool exact = regression.builds.second > 0;
      finding.confidence = exact ? Confidence::kMedium : Confidence::kLow;
      finding.confidence_why =
          exact ? "this very build is known to have it, and the situation fits"
                : "the version and the situation fit; stable kernels may hold the mend";
      finding.title = fmt::format("{}: {}.", OnDayHost(facts, event), regression.title);
      finding.brief = "a known fault of this kernel fits";
      finding.explanation = std::string(regression.explanation);
      if (!kernel.known()) DoubtRelease(finding);
      finding.advice.push_back(Remedy(regression, kernel.known()));
      finding.evidence.push_back(HeaderEvidence(event));
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace kautopsy
