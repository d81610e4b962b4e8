#include "reports/diagnosis/checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/missing_zones.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// rss is counted in batches: each thread holds up to 64 events back (mm/memory.c, sync_mm_rss(),
// TASK_RSS_EVENTS_THRESH, 2.6.34-6.1), each CPU a batch since (percpu_counter, v6.2). 1000 threads
// or CPUs give 64,000 pages; a large task moves by a permille between table and kill line.
constexpr int64_t kRssDriftPages = 64000;

// Two commands typed after each other see memory half a percent apart at most on a busy host.
constexpr double kTwoCommandsShare = 0.005;

// `free:` and the zones' counters are read one after the other while other CPUs allocate.
constexpr double kCounterDriftShare = 0.002;

bool Near(int64_t one, int64_t other, double share) {
  const double apart = std::abs(static_cast<double>(one - other));
  return apart <= share * std::abs(static_cast<double>(other)) + 1024;
}

void CheckLists(const EventFacts& event, std::vector<SelfCheck>& checks) {
  int64_t agree = 0;
  int64_t all = 0;
  std::string wrong;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.free_list_kb || zone.cells.empty()) continue;
    int64_t kb = 0;
    for (const FreeCell& cell : zone.cells) kb += cell.block_kb * cell.count;
    ++all;
    if (kb == *zone.free_list_kb)
      ++agree;
    else
      wrong +=
          fmt::format("; {} {} kB printed, {} kB added up", ZoneName(zone), *zone.free_list_kb, kb);
  }
  if (all == 0) return;
  checks.push_back({"free_list_total", agree == all,
                    fmt::format("printed totals of {} of {} free lists{}", agree, all, wrong),
                    event.id});
}

// Why the zones of a report add up to less than its counter; empty if nothing tells.
std::string LeftOutReason(const LeftOut& left_out) {
  if (left_out.above)
    return ": the zones above those that the request may use are not printed, but counted";
  if (left_out.nodes)
    return ": the nodes that the request may not use are not printed, but counted";
  return "";
}

// True if a node between those that are printed is not.
bool LacksNode(const EventFacts& event) {
  std::set<int64_t> nodes;
  for (const ZoneFacts& zone : event.zones) {
    if (zone.node) nodes.insert(*zone.node);
  }
  return !nodes.empty() && *nodes.rbegin() + 1 > static_cast<int64_t>(nodes.size());
}

// True if zone lines are lost from the report, so that their sums are too small: the kernel
// prints for each zone also what it keeps back and its free list (mm/page_alloc.c,
// show_free_areas()).
bool ZonesAreCut(const EventFacts& event) {
  const auto none_keeps = [](const ZoneFacts& zone) { return zone.lowmem_reserve_pages.empty(); };
  const auto has_list = [](const ZoneFacts& zone) {
    return !zone.cells.empty() || zone.free_kb == 0;
  };
  const bool reserves =
      std::ranges::any_of(event.zones, none_keeps) && !std::ranges::all_of(event.zones, none_keeps);
  const bool lists = !std::ranges::all_of(event.zones, has_list);
  return reserves || lists || LacksNode(event) ||
         (event.rerun && LacksZones(event, event.rerun->request,
                                    ParseKernelVersion(event.kernel_release.value_or(""))));
}

void CheckZoneSums(const EventFacts& event, std::vector<SelfCheck>& checks) {
  if (!event.mem || event.zones.empty()) return;
  int64_t free_kb = 0;
  int64_t slab_kb = 0;
  bool all_free = true;
  bool all_slab = true;
  for (const ZoneFacts& zone : event.zones) {
    all_free = all_free && zone.free_kb;
    all_slab = all_slab && zone.slab_unreclaimable_kb;
    free_kb += zone.free_kb.value_or(0);
    slab_kb += zone.slab_unreclaimable_kb.value_or(0);
  }
  const int64_t page_kb = event.page_kb();
  const LeftOut left_out = LeftOutOf(event);
  if (all_free && event.mem->free_pages) {
    const int64_t counter = *event.mem->free_pages * page_kb;
    const bool near = Near(free_kb, counter, kCounterDriftShare);
    const std::string why = near ? "" : LeftOutReason(left_out);
    if (!near && why.empty() && free_kb < counter && ZonesAreCut(event)) return;
    checks.push_back(
        {"zones_free", near || !why.empty(),
         fmt::format("zones' free {} pages, counter {} pages{}", Thousands(free_kb / page_kb),
                     Thousands(*event.mem->free_pages), why),
         event.id, !why.empty()});
  }
  if (all_slab && !left_out.any() && event.mem->slab_unreclaimable_pages) {
    const int64_t counter = *event.mem->slab_unreclaimable_pages * page_kb;
    checks.push_back({"zones_slab", Near(slab_kb, counter, kCounterDriftShare),
                      fmt::format("zones' unreclaimable slab {} kB, counter {} kB",
                                  Thousands(slab_kb), Thousands(counter)),
                      event.id});
  }
}

