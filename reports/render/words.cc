#include "reports/render/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct BarItem {
  std::string_view item;
  std::string_view name;
  std::string_view sign;
};

constexpr std::array<BarItem, 17> kBarItems = {
    {{"anon", "programs", "█"},
     {"lru", "programs and files", "█"},
     {"unevictable", "locked", "█"},
     {"undroppable_file", "files kept in RAM [ramfs]", "█"},
     {"file", "file cache", "▒"},
     {"isolated", "isolated", "▒"},
     {"slab_unreclaimable", "slab", "▓"},
     {"slab_reclaimable", "reclaimable slab", "▓"},
     {"slab", "slab", "▓"},
     {"pagetables", "page tables", "▓"},
     {"kernel_stacks", "kernel stacks", "▓"},
     {"sec_pagetables", "guest page tables", "▓"},
     {"huge_pages", "huge pages", "▓"},
     {"bounce", "bounce buffers", "▓"},
     {"free", "free", "░"},
     {"free_pcp", "free on CPU lists", "░"},
     {"not_itemised", "not itemised", "▒"}}};

// Programs of one name are told from this share of RAM on.
constexpr double kToldShare = 0.05;
// Below this it says nothing about where the memory is.
constexpr double kNamedShare = 0.001;

std::string DayOf(const Text& time) { return time ? time->substr(0, 10) : "?"; }

// "23 incidents from 2026-08-31 to 2026-11-22: 1 critical, 13 major."
std::string CountSentence(const Overview& overview) {
  std::string sentence = Counted(overview.incidents, "incident");
  if (overview.from) {
    const std::string from = DayOf(overview.from);
    const std::string to = DayOf(overview.to);
    const std::string days = from == to ? "on " + from : fmt::format("from {} to {}", from, to);
    sentence += overview.dated < overview.incidents
                    ? fmt::format(", {} of them {}, the others without a full date",
                                  Thousands(overview.dated), days)
                    : " " + days;
  }
  std::string severities;
  for (const CountLine& line : overview.severities)
    severities +=
        fmt::format("{}{} {}", severities.empty() ? ": " : ", ", Thousands(line.count), line.name);
  sentence += severities + ".";
  if (overview.with_kills > 0)
    sentence += fmt::format(" In {} of them something was killed.", Thousands(overview.with_kills));
  return sentence;
}

// Said only where the last third of the time holds more than half of enough incidents.
std::string TrendSentence(const Overview& overview) {
  constexpr int64_t kEnough = 6;
  constexpr std::size_t kLastThird = kPeriods / 3;
  if (overview.by_period.size() != kPeriods) return "";
  const auto all =
      std::accumulate(overview.by_period.begin(), overview.by_period.end(), int64_t{0});
  const auto late =
      std::accumulate(overview.by_period.end() - kLastThird, overview.by_period.end(), int64_t{0});
  if (all < kEnough || 2 * late <= all) return "";
  return fmt::format(" More than half of them in the last third of that time: {} of {}.",
                     Thousands(late), Thousands(all));
}

std::string CauseSentence(const Overview& overview) {
  const CountLine& most = overview.causes.front();
  if (most.name == "unknown" || 2 * most.count <= overview.incidents || overview.incidents < 3)
    return "";
  return fmt::format(" {} of {} have one cause: {}.", Thousands(most.count),
                     Thousands(overview.incidents), most.name);
}

}  // namespace

