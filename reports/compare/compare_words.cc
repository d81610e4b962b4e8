#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "reports/compare/figures.h"
#include "reports/compare/parts.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

// A tenth of the free memory that is in other pieces than before is no noise of a moment.
constexpr double kCourseShare = 0.1;
// What counters of one machine differ by from one second to the next.
constexpr double kNoiseShare = 0.01;

enum class Course { kNone, kJoined, kCrumbled };

double LargeShare(const PieceTotals& totals) {
  if (totals.free_kb <= 0) return 0;
  return static_cast<double>(totals.large_kb) / static_cast<double>(totals.free_kb);
}

Course CourseOf(const ListChange& lists) {
  if (!lists.before || !lists.after) return Course::kNone;
  const double gained = LargeShare(*lists.after) - LargeShare(*lists.before);
  if (gained >= kCourseShare && lists.after->pieces >= 2 * lists.before->pieces)
    return Course::kJoined;
  if (gained <= -kCourseShare && 2 * lists.after->pieces <= lists.before->pieces)
    return Course::kCrumbled;
  return Course::kNone;
}

std::string PieceSentence(const Comparison& comparison) {
  const ListChange& lists = *comparison.lists;
  const auto share = [](const PieceTotals& totals) {
    return PercentNumber(static_cast<double>(totals.large_kb), static_cast<double>(totals.free_kb));
  };
  const bool change = comparison.IsChange();
  return fmt::format("pieces of {} and more {} {} % of the free memory of {}, {} {} %",
                     PieceSize(lists.piece_kb), change ? "now hold" : "hold in the second",
                     share(*lists.after), CountedZones(lists), change ? "before" : "in the first",
                     share(*lists.before));
}

std::string FreePair(const ListChange& lists) {
  return SizePair(lists.free_before_kb.value_or(0), lists.free_after_kb.value_or(0)) + " free";
}

// Compaction moves pages that are in use (mm/compaction.c); it frees none.
std::string AfterCompaction(const Comparison& comparison, Course course) {
  const ListChange& lists = *comparison.lists;
  const int64_t before_kb = lists.free_before_kb.value_or(0);
  const int64_t risen_kb = lists.free_after_kb.value_or(0) - before_kb;
  if (course != Course::kJoined) {
    return fmt::format("Compaction joined little: {}, pieces of {} and more {} → {}.",
                       FreePair(lists), PieceSize(lists.piece_kb), Thousands(lists.before->pieces),
                       Thousands(lists.after->pieces));
  }
  if (risen_kb <= 0)
    return fmt::format("Compaction joined small pieces, it freed nothing: {}, but {}.",
                       FreePair(lists), PieceSentence(comparison));
  if (static_cast<double>(risen_kb) <= kNoiseShare * static_cast<double>(before_kb))
    return fmt::format("Compaction joined small pieces, as much is free: {}, but {}.",
                       FreePair(lists), PieceSentence(comparison));
  return fmt::format("Seen after compaction: {}; but {}, and compaction frees nothing.",
                     PieceSentence(comparison), FreePair(lists));
}

std::string ListSentence(const Comparison& comparison) {
  if (!comparison.lists || !comparison.lists->before || !comparison.lists->after) return "";
  const ListChange& lists = *comparison.lists;
  const Course course = CourseOf(lists);
  const CommandsBetween& commands = comparison.commands;
  if (commands.compact && !commands.drop) return AfterCompaction(comparison, course);
  if (commands.compact)
    return fmt::format(
        "Seen after dropping caches and compaction, which of them did what is not in the text: {}, "
        "and {}.",
        FreePair(lists), PieceSentence(comparison));
  if (commands.drop)
    return fmt::format("Seen after dropping caches: {}, and {}.", FreePair(lists),
                       PieceSentence(comparison));
  if (course == Course::kCrumbled)
    return fmt::format("Free memory crumbled: {}, but {}.", FreePair(lists),
                       PieceSentence(comparison));
  if (course == Course::kJoined)
    return fmt::format("Free memory lies in larger pieces: {}, and {}.", FreePair(lists),
                       PieceSentence(comparison));
  return "";
}

