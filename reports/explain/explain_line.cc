#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/task_table.h"
#include "parsers/kernel/zones.h"
#include "parsers/match.h"
#include "reports/explain/explain.h"
#include "reports/explain/terms.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr std::string_view kZoneNames = "(?:DMA32|DMA|Normal|HighMem|Movable|Device)";

// The part of `text` from the first match of `pattern` to the end of its line.
std::string_view LineFrom(std::string_view text, const LogPattern& pattern) {
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece found;
  if (!pattern.Match(whole, 0, text.size(), RE2::UNANCHORED, &found, 1)) return {};
  text.remove_prefix(static_cast<std::size_t>(found.data() - text.data()));
  std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return TrimBlanks(line);
}

std::string PagesText(int64_t kb, int64_t page_kb) {
  return fmt::format("{} = {}", SizeText(kb), Counted(kb / page_kb, "page"));
}

std::string ZoneTitle(const Integer& node, std::string_view zone) {
  return node ? fmt::format("node {} {}", *node, zone) : std::string(zone);
}

// Where free memory stands among the marks, and what follows.
std::string StandingOf(const Zone& zone) {
  const int64_t free = *zone.free_kb;
  if (!zone.min_kb) return "The marks are not in the line.";
  const std::string times =
      *zone.min_kb > 0 ? fmt::format(", {:.1f} x min",
                                     static_cast<double>(free) / static_cast<double>(*zone.min_kb))
                       : "";
  if (free < *zone.min_kb)
    return fmt::format(
        "below min{}: ordinary requests get nothing here before something is "
        "reclaimed, urgent ones use the reserve",
        times);
  if (zone.low_kb && free < *zone.low_kb)
    return fmt::format("between min and low{}: kswapd reclaims, and requests help it", times);
  if (zone.high_kb && free < *zone.high_kb)
    return fmt::format("between low and high{}: requests are served, kswapd goes on if it is awake",
                       times);
  return fmt::format(
      "above high{}: this zone is not short of memory. What fails here needs one "
      "large piece, or may not use the zone",
      times);
}

std::string ReserveText(std::string_view json, const Zone& zone, int64_t page_kb) {
  std::string text = "in pages, one figure per zone type: ";
  std::string_view rest = json;
  int64_t largest = 0;
  std::string sizes;
  while (!rest.empty()) {
    std::string_view number = rest.substr(rest.find_first_of("-0123456789") != std::string::npos
                                              ? rest.find_first_of("-0123456789")
                                              : rest.size());
    const Integer pages = ConsumeInteger(number);
    if (!pages) break;
    rest = number;
    largest = std::max(largest, *pages);
    sizes += fmt::format("{}{} ({})", sizes.empty() ? "" : ", ", Thousands(*pages),
                         SizeText(*pages * page_kb));
  }
  text += sizes;
  const int64_t kept_kb = zone.min_kb.value_or(0) + largest * page_kb;
  if (largest > 0 && *zone.free_kb <= kept_kb) {
    text += fmt::format(
        ". Requests that could use a higher zone find nothing here: {} free are "
        "not more than min + {} = {}",
        SizeText(*zone.free_kb), Thousands(largest), SizeText(kept_kb));
  }
  return text;
}

ExplainedSection ZoneFigures(const Zone& zone, int64_t page_kb) {
  ExplainedSection section{"FIGURES", {}};
  for (const Field<Zone>& field : Zone::Fields()) {
    if (field.integer == nullptr || field.key.empty() || !(zone.*field.integer)) continue;
    const int64_t value = *(zone.*field.integer);
    const bool pages = field.key == "pages_scanned";
    const std::string amount = pages ? Counted(value, "page") : PagesText(value, page_kb);
    const std::string meaning = ShortMeaning(field.key);
    section.items.push_back({std::string(field.key),
                             meaning.empty() ? amount : fmt::format("{}. {}", amount, meaning)});
  }
  if (zone.all_unreclaimable) {
    section.items.push_back(
        {"all_unreclaimable", fmt::format("{}. {}", *zone.all_unreclaimable != 0 ? "yes" : "no",
                                          ShortMeaning("all_unreclaimable"))});
  }
  return section;
}