std::string FileName(std::string_view path) {
  if (path == "-") return "standard input";
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

namespace {

// `place` behind the source's name, as PlaceWords() has it.
std::string InSource(const StoreSummary& store, int64_t source_id, const std::string& place) {
  const auto own = std::find_if(store.sources.begin(), store.sources.end(),
                                [&](const SourceLedger& source) { return source.id == source_id; });
  if (own == store.sources.end() || store.sources.size() == 1) return place;
  const std::string name = FileName(own->path);
  const auto same_names =
      std::count_if(store.sources.begin(), store.sources.end(),
                    [&](const SourceLedger& source) { return FileName(source.path) == name; });
  return fmt::format("{}:{}", same_names > 1 ? own->path : name, place);
}

}  // namespace

std::string PlaceWords(const StoreSummary& store, int64_t source_id, int64_t line, int64_t column) {
  return InSource(store, source_id, fmt::format("{}:{}", line, column));
}

std::string SourceWords(const StoreSummary& store) {
  int64_t lines = 0;
  for (const SourceLedger& source : store.sources) lines += source.lines;
  const std::string name = store.sources.size() == 1
                               ? FileName(store.sources.front().path)
                               : Counted(static_cast<int64_t>(store.sources.size()), "file");
  return fmt::format("{}: {}, {}{}", name, Counted(lines, "line"), Counted(store.records, "record"),
                     store.incomplete > 0 ? fmt::format(", {} incomplete", store.incomplete) : "");
}

std::string ReleaseWords(const IncidentReport& report) {
  std::vector<std::string> names = {*report.kernel_release};
  names.insert(names.end(), report.other_releases.begin(), report.other_releases.end());
  return JoinWords(names) + (names.size() > 1 ? " (not of one kernel)" : "");
}

std::string MachineWords(const IncidentReport& report, std::string_view separator) {
  std::string words = report.line.host.value_or("host not in the text");
  if (report.nodes.size() > 1) words += fmt::format("{}{} nodes", separator, report.nodes.size());
  if (report.ram_kb)
    words += fmt::format("{}{} RAM", report.nodes.size() > 1 ? ", " : separator,
                         SizeText(*report.ram_kb));
  if (report.swap_kb)
    words +=
        *report.swap_kb == 0 ? ", no swap" : fmt::format(", {} swap", SizeText(*report.swap_kb));
  if (report.kernel_release) words.append(separator).append(ReleaseWords(report));
  return words;
}

std::string StepsWords(const ZoneCheck& check, int64_t page_kb) {
  if (check.steps.empty()) return "";
  std::string words;
  // A sum of its own, since the first one left CMA out.
  const std::string back =
      check.cma_back_pages > 0
          ? fmt::format("; {} with CMA", Thousands(*check.usable_pages + check.cma_back_pages))
          : "";
  constexpr std::size_t kNamed = 2;  // sizes; more are summed up
  int64_t taken = 0;
  for (const LoopStep& step : check.steps) {
    taken += step.taken_pages;
    if (check.steps.size() > kNamed || step.taken_pages == 0) continue;
    words +=
        fmt::format(" − {} in {}", Thousands(step.taken_pages), PieceColumn(page_kb << step.order));
  }
  if (check.steps.size() > kNamed) words = fmt::format(" − {} in smaller pieces", Thousands(taken));
  const LoopStep& last = check.steps.back();
  if (words.empty()) return "";
  const std::string left =
      last.left_pages < 0 ? "−" + Thousands(-last.left_pages) : Thousands(last.left_pages);
  words = fmt::format("{}{} = {}", back, words, left);
  if (last.wanted_pages > 0)
    words += fmt::format("{} {}", last.left_pages > last.wanted_pages ? " >" : " ≤",
                         Thousands(last.wanted_pages));
  return words;
}

std::string Capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() -= 'a' - 'A';
  return text;
}

std::string ShortVerdict(const ZoneCheck& check, bool assumed) {
  if (check.verdict == ZoneVerdict::kServed && check.last_try_ok == false)
    return "above min, not high";
  if (check.verdict == ZoneVerdict::kServed) return assumed ? "yes" : "would pass";
  if (check.verdict == ZoneVerdict::kUnknown) return "?";
  if (!check.eligible) return "not for it";
  const bool kept_back = check.reserve_pages.value_or(0) > 0 && check.watermark_ok == false &&
                         check.steps.empty() && check.usable_pages > check.mark_pages.value_or(0);
  if (kept_back) return "no, kept back";
  if (check.watermark_ok == true && check.blocks_ok == false) return "no piece";
  return "no";
}

std::string StoreWords(const StoreSummary& store) {
  std::string words =
      fmt::format("{}, {}, {}", Counted(static_cast<int64_t>(store.sources.size()), "file"),
                  Counted(store.hosts, "host"), Counted(store.records, "record"));
  if (store.incomplete > 0) words += fmt::format(", {} incomplete", Thousands(store.incomplete));
  return words;
}

std::string NotReadWords(const StoreSummary& store) {
  int64_t unclaimed = 0;
  int64_t damaged = 0;
  for (const SourceLedger& source : store.sources) {
    unclaimed += source.unclaimed_kernel;
    damaged += source.damaged;
  }
  if (unclaimed + damaged == 0) return "";
  return fmt::format("{} of the kernel not understood, {} damaged", Counted(unclaimed, "line"),
                     Counted(damaged, "line"));
}

