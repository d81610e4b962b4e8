#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "reports/builder.h"
#include "reports/diagnosis/growth.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

// The memory report that the primary cause rests on, else the first with zones.
const EventFacts* FocusEvent(const BuildInput& input) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const EventFacts* const about = primary ? FindEvent(input.facts, primary->event_id) : nullptr;
  if (about && about->rerun) return about;
  for (const EventFacts& event : input.facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (event.rerun && !group) return &event;
  }
  return nullptr;
}

const EventFacts* FocusMemInfo(const BuildInput& input) {
  const EventFacts* const focus = FocusEvent(input);
  if (focus && focus->mem) return focus;
  for (const EventFacts& event : input.facts.events) {
    if (event.mem) return &event;
  }
  return nullptr;
}

std::string OnDay(const EventFacts& event) {
  const std::string day = DayText(event);
  if (day.empty()) return "";
  return (day.ends_with("after boot") ? " at " : " on ") + day;
}

// Which kernels share a test.
std::string_view KernelsOf(WatermarkRule rule) {
  switch (rule) {
    case WatermarkRule::k2618:
      return "kernels to 2.6.35";
    case WatermarkRule::k2636:
      return "kernels 2.6.36 to 3.3";
    case WatermarkRule::kEl6Build431:
      return "EL6 from -431";
    case WatermarkRule::k34:
      return "kernels 3.4 to 4.3";
    case WatermarkRule::k44:
      return "kernels 4.4 to 6.2";
    case WatermarkRule::k63:
      return "kernels from 6.3";
  }
  return "this kernel";
}

// What the test takes off the free pages first: " - 5 (the 4 pages asked for and 1 more)".
std::string TakenFirstWords(WatermarkRule rule, int order) {
  const bool stricter = rule == WatermarkRule::k2636 || rule == WatermarkRule::kEl6Build431;
  const int64_t asked = int64_t{1} << order;
  if (!stricter && order == 0) return "";
  return fmt::format(" - {} (the {} asked for {})", asked + (stricter ? 1 : -1),
                     Counted(asked, "page"), stricter ? "and 1 more" : "less 1");
}

// The test in words, as watermark.cc runs it.
std::string RuleWords(WatermarkRule rule, int order) {
  std::string words = fmt::format("rule of {}: listed{} > min + reserve", KernelsOf(rule),
                                  TakenFirstWords(rule, order));
  if (order == 0) return words;
  if (rule >= WatermarkRule::k44) return words + ", and a free piece of the size must exist";
  const bool el6 = rule == WatermarkRule::kEl6Build431;
  return fmt::format("{}, less smaller pieces > {}", words, el6 ? "0" : "a share of min");
}

// The OOM killer is not started for larger requests, and smaller ones were served.
std::string OrderUnknown(int refused_order) {
  std::string orders = fmt::format("{}", kCostlyOrder);
  if (refused_order < kCostlyOrder) {
    orders = fmt::format("{} {} {}", refused_order, refused_order + 1 == kCostlyOrder ? "or" : "to",
                         kCostlyOrder);
  }
  return "order unknown; if an OOM kill: " + orders;
}

std::string RequestWords(const BuildInput& input, const EventFacts& event) {
  const PieceRequest& request = event.rerun->request;
  if (request.assumed && ShowsFragmentation(event)) return OrderUnknown(request.order);
  if (request.assumed) return "ordinary request, any node";
  const Integer mask = event.oom       ? event.oom->gfp_mask
                       : event.refusal ? event.refusal->gfp_mask
                                       : Integer();
  std::string words = "request of " + GfpWords(mask, request.gfp);
  if (!request.gfp.may_reclaim && !request.gfp.names.empty()) words += ", must not wait";
  static_cast<void>(input);
  return words;
}