std::optional<Explanation> ExplainZone(std::string_view text, int64_t page_kb) {
  static const LogPattern kStart(fmt::format(R"((?:Node \d+ )?{} free:)", kZoneNames));
  static const LogPattern kReserve(R"((?:lowmem_reserve|protections)\[\]:)");
  const std::string_view line = LineFrom(text, kStart);
  const std::optional<Zone> zone = line.empty() ? std::nullopt : ParseZoneLine(line);
  if (!zone) return std::nullopt;
  Explanation explanation;
  explanation.title =
      fmt::format("zone {}: {} free", ZoneTitle(zone->node, *zone->zone), SizeText(*zone->free_kb));
  ExplainedSection says{"WHAT IT SAYS", {{"free memory", StandingOf(*zone)}}};
  if (const Text reserve = ParseLowmemReserve(LineFrom(text, kReserve)))
    says.items.push_back({"lowmem_reserve", ReserveText(*reserve, *zone, page_kb)});
  explanation.sections = {std::move(says), ZoneFigures(*zone, page_kb)};
  explanation.facts.emplace_back("zone", *zone->zone);
  for (const Field<Zone>& field : Zone::Fields()) {
    if (field.integer != nullptr && zone.value().*field.integer)
      explanation.facts.emplace_back(std::string(field.column), *(zone.value().*field.integer));
  }
  explanation.sources = {"mm/page_alloc.c, show_free_areas() (mm/show_mem.c since 6.x)"};
  return explanation;
}

struct Letter {
  char letter;
  std::string_view meaning;
};
// mm/page_alloc.c, show_migration_types(); include/linux/mmzone.h, enum migratetype.
constexpr Letter kLetters[] = {
    {'U', "unmovable: the kernel's own data, which stays where it is"},
    {'M', "movable: pages of processes and files, which compaction can shift"},
    {'E', "reclaimable: slab that shrinkers can free"},
    {'R', "reserve: kept for urgent requests (3.8 to 4.3)"},
    {'H', "highatomic: kept for urgent requests of more than one page (since 4.4)"},
    {'C', "CMA: only movable pages may lie there meanwhile"},
    {'I', "isolated: nobody gets it, somebody is emptying the block"},
};

ExplainedSection LettersSection(std::string_view seen) {
  ExplainedSection section{"LETTERS, kinds of which at least one piece is free", {}};
  for (const Letter& known : kLetters) {
    if (seen.find(known.letter) == std::string_view::npos) continue;
    section.items.push_back({std::string(1, known.letter), std::string(known.meaning)});
  }
  return section;
}

std::string AllLetters() {
  std::string letters;
  for (const Letter& known : kLetters) letters += known.letter;
  return letters;
}

// The sizes are exact as long as no figure is beyond any machine's.
constexpr int64_t kMostBlocks = int64_t{1} << 40;

struct Pieces {
  ExplainedSection section{"PIECES", {}};
  int64_t sum_kb = 0;
  int64_t largest_kb = 0;
  std::string letters;
};

std::optional<Pieces> PiecesOf(const FreeList& list) {
  Pieces pieces;
  for (std::size_t order = 0; order < list.counts.size(); ++order) {
    const int64_t piece_kb = list.block_kb << order;
    if (list.counts[order] > kMostBlocks || piece_kb > kMostBlocks / 1024) return std::nullopt;
    const int64_t kb = list.counts[order] * piece_kb;
    const std::string& letters = list.migrate_types[order];
    pieces.sum_kb += kb;
    pieces.letters += letters;
    if (kb == 0) continue;
    pieces.largest_kb = piece_kb;
    pieces.section.items.push_back(
        {fmt::format("order {}", order),
         fmt::format("{} of {} = {}{}", Thousands(list.counts[order]), PieceSize(piece_kb),
                     SizeText(kb), letters.empty() ? "" : fmt::format(" ({})", letters))});
  }
  return pieces;
}

std::optional<Explanation> DescribeFreeList(const FreeList& list) {
  std::optional<Pieces> pieces = PiecesOf(list);
  if (!pieces) return std::nullopt;
  Explanation explanation;
  explanation.title =
      fmt::format("free list of {}: {} in pieces of at most {}", ZoneTitle(list.node, list.zone),
                  SizeText(pieces->sum_kb),
                  pieces->largest_kb == 0 ? "nothing" : PieceSize(pieces->largest_kb));
  explanation.sections.push_back(std::move(pieces->section));
  if (list.total_kb) {
    const bool equal = *list.total_kb == pieces->sum_kb;
    explanation.sections.push_back(
        {"",
         {{"", equal ? "The pieces make up the printed total."
                     : fmt::format("The pieces make up {} kB, the line says {} kB: part of it is "
                                   "lost, or it was changed.",
                                   pieces->sum_kb, *list.total_kb)}}});
  }
  if (!pieces->letters.empty()) explanation.sections.push_back(LettersSection(pieces->letters));
  explanation.facts.emplace_back("zone", list.zone);
  explanation.facts.emplace_back("free_kb", pieces->sum_kb);
  explanation.facts.emplace_back("largest_piece_kb", pieces->largest_kb);
  explanation.facts.emplace_back("adds_up", list.AddsUp());
  explanation.sources = {"mm/page_alloc.c, show_free_areas(), show_migration_types()"};
  return explanation;
}