std::vector<MemoryItem> MemoryItems(const MemorySection& section) {
  std::vector<MemoryItem> items;
  for (const BarItem& entry : kBarItems) {
    const int64_t kb = ItemKb(section.items, entry.item);
    const double share = static_cast<double>(kb) / static_cast<double>(section.ram_kb);
    if (share >= kNamedShare) items.push_back({entry.item, entry.name, entry.sign, kb, share});
  }
  return items;
}

std::optional<MemorySection> ReachSection(const MemorySection& section) {
  if (section.reach.empty() || section.reach_kb <= 0) return std::nullopt;
  MemorySection reach;
  reach.day = section.day;
  reach.ram_kb = section.reach_kb;
  reach.items = section.reach_items;
  return reach;
}

std::string MachineMemoryWords(const MemorySection& section) {
  std::string words;
  for (const MemoryItem& item : MemoryItems(section)) {
    constexpr double kTold = 0.01;
    if (item.share < kTold) continue;
    words += fmt::format(
        "{}{} {} ({} %)", words.empty() ? "" : ", ", item.name, SizeText(item.kb),
        PercentNumber(static_cast<double>(item.kb), static_cast<double>(section.ram_kb)));
  }
  return fmt::format("Of the whole machine, {}: {}.", SizeText(section.ram_kb), words);
}

std::string_view BalanceItemName(std::string_view item) {
  for (const BarItem& entry : kBarItems) {
    if (entry.item == item) return entry.name;
  }
  return item;
}

std::string SharedUnit(int64_t kb, int64_t other_kb) {
  constexpr int64_t kKbPerGib = 1024 * 1024;
  return kb >= kKbPerGib && other_kb >= kKbPerGib ? GibNumber(kb) : SizeText(kb);
}

std::string CommandsWords(const HoldersSection& section) {
  constexpr std::size_t kMostNamed = 3;
  std::string names;
  const Integer& whole_kb = section.limit_kb ? section.limit_kb : section.ram_kb;
  if (whole_kb.value_or(0) <= 0) return names;
  for (std::size_t i = 0; i < section.commands.size() && i < kMostNamed; ++i) {
    const CommandSum& command = section.commands[i];
    const double share =
        static_cast<double>(command.rss_kb.value_or(0)) / static_cast<double>(*whole_kb);
    if (share < kToldShare) continue;
    names += fmt::format("{}{} x {} {}", names.empty() ? "" : "   ", Thousands(command.tasks),
                         CommName(command.comm), SizeText(command.rss_kb.value_or(0)));
  }
  return names;
}

std::string TogetherWords(const HoldersSection& section) {
  const bool measured = section.ram_kb || (section.limit_kb && !section.guests);
  if (!measured || section.holders.size() < 2) return "";
  const bool more = section.rows > static_cast<int64_t>(section.holders.size());
  // What programs share is counted for each of them, so of the machine's memory it is no share.
  if (!section.guests)
    return fmt::format(
        "{} {}, what they share counted for each",
        more ? fmt::format("all {} together", Counted(section.rows, "program")) : "together",
        SizeText(section.total_kb));
  const int64_t left_kb = *section.ram_kb - section.total_kb;
  return fmt::format(
      "together {} of {} = {} %; {} left for the host and its cache",
      SharedUnit(section.total_kb, *section.ram_kb), SizeText(*section.ram_kb),
      PercentNumber(static_cast<double>(section.total_kb), static_cast<double>(*section.ram_kb)),
      SizeText(std::max<int64_t>(left_kb, 0)));
}

std::string NoIncidentWords(const Overview& overview) {
  const UnreadWords& unread = overview.unread;
  if (unread.lines == 0)
    return "No kill by the OOM killer, no failed allocation and no memory report was found.";
  const bool one = unread.lines == 1;
  return fmt::format(
      "No record could be read, but {} of the kernel {} of a kill or a failed allocation and {} "
      "not understood. The first is {}: {}",
      Counted(unread.lines, "line"), one ? "speaks" : "speak", one ? "was" : "were",
      InSource(overview.store, unread.source_id, fmt::format("line {}", unread.line)), unread.text);
}

std::string OverviewSentence(const Overview& overview) {
  return CountSentence(overview) + TrendSentence(overview) + CauseSentence(overview);
}

std::string RhythmWords(const HostLine& host) {
  return host.rhythm.empty() ? "too few to say" : host.rhythm;
}

}  // namespace kautopsy