void NoteListAgainstCounter(const EventFacts& event, std::vector<SelfCheck>& checks) {
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.free_kb || !zone.free_list_kb || zone.free_kb == zone.free_list_kb) continue;
    const int64_t isolated_kb = IsolatedPages(zone) * event.page_kb();
    const std::string why =
        isolated_kb > 0 ? fmt::format("of the list {} kB are isolated, which free: leaves out",
                                      Thousands(isolated_kb))
                        : std::string("read at different moments");
    checks.push_back({"list_against_counter", true,
                      fmt::format("{}: free list and free: differ by {} kB, {}", ZoneName(zone),
                                  Thousands(std::abs(*zone.free_kb - *zone.free_list_kb)), why),
                      event.id, true});
  }
}

void CheckKillAgainstTable(const EventFacts& event, std::vector<SelfCheck>& checks) {
  for (const KillFacts& kill : event.kills) {
    const Integer rss_kb = kill.RssKb();
    if (!rss_kb || kill.repeated) continue;
    for (const std::vector<TaskFacts>* rows : {&event.tasks.guests, &event.tasks.biggest}) {
      for (const TaskFacts& row : *rows) {
        if (!row.pid || row.pid != kill.pid || !row.rss_pages) continue;
        const int64_t printed = *rss_kb / event.page_kb();
        const int64_t apart = std::abs(printed - *row.rss_pages);
        checks.push_back({"task_rss", apart <= kRssDriftPages,
                          fmt::format("pid {}: {} pages in the table, {} in the kill line",
                                      *kill.pid, Thousands(*row.rss_pages), Thousands(printed)),
                          event.id});
        return;
      }
    }
  }
}

// The printed score against the one that the table gives.
void CheckScores(const IncidentFacts& facts, const EventFacts& event,
                 std::vector<SelfCheck>& checks) {
  for (const KillFacts& kill : event.kills) {
    const KillChoice choice = ExplainKill(facts, event, kill);
    if (kill.repeated || !choice.exact || choice.agreement == Agreement::kNotPrinted) continue;
    checks.push_back(
        {"task_score", choice.agreement != Agreement::kDiffers,
         fmt::format("pid {}: score {}", choice.chosen->pid.value_or(0), ScoreWords(choice)),
         event.id});
  }
}

// RAM - reserved of a memory report against MemTotal of a pasted meminfo of the same machine.
void CheckRam(const IncidentFacts& facts, const std::vector<Snapshot>& snapshots,
              std::vector<SelfCheck>& checks) {
  Integer total;
  for (const Snapshot& snapshot : snapshots) {
    const bool usable = !total && snapshot.values && snapshot.machine != Machine::kOther;
    if (usable) total = snapshot.values->ValueKb("MemTotal");
  }
  if (!total) return;
  for (const EventFacts& event : facts.events) {
    if (!event.mem || !event.mem->ram_pages || !event.mem->reserved_pages) continue;
    const int64_t kb = (*event.mem->ram_pages - *event.mem->reserved_pages) * event.page_kb();
    checks.push_back(
        {"ram_total", *total == kb,
         fmt::format("RAM - reserved {} kB, MemTotal {} kB", Thousands(kb), Thousands(*total)),
         event.id});
    return;
  }
}

// A buddyinfo against the MemFree of a meminfo that was pasted with it.
void CheckPastedFree(const std::vector<Snapshot>& snapshots, std::vector<SelfCheck>& checks) {
  for (const Snapshot& snapshot : snapshots) {
    const Integer free_kb = snapshot.values ? snapshot.values->ValueKb("MemFree") : Integer();
    if (!free_kb || !snapshot.lists || snapshot.lists == snapshot.values) continue;
    int64_t listed_kb = 0;
    for (const ZoneFacts& zone : snapshot.lists->zones) {
      listed_kb +=
          ListedPages(zone, snapshot.lists->page_kb()).value_or(0) * snapshot.lists->page_kb();
    }
    checks.push_back({"pasted_free", Near(listed_kb, *free_kb, kTwoCommandsShare),
                      fmt::format("buddyinfo {} kB, MemFree {} kB: two commands, two moments",
                                  Thousands(listed_kb), Thousands(*free_kb)),
                      snapshot.lists->id});
  }
}

}  // namespace

std::vector<SelfCheck> RunSelfChecks(const IncidentFacts& facts) {
  std::vector<SelfCheck> checks;
  for (const EventFacts& event : facts.events) {
    CheckLists(event, checks);
    CheckZoneSums(event, checks);
    NoteListAgainstCounter(event, checks);
    CheckKillAgainstTable(event, checks);
    CheckScores(facts, event, checks);
  }
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  CheckRam(facts, snapshots, checks);
  CheckPastedFree(snapshots, checks);
  return checks;
}

}  // namespace kautopsy