std::optional<Explanation> ExplainFreeList(std::string_view text) {
  static const LogPattern kStart(fmt::format(R"((?:Node \d+ )?{}: \d+\*)", kZoneNames));
  FreeList list;
  const std::string_view line = LineFrom(text, kStart);
  if (line.empty() || !ParseFreeList(line, list)) return std::nullopt;
  return DescribeFreeList(list);
}

void AddTaskItems(const Task& task, int64_t page_kb, ExplainedSection& section) {
  const auto pages = [&](std::string_view term, const Integer& value) {
    if (!value || *value < 0 || *value > kMostBlocks) return;
    section.items.push_back(
        {std::string(term), fmt::format("{} = {}. {}", Counted(*value, "page"),
                                        SizeText(*value * page_kb), ShortMeaning(term))});
  };
  const auto number = [&](std::string_view term, const Integer& value, std::string_view meaning) {
    if (value) section.items.push_back({std::string(term), fmt::format("{}. {}", *value, meaning)});
  };
  number("pid", task.pid, "The thread that holds the memory; mostly the process' first");
  number("uid", task.uid, "The user it runs as");
  number("tgid", task.tgid, ShortMeaning("tgid"));
  pages("total_vm", task.total_vm_pages);
  pages("rss", task.rss_pages);
  pages("swapents", task.swapents_pages);
  number("pgtables_bytes", task.pgtables_bytes, ShortMeaning("pgtables_bytes"));
  number("oom_score_adj", task.oom_score_adj, ShortMeaning("oom_score_adj"));
  number("oom_adj", task.oom_adj, ShortMeaning("oom_adj"));
}

std::optional<Explanation> ExplainTaskRow(std::string_view text, int64_t page_kb) {
  static const LogPattern kStart(R"(\[ *\d+\] +\d+ +\d+ +\d+ +\d+ )");
  const std::string_view line = LineFrom(text, kStart);
  const std::optional<Task> task =
      line.empty() ? std::nullopt : TaskTableSection::ParseHeadlessRow(line);
  if (!task || !task->comm) return std::nullopt;
  Explanation explanation;
  explanation.title = fmt::format("row of the process table: {}", EscapeForTerminal(*task->comm));
  ExplainedSection section{"COLUMNS", {}};
  AddTaskItems(*task, page_kb, section);
  section.items.push_back({"name", "the thread's name, cut to 15 bytes"});
  explanation.sections.push_back(std::move(section));
  explanation.sections.push_back(
      {"",
       {{"", fmt::format("Sizes are pages of {} KiB, not kB. The columns are told by their number; "
                         "the header line above the table names them.",
                         page_kb)}}});
  if (task->rss_pages) explanation.facts.emplace_back("rss_pages", *task->rss_pages);
  explanation.facts.emplace_back("comm", *task->comm);
  explanation.sources = {"mm/oom_kill.c, dump_tasks()"};
  return explanation;
}

// A field of a line, and the kernels whose line has it.
struct LineField {
  std::string_view word;
  ReleaseRange printed = {};
};

constexpr KernelVersion k2628 = {.major = 2, .minor = 6, .patch = 28};
constexpr KernelVersion k2632 = {.major = 2, .minor = 6, .patch = 32};
constexpr KernelVersion k2636 = {.major = 2, .minor = 6, .patch = 36};
constexpr KernelVersion k36 = {.major = 3, .minor = 6};
constexpr KernelVersion k38 = {.major = 3, .minor = 8};
constexpr KernelVersion k41 = {.major = 4, .minor = 1};
constexpr KernelVersion k48 = {.major = 4, .minor = 8};  // the node has a line of its own
constexpr KernelVersion k413 = {.major = 4, .minor = 13};
constexpr KernelVersion k415 = {.major = 4, .minor = 15};
constexpr KernelVersion k57 = {.major = 5, .minor = 7};
constexpr KernelVersion k59 = {.major = 5, .minor = 9};
constexpr KernelVersion k511 = {.major = 5, .minor = 11};
constexpr KernelVersion k516 = {.major = 5, .minor = 16};
constexpr KernelVersion k68 = {.major = 6, .minor = 8};