// The largest piece that each zone would give to an ordinary request.
std::string ServedUpTo(const BuildInput& input, const EventFacts& event) {
  std::vector<std::optional<int>> largest(event.zones.size());
  for (int order = 0; order <= kLargestTestedOrder; ++order) {
    const std::vector<ZoneCheck> checks = CheckZones(input.facts, event, OrdinaryRequest(order));
    for (std::size_t i = 0; i < checks.size() && i < largest.size(); ++i) {
      if (checks[i].verdict == ZoneVerdict::kServed) largest[i] = order;
    }
  }
  std::vector<std::string> words;
  bool at_most = false;  // said of the zone before
  for (std::size_t i = 0; i < largest.size(); ++i) {
    if (!largest[i]) continue;
    const ZoneFacts& zone = event.zones[i];
    const bool listed = !zone.cells.empty() && !ListIsCut(zone);
    const char* const bound = !listed ? "at least " : at_most ? "" : "at most ";
    at_most = listed;
    words.push_back(fmt::format("{}{} from {}", bound, PieceSize(event.page_kb() << *largest[i]),
                                ZoneName(zone)));
  }
  if (words.empty())
    return fmt::format("Ordinary requests get nothing, not even {}.", PieceSize(event.page_kb()));
  return fmt::format("Ordinary requests get {}.", JoinWords(words));
}

// Free memory beside the mark, and largest piece, of one ordinary zone.
std::string ZoneWords(const EventFacts& event, const ZoneFacts& zone) {
  std::string words = fmt::format("{} free {} = {} x min", ZoneName(zone), SizeText(*zone.free_kb),
                                  Thousands((*zone.free_kb + *zone.min_kb / 2) / *zone.min_kb));
  const std::optional<int> largest = LargestOrder(zone);
  if (!largest) return words;
  return words + ", largest " + PieceSize(event.page_kb() << *largest);
}

std::string OrdinaryZoneWords(const EventFacts& event) {
  std::string words;
  for (const ZoneFacts& zone : event.zones) {
    if (!IsOrdinaryZone(zone.zone) || !zone.free_kb || zone.min_kb.value_or(0) <= 0) continue;
    words += (words.empty() ? "" : "; ") + ZoneWords(event, zone);
  }
  return words + (words.empty() ? "" : ".");
}

std::string IndexWords(const EventFacts& event) {
  std::vector<std::string> values;
  for (const ZoneCheck& check : event.rerun->checks) {
    if (IsOrdinaryZone(check.zone) && check.frag_index && *check.frag_index >= 0) {
      values.push_back(fmt::format("{:.2f}", *check.frag_index));
    }
  }
  if (values.empty() || event.rerun->request.order == 0) return "";
  return fmt::format("Index {} (1 = fragmented)", JoinWords(values));
}