// Where nothing but free memory is told.
std::string FreeSentence(const Comparison& comparison) {
  if (!comparison.lists || !comparison.lists->free_before_kb) return "";
  const ListChange& lists = *comparison.lists;
  const auto before_kb = static_cast<double>(*lists.free_before_kb);
  const double change_kb = static_cast<double>(lists.free_after_kb.value_or(0)) - before_kb;
  if (std::abs(change_kb) < kNoiseShare * before_kb || change_kb == 0)
    return "As much is free, in pieces much as before.";
  return fmt::format("Free memory {}: {}, in pieces much as before.",
                     change_kb > 0 ? "grew" : "shrank", FreePair(lists));
}

std::string Capital(std::string words) {
  if (!words.empty())
    words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
  return words;
}

std::string GrewWords(int64_t change_kb, double ram_kb) {
  const auto kb = static_cast<double>(std::abs(change_kb));
  std::string words =
      fmt::format("{} by {}", change_kb > 0 ? "grew" : "shrank", SizeText(std::abs(change_kb)));
  if (ram_kb > 0) words += fmt::format(" ({} % of RAM)", PercentNumber(kb, ram_kb));
  return words;
}

// What took half of it or more.
std::string MostOfIt(const Comparison& comparison, int64_t change_kb) {
  if (!comparison.holders || comparison.holders->holders.empty()) return "";
  const HolderChange& first = comparison.holders->holders.front();
  const int64_t first_kb = first.change_kb.value_or(0);
  const bool same_way = (first_kb > 0) == (change_kb > 0);
  if (!same_way || 2 * std::abs(first_kb) < std::abs(change_kb)) return "";
  return fmt::format(", most of it {}{} ({})", first.guest ? "guest " : "", first.name,
                     SignedSize(first_kb));
}

// The items that changed most, if that is no noise.
std::vector<const ItemChange*> Movers(const MemoryChange& memory, double ram_kb) {
  constexpr std::size_t kMostTold = 3;
  std::vector<const ItemChange*> movers;
  for (const ItemChange& item : memory.items) {
    const bool own = item.part_of.empty() && item.item != "not_itemised";
    const double change_kb = std::abs(static_cast<double>(item.ChangeKb().value_or(0)));
    const bool told = own && change_kb > 0 && change_kb >= kNoiseShare * ram_kb;
    if (told && movers.size() < kMostTold) movers.push_back(&item);
  }
  return movers;
}

// ", but guest wl50 is gone (−39 MiB) and guest wl52 grew (+9.5 MiB)": what makes up for each
// other.
std::string HolderMoves(const Comparison& comparison, double ram_kb) {
  constexpr std::size_t kMostTold = 2;
  if (!comparison.holders) return "";
  std::vector<std::string> moves;
  for (const HolderChange& holder : comparison.holders->holders) {
    const double change_kb = std::abs(static_cast<double>(holder.change_kb.value_or(0)));
    if (moves.size() >= kMostTold || change_kb < kNoiseShare * ram_kb || change_kb == 0) break;
    const bool came_or_went = !holder.before || !holder.after;
    if (came_or_went && !comparison.holders->note.empty()) continue;  // a table may lack it
    moves.push_back(fmt::format("{}{} {}{} ({})", holder.guest ? "guest " : "", holder.name,
                                came_or_went ? "is " : "", holder.Word(),
                                SignedSize(*holder.change_kb)));
  }
  return moves.empty() ? "" : ", but " + JoinWords(moves);
}