// mm/page_alloc.c, show_free_areas() (mm/show_mem.c since 6.x), in the order of the newest kernels.
constexpr LineField kZoneFields[] = {{"free"},
                                     {"boost", {k516, {}}},
                                     {"min"},
                                     {"low"},
                                     {"high"},
                                     {"reserved_highatomic", {k57, {}}},
                                     {"active_anon", {k2628, {}}},
                                     {"active_file", {k2628, {}}},
                                     {"unevictable", {k2628, {}}},
                                     {"isolated", {k2632, k48}},
                                     {"writepending", {k48, {}}},
                                     {"present"},
                                     {"managed", {k38, {}}},
                                     {"mlocked", {k2632, {}}},
                                     {"dirty", {k2632, k48}},
                                     {"writeback", {k2632, k48}},
                                     {"mapped", {k2632, k48}},
                                     {"shmem", {k2632, k48}},
                                     {"slab_reclaimable", {k2632, k413}},
                                     {"slab_unreclaimable", {k2632, k413}},
                                     {"kernel_stack", {k2632, k59}},
                                     {"pagetables", {k2632, k511}},
                                     {"unstable", {k2632, k48}},
                                     {"bounce", {k2632, {}}},
                                     {"free_pcp", {k41, {}}},
                                     {"local_pcp", {k41, {}}},
                                     {"free_cma", {k38, {}}},
                                     {"writeback_tmp", {k2632, k48}},
                                     {"pages_scanned", {{}, k48}},
                                     {"all_unreclaimable", {{}, k48}},
                                     {"lowmem_reserve"}};
// mm/oom_kill.c, dump_tasks().
constexpr LineField kTaskFields[] = {{"tgid"},
                                     {"total_vm"},
                                     {"rss"},
                                     {"rss_anon", {k68, {}}},
                                     {"rss_file", {k68, {}}},
                                     {"rss_shmem", {k68, {}}},
                                     {"nr_ptes", {k36, k415}},
                                     {"pgtables_bytes", {k415, {}}},
                                     {"swapents", {k36, {}}},
                                     {"oom_score_adj", {k2636, {}}},
                                     {"oom_adj", {{}, k36}}};

Explanation Generic(std::string_view title, std::string_view example, ExplainedSection fields) {
  Explanation explanation;
  explanation.title = title;
  explanation.sections = {
      {"", {{"", fmt::format("For instance: {}", example)}}},
      std::move(fields),
      {"",
       {{"",
         "Paste a line as the argument, or many to standard input with `-`, and its own figures "
         "are explained."}}}};
  return explanation;
}

// Red Hat's kernels have fields of newer ones.
bool MayPrint(const KernelVersion& kernel, const ReleaseRange& printed) {
  const RangePlace place = PlaceOf(kernel, printed);
  return place == RangePlace::kIn || (place == RangePlace::kBefore && kernel.el > 0);
}

ExplainedSection FieldsOf(std::span<const LineField> fields, const ExplainRequest& request) {
  const KernelVersion kernel = KernelOf(request);
  ExplainedSection section{kernel.known() ? fmt::format("FIELDS {}", OnKernel(request)) : "FIELDS",
                           {}};
  for (const LineField& field : fields) {
    const Term* const term = FindTerm(field.word, kernel);
    if (term == nullptr || !MayPrint(kernel, field.printed)) continue;
    const std::string unit = term->unit.empty() ? "" : fmt::format(" Unit: {}.", term->unit);
    section.items.push_back(
        {std::string(field.word), fmt::format("{}.{}", ShortMeaning(term->name), unit)});
  }
  return section;
}

}  // namespace

std::optional<Explanation> ExplainLine(std::string_view text, const ExplainRequest& request) {
  if (auto zone = ExplainZone(text, request.page_kb)) return zone;
  if (auto list = ExplainFreeList(text)) return list;
  return ExplainTaskRow(text, request.page_kb);
}

Explanation ExplainLinesInGeneral(std::string_view kind, const ExplainRequest& request) {
  if (kind == "zone-line") {
    return Generic("zone-line: the state of one zone of one node, as memory reports print it",
                   "Node 0 Normal free:6592104kB min:44356kB low:55444kB high:66532kB ...",
                   FieldsOf(kZoneFields, request));
  }
  if (kind == "task-table") {
    return Generic("task-table: the processes that the OOM killer may choose from, one a row",
                   "[ 3878]     0  3878 31877561 31569413   62310        0             0 qemu_wl52",
                   FieldsOf(kTaskFields, request));
  }
  Explanation explanation = Generic(
      "free-list-line: free pieces of a zone by size, each twice as large as the one before",
      "Node 0 Normal: 5*4kB (UME) 2*8kB (M) 0*16kB ... = 36kB",
      {"FIELDS",
       {{"5*4kB", "five pieces of one page [order 0], with pages of 4 KiB"},
        {"(UME)", "the kinds of which a piece of that size is free (since 3.8)"},
        {"= 36kB", "the sum, read at another moment than `free:` of the zone's line"}}});
  explanation.sections.insert(explanation.sections.begin() + 2, LettersSection(AllLetters()));
  return explanation;
}

}  // namespace kautopsy
