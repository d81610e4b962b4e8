#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/compare/figures.h"
#include "reports/compare/parts.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

void Add(const char* label, std::string text, Comparison& comparison) {
  comparison.remarks.push_back({label, "", std::move(text)});
}

// Which zones would grant an ordinary request by their marks; empty if the text has no marks.
std::string GrantedBy(const Side& side, int order) {
  const EventFacts& lists = *side.lists();
  const std::vector<ZoneCheck> checks = CheckZones(side.facts, lists, OrdinaryRequest(order));
  if (!AnyServed(checks)) return "";
  std::vector<std::string> names;
  for (const ZoneCheck& check : checks) {
    if (check.verdict == ZoneVerdict::kServed) names.push_back(CheckName(check));
  }
  return names.empty() ? "no zone" : JoinWords(names);
}

std::string MarkWords(const Side& before, const Side& after, const ListChange& lists) {
  const std::string first = GrantedBy(before, lists.order);
  const std::string second = GrantedBy(after, lists.order);
  if (first.empty() && second.empty())
    return "not in the text: whether the kernel would have granted it, too";
  const std::string request = fmt::format("an ordinary request for {}", PieceSize(lists.piece_kb));
  if (first == second) return fmt::format("{}: {} would grant it, both times", request, first);
  const auto words = [](const std::string& zones) {
    return zones.empty() ? std::string("not in the text") : zones + " would grant it";
  };
  return fmt::format("{}, the first: {}; the second: {}", request, words(first), words(second));
}

std::string PieceWords(const ListChange& lists, bool change) {
  const std::string zones = CountedZones(lists);
  const std::string request = fmt::format("a request of {}{}", PieceSize(lists.piece_kb),
                                          lists.refused ? ", the size that was refused" : "");
  const int64_t first = lists.before->pieces;
  const int64_t second = lists.after->pieces;
  if (first == 0 && second == 0) return fmt::format("{} had no piece for {}", zones, request);
  const std::string words =
      fmt::format("{} had {} left for {}", zones, Counted(first, "piece"), request);
  if (first == second) return words + ", both times";
  if (change) return fmt::format("{}, then {}", words, Thousands(second));
  return fmt::format("{} in the first, {} in the second", words, Thousands(second));
}

// How many pieces are left at the next snapshot of the same text.
std::string LaterWords(const Side& after, int order) {
  const Snapshot* const end = after.snapshots.data() + after.snapshots.size();
  for (const Snapshot* next = after.state + 1; next < end; ++next) {
    if (!next->lists || next->machine != after.state->machine) continue;
    const Integer pieces = PiecesFrom(*next, order, std::nullopt);
    if (pieces) return fmt::format("a snapshot later {}", Counted(*pieces, "piece"));
  }
  std::string words = "not in the text";
  const std::optional<AfterCompaction> seen = FindAfterCompaction(after.snapshots, order);
  if (seen && seen->later_pieces && seen->snapshot != after.state && after.facts.host) {
    words += fmt::format("; on {} {} pieces were {} a snapshot later", *after.facts.host,
                         Thousands(seen->pieces), Thousands(*seen->later_pieces));
  }
  return words;
}

// The sum of the min marks as they were set. The kernel adds a boost to them for a while
// (include/linux/mmzone.h, min_wmark_pages()), which it prints in later releases only: none where
// it may hide in them, and none if a zone lacks its mark.
Integer MinKb(const Side& side) {
  if (!side.lists()) return std::nullopt;
  const KernelVersion kernel = KernelOf(side.facts, *side.lists());
  const bool unboosted = kernel.Below(4, 18);
  Integer sum_kb;
  for (const ZoneFacts& zone : side.lists()->zones) {
    if (!zone.min_kb || (!zone.boost_kb && !unboosted)) return std::nullopt;
    sum_kb = sum_kb.value_or(0) + *zone.min_kb - zone.boost_kb.value_or(0);
  }
  return sum_kb;
}

// Settings, not states: what somebody changed between the two.
void AddSettings(const Side& before, const Side& after, Comparison& comparison) {
  const Text& first = comparison.before.kernel_release;
  const Text& second = comparison.after.kernel_release;
  const char* const words = comparison.IsChange() ? "{}, then {}" : "{} and {}";
  if (first && second && first != second)
    Add("kernel", fmt::format(fmt::runtime(words), *first, *second), comparison);
  const Integer first_kb = MinKb(before);
  const Integer second_kb = MinKb(after);
  const bool same_zones = MarksOf(before).zones == MarksOf(after).zones;
  if (first_kb && second_kb && first_kb != second_kb && same_zones) {
    Add("min",
        fmt::format("marks below which the kernel reclaims [min], in sum: {}",
                    SizePair(*first_kb, *second_kb)),
        comparison);
  }
}

using Lacks = bool (*)(const Side& side);

// "first", "second", "both"; empty if neither lacks it.
std::string WhichLack(const Side& before, const Side& after, Lacks lacks) {
  if (lacks(before) && lacks(after)) return "both";
  if (lacks(before)) return "first";
  return lacks(after) ? "second" : "";
}

bool LacksTime(const Side& side) { return !side.record->dated(); }
bool LacksHost(const Side& side) { return !MarksOf(side).host; }
bool LacksLists(const Side& side) { return !side.lists(); }
bool LacksBalance(const Side& side) { return !side.balance(); }
bool LacksTable(const Side& side) { return !side.table; }
bool AssumesPages(const Side& side) {
  return side.lists() && (!side.lists()->page_size_kb || side.lists()->page_size_from == "assumed");
}

}  // namespace

void AddRemarks(const Side& before, const Side& after, Comparison& comparison) {
  AddSettings(before, after, comparison);
  if (!comparison.lists || !comparison.lists->before || !comparison.lists->after) return;
  const ListChange& lists = *comparison.lists;
  Add("means", PieceWords(lists, comparison.IsChange()), comparison);
  const bool huge = lists.before->huge_pieces > 0 || lists.after->huge_pieces > 0;
  if (huge) {
    Add("huge",
        fmt::format("free pieces of {} and more in {}: {} → {}", PieceSize(kHugePieceKb),
                    CountedZones(lists), Thousands(lists.before->huge_pieces),
                    Thousands(lists.after->huge_pieces)),
        comparison);
  }
  Add("marks", MarkWords(before, after, lists), comparison);
  if (comparison.commands.compact) Add("lasts?", LaterWords(after, lists.order), comparison);
}

std::vector<Missing> FindUnknowns(const Side& before, const Side& after) {
  struct Gap {
    const char* what;
    Lacks lacks;
    const char* find_out;
  };
  constexpr Gap kGaps[] = {{"when it was", LacksTime, "date"},
                           {"which machine it was", LacksHost, "hostname"},
                           {"free pieces by size", LacksLists, "cat /proc/buddyinfo"},
                           {"where memory was", LacksBalance, "cat /proc/meminfo"},
                           {"who held memory", LacksTable, "ps aux --sort -rss"},
                           {"the page size, 4 KiB assumed", AssumesPages, "getconf PAGESIZE"}};
  std::vector<Missing> unknowns;
  for (const Gap& gap : kGaps) {
    const std::string sides = WhichLack(before, after, gap.lacks);
    if (!sides.empty()) unknowns.push_back({fmt::format("{} ({})", gap.what, sides), gap.find_out});
  }
  return unknowns;
}

}  // namespace kautopsy