std::vector<int64_t> BlockSizes(const EventFacts& event) {
  std::vector<int64_t> sizes;
  for (const ZoneFacts& zone : event.zones) {
    for (const FreeCell& cell : zone.cells) sizes.push_back(cell.block_kb);
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

// What reclaim could still have taken.
std::string ReclaimNote(const BuildInput& input, const EventFacts& event, int64_t ram_kb) {
  std::string note;
  // A cache of under 1 % of RAM is what the kernel needs to run at all.
  constexpr int64_t kNothingShare = 100;
  for (const Snapshot& snapshot : input.snapshots) {
    if (snapshot.events.front() == &event && snapshot.cache_kb) {
      const bool nothing = *snapshot.cache_kb < ram_kb / kNothingShare;
      note = fmt::format("{} {}", nothing ? "Little to take back: file cache" : "File cache",
                         SizeText(std::max<int64_t>(*snapshot.cache_kb, 0)));
    }
  }
  const MemInfoFacts& mem = *event.mem;
  if (!mem.total_swap_kb || !mem.free_swap_kb) return note.empty() ? note : note + ".";
  if (*mem.total_swap_kb == 0) return note + (note.empty() ? "No swap." : ", no swap.");
  if (*mem.free_swap_kb > *mem.total_swap_kb || *mem.free_swap_kb < 0)
    return note + (note.empty() ? "Swap" : ", swap") + ": the figures disagree, free > total.";
  const auto total = static_cast<double>(*mem.total_swap_kb);
  return fmt::format("{}{} {} % of RAM, {} % full.", note, note.empty() ? "Swap" : ", swap",
                     PercentNumber(total, static_cast<double>(ram_kb)),
                     PercentNumber(total - static_cast<double>(*mem.free_swap_kb), total));
}

// What is not programs' own though it is counted there, where it matters.
std::string PartsNote(const MemorySection& section) {
  constexpr int64_t kNothingShare = 100;
  std::vector<std::string> words;
  for (const BalanceItem& part : section.parts) {
    if (part.size_kb < section.ram_kb / kNothingShare || part.part_of == "outside") continue;
    const std::string_view name = part.item == "shmem"     ? "shared memory and tmpfs"
                                  : part.item == "mlocked" ? "locked by mlock"
                                                           : "for devices [CMA] only";
    const std::string_view whole = part.part_of == "anon"   ? "programs"
                                   : part.part_of == "free" ? "free"
                                                            : "locked";
    words.push_back(fmt::format("of {} {} {}", whole, SizeText(part.size_kb), name));
  }
  if (words.empty()) return "";
  words.front().front() = 'O';
  return (section.note.empty() ? "" : " ") + JoinWords(words) + ".";
}

constexpr std::size_t kMostGrown = 3;

// By pid; where rows share it, damage or a thread, the name decides.
bool IsVictim(const EventFacts& event, const std::vector<TaskFacts>& rows, const TaskFacts& task) {
  const auto same_pid = std::count_if(rows.begin(), rows.end(),
                                      [&](const TaskFacts& row) { return row.pid == task.pid; });
  return std::any_of(event.kills.begin(), event.kills.end(), [&](const KillFacts& kill) {
    if (!kill.pid || kill.pid != task.pid) return false;
    return same_pid < 2 || kill.comm == task.comm;
  });
}

// The lists to compare these with: what dropping caches or compaction made of them, else those
// before them.
const Snapshot* ListsBeside(const std::vector<Snapshot>& snapshots, const EventFacts& event) {
  const Snapshot* before = nullptr;
  bool passed = false;
  for (const Snapshot& snapshot : snapshots) {
    if (!snapshot.lists || snapshot.machine == Machine::kOther) continue;
    if (snapshot.lists == &event)
      passed = true;
    else if (!passed)
      before = &snapshot;
    else if (snapshot.after_drop || snapshot.after_compact)
      return &snapshot;
  }
  return passed ? before : nullptr;
}

std::vector<ZoneFacts> WholeLists(const EventFacts& event) {
  std::vector<ZoneFacts> whole;
  std::copy_if(event.zones.begin(), event.zones.end(), std::back_inserter(whole),
               [](const ZoneFacts& zone) { return !ListIsCut(zone); });
  return whole;
}

}  // namespace

void BuildReruns(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const EventFacts* const event = FocusEvent(input);
  // Where a control group's limit was hit, the allocator refused nothing.
  if (!event || (event->oom && event->oom->constraint_kind == "memcg")) return;
  const PieceRequest& request = event->rerun->request;
  const bool plain_look = request.assumed && !ShowsFragmentation(*event);
  const std::string piece = PieceWords(request.order, event->page_kb());
  RerunSection section;
  section.question =
      plain_look        ? fmt::format("memory that requests could get{}. In pages", OnDay(*event))
      : request.assumed ? fmt::format("could {} be had{}? In pages", piece, OnDay(*event))
                        : fmt::format("{} could not be had{}. In pages", piece, OnDay(*event));
  section.rule = fmt::format(
      "{} ({})", RuleWords(RuleOf(KernelOf(input.facts, *event), event->zones), request.order),
      RequestWords(input, *event));
  section.page_kb = event->page_kb();
  section.rerun = *event->rerun;
  const std::string zones = ShowsFragmentation(*event) ? OrdinaryZoneWords(*event) : "";
  section.notes.push_back(zones.empty() ? ServedUpTo(input, *event) : zones);
  const std::string index = IndexWords(*event);
  if (!index.empty()) section.notes.back() += " " + index;
  if (!request.assumed && event->rerun->served == true) {
    section.notes.emplace_back(
        "By these figures it would pass now: memory was freed before they were read.");
  }
  section.refs = {ZoneReference(references, *event)};
  const std::vector<int64_t> sizes = BlockSizes(*event);
  if (!sizes.empty()) section.refs.push_back(ListReference(references, *event));
  report.why.push_back(std::move(section));
  if (sizes.empty()) return;
  for (const ZoneFacts& zone : event->zones) {
    if (ListIsCut(zone))
      report.why.back().notes.push_back("The free list of " + ZoneName(zone) + " is cut.");
  }
  FreeListSection lists;
  lists.day = DayText(*event);
  lists.block_kb = sizes;
  lists.zones = WholeLists(*event);
  lists.refs = {ListReference(references, *event)};
  if (const Snapshot* const beside = ListsBeside(input.snapshots, *event)) {
    const std::string day = DayText(*beside->lists);
    lists.beside_label = SnapshotLabel(*beside) + (day.empty() ? "" : ", " + day);
    lists.beside = WholeLists(*beside->lists);
    lists.beside_refs = {SnapshotReference(references, *beside)};
  }
  report.free_lists.push_back(std::move(lists));
}

void BuildMemory(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const EventFacts* const event = FocusMemInfo(input);
  if (!event) return;
  MemorySection section;
  section.items = BalanceOf(input.facts, *event);
  if (section.items.empty()) return;
  section.parts = BalanceParts(*event);
  section.nodes = NodeBalances(*event);
  section.day = DayText(*event);
  section.ram_kb = RamKb(input.facts, *event).value_or(0);
  section.note = ReclaimNote(input, *event, section.ram_kb);
  section.note += PartsNote(section);
  const bool too_much =
      std::any_of(section.items.begin(), section.items.end(),
                  [&](const BalanceItem& item) { return item.size_kb > section.ram_kb; });
  if (too_much) section.note += " The figures disagree: more than 100 % of RAM.";
  section.refs = {CounterReference(references, *event)};
  report.memory.push_back(std::move(section));
}

void BuildHolders(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const EventFacts* event = GuestTable(input.facts);
  const bool guests = event != nullptr;
  for (const EventFacts& candidate : input.facts.events) {
    if (!event && candidate.tasks.rows > 0) event = &candidate;
  }
  if (!event) return;
  HoldersSection section;
  section.guests = guests;
  section.day = DayText(*event);
  section.ram_kb = input.facts.ram_kb;
  for (const TaskFacts& task : guests ? event->tasks.guests : event->tasks.biggest) {
    if (!task.rss_kb) continue;
    Holder holder;
    holder.name = guests ? task.guest.value_or("?") : CommName(task.comm);
    holder.pid = task.pid;
    holder.rss_kb = *task.rss_kb;
    holder.killed = IsVictim(*event, guests ? event->tasks.guests : event->tasks.biggest, task);
    section.total_kb += holder.rss_kb;
    section.holders.push_back(std::move(holder));
  }
  if (section.holders.empty()) return;
  if (!guests) section.commands = event->tasks.commands;
  for (const Growth& growth : GrownTasks(input.facts)) {
    if (section.grown.size() < kMostGrown) section.grown.push_back(GrowthWords(growth));
  }
  if (!event->kills.empty())
    section.refs = {KillReference(references, *event, event->kills.front())};
  report.holders.push_back(std::move(section));
}

}  // namespace kautopsy