std::string MemorySentence(const Comparison& comparison) {
  if (!comparison.memory) return "";
  const auto ram_kb = static_cast<double>(comparison.memory->ram_after_kb.value_or(0));
  std::vector<std::string> moves;
  for (const ItemChange* item : Movers(*comparison.memory, ram_kb)) {
    const int64_t change_kb = *item->ChangeKb();
    const std::string name =
        item->item == "free" ? "free memory" : std::string(BalanceItemName(item->item));
    const std::string most = item->item == "anon" ? MostOfIt(comparison, change_kb) : "";
    moves.push_back(fmt::format("{} {}{}", name, GrewWords(change_kb, ram_kb), most));
  }
  const bool any = std::any_of(comparison.memory->items.begin(), comparison.memory->items.end(),
                               [](const ItemChange& item) { return item.ChangeKb().has_value(); });
  if (moves.empty() && !any) return "";
  if (moves.empty()) return "Little moved in sum" + HolderMoves(comparison, ram_kb) + ".";
  std::string sentence;
  for (const std::string& move : moves) sentence += (sentence.empty() ? "" : "; ") + move;
  return Capital(sentence) + ".";
}

std::string HolderSentence(const Comparison& comparison) {
  if (!comparison.holders || comparison.holders->holders.empty()) return "";
  const HolderChange& first = comparison.holders->holders.front();
  const bool lacking = !first.before || !first.after;
  if (!first.change_kb || (lacking && !comparison.holders->note.empty())) return "";
  if (first.change_kb == 0) return "All programs hold as much as before.";
  return fmt::format("{}{} changed most: {}.", first.guest ? "Guest " : "", first.name,
                     SignedSize(*first.change_kb));
}

// A cause that is not sure is in no headline.
std::string CauseSentence(const Comparison& comparison) {
  const ComparedSide& before = comparison.before;
  const ComparedSide& after = comparison.after;
  for (const ComparedSide* side : {&before, &after}) {
    if (!side->whole_incident || side->cause == "unknown" || side->confidence == "low") return "";
  }
  if (before.cause == after.cause)
    return fmt::format("Both have one cause, {} [{}].", after.cause_words, after.cause);
  return fmt::format("The causes differ: {} [{}]; {} [{}].", before.cause_words, before.cause,
                     after.cause_words, after.cause);
}

std::string MachineSentence(const Comparison& comparison) {
  const Text& first = comparison.before.host;
  const Text& second = comparison.after.host;
  if (first && second && first != second)
    return fmt::format("Two machines, {} and {}: what follows are differences, not changes.",
                       *first, *second);
  return "These are two machines by what they print: what follows are differences, not changes.";
}

std::string ChangeSentence(const Comparison& comparison) {
  std::string sentence = ListSentence(comparison);
  if (sentence.empty()) sentence = MemorySentence(comparison);
  if (sentence.empty()) sentence = HolderSentence(comparison);
  if (sentence.empty()) sentence = FreeSentence(comparison);
  if (sentence.empty() || comparison.IsChange()) return sentence;
  return "The second is the earlier one. From the first to it: " + sentence;
}

}  // namespace

std::string CountedZones(const ListChange& lists) {
  const auto counted = std::count_if(
      lists.zones.begin(), lists.zones.end(),
      [](const ZoneChange& zone) { return zone.counted && zone.before && zone.after; });
  return counted == 1 ? "zone " + lists.counted_names
                      : fmt::format("the {} zones", lists.counted_names);
}

std::string ComparisonHeadline(const Comparison& comparison) {
  if (comparison.same_record) return "Both name the same, so there is nothing to compare.";
  const bool two_machines = comparison.machine.verdict == MachineVerdict::kUnlikely;
  const std::string sentence =
      two_machines ? MachineSentence(comparison) : ChangeSentence(comparison);
  const std::string cause = CauseSentence(comparison);
  if (sentence.empty() && cause.empty())
    return "The two tell nothing in common, so there is nothing to compare.";
  return sentence + (sentence.empty() || cause.empty() ? "" : " ") + cause;
}

}  // namespace kautopsy
