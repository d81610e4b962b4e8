#include "reports/diagnosis/snapshots.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/unevictable.h"

namespace kautopsy {
namespace {

constexpr std::array<std::string_view, 4> kPastedKinds = {"meminfo", "buddyinfo", "free",
                                                          "command"};

// A command acts on the output after it only if nothing but a line of prose stands between.
constexpr int64_t kCommandReachLines = 3;

// MemTotal of one machine is a constant; free -h rounds to three digits.
constexpr double kSameTotalShare = 0.01;

bool Contains(const Text& text, std::string_view word) {
  return text && text->find(word) != std::string::npos;
}

// Free memory of the zone that ordinary requests cannot touch; none if there is no such zone.
Integer DmaFreeKb(const EventFacts& event) {
  for (const ZoneFacts& zone : event.zones) {
    if (zone.zone != "DMA") continue;
    const Integer pages = ListedPages(zone, event.page_kb());
    if (pages) return *pages * event.page_kb();
  }
  return std::nullopt;
}

struct HostMarks {
  Integer dma_free_kb;
  Integer ram_kb;
};

HostMarks MarksOf(const IncidentFacts& facts) {
  HostMarks marks;
  for (const EventFacts& event : facts.events) {
    if (event.dated() && !marks.dma_free_kb) marks.dma_free_kb = DmaFreeKb(event);
  }
  marks.ram_kb = facts.ram_kb;
  return marks;
}

Machine MachineOf(const Snapshot& snapshot, const HostMarks& marks) {
  if (snapshot.dated()) return Machine::kHost;
  Machine machine = Machine::kUnknown;
  if (snapshot.lists && marks.dma_free_kb) {
    const Integer dma = DmaFreeKb(*snapshot.lists);
    if (dma) machine = dma == marks.dma_free_kb ? Machine::kHost : Machine::kOther;
  }
  if (machine == Machine::kOther || !snapshot.values || !marks.ram_kb) return machine;
  Integer total = snapshot.values->ValueKb("MemTotal");
  if (!total) total = snapshot.values->ValueKb("Mem.total");
  if (!total) return machine;
  const double apart = std::abs(static_cast<double>(*total - *marks.ram_kb));
  return apart <= kSameTotalShare * static_cast<double>(*marks.ram_kb) ? Machine::kHost
                                                                       : Machine::kOther;
}

// Files' pages. Cached holds tmpfs and shared memory, too (fs/proc/meminfo.c,
// meminfo_proc_show()), which only swap can take; free(1) prints it as "shared".
Integer CacheOf(const EventFacts& values) {
  const Integer buffers = values.ValueKb("Buffers");
  const Integer cached = values.ValueKb("Cached");
  if (buffers && cached)
    return std::max<int64_t>(*buffers + *cached - values.ValueKb("Shmem").value_or(0), 0);
  Integer cache = values.ValueKb("Mem.buff/cache");
  // Until procps-ng 3.3.10 in two columns.
  const Integer files = values.ValueKb("Mem.cached");
  if (!cache && files) cache = *files + values.ValueKb("Mem.buffers").value_or(0);
  if (!cache) return std::nullopt;
  return std::max<int64_t>(*cache - values.ValueKb("Mem.shared").value_or(0), 0);
}

// "total pagecache pages" holds the swap cache and shared memory, too (mm/shmem.c,
// shmem_add_to_page_cache(): NR_FILE_PAGES and NR_SHMEM). The lists of files are surely files';
// those of a ramfs can never be taken back.
Integer CachePages(const MemInfoFacts& mem, int64_t undroppable_pages) {
  if (!mem.pagecache_pages || !mem.swap_cache_pages) return mem.file_pages;
  // Until 2.6.31 shared memory is not printed: then only the lists tell it apart.
  if (!mem.shmem_pages && mem.file_pages) return mem.file_pages;
  const int64_t others = *mem.swap_cache_pages + mem.shmem_pages.value_or(0) + undroppable_pages;
  return std::max({*mem.pagecache_pages - others, mem.file_pages.value_or(0), int64_t{0}});
}

void TakeFigures(Snapshot& snapshot) {
  const EventFacts& first = *snapshot.events.front();
  if (first.mem) {
    const MemInfoFacts& mem = *first.mem;
    const int64_t page_kb = first.page_kb();
    if (mem.free_pages) snapshot.free_kb = *mem.free_pages * page_kb;
    const int64_t undroppable_pages = UnevictableOf(first).file_kb / page_kb;
    if (const Integer cache = CachePages(mem, undroppable_pages))
      snapshot.cache_kb = *cache * page_kb;
    if (mem.anon_pages) snapshot.anon_kb = *mem.anon_pages * page_kb;
    return;
  }
  if (snapshot.values) {
    snapshot.free_kb = snapshot.values->ValueKb("MemFree");
    if (!snapshot.free_kb) snapshot.free_kb = snapshot.values->ValueKb("Mem.free");
    snapshot.cache_kb = CacheOf(*snapshot.values);
    snapshot.anon_kb = snapshot.values->ValueKb("AnonPages");
  }
  if (snapshot.free_kb || !snapshot.lists) return;
  int64_t kb = 0;
  for (const ZoneFacts& zone : snapshot.lists->zones) {
    const Integer pages = ListedPages(zone, snapshot.lists->page_kb());
    if (pages) kb += (*pages - IsolatedPages(zone)) * snapshot.lists->page_kb();
  }
  snapshot.free_kb = kb;
}

bool HasLists(const EventFacts& event) {
  return std::any_of(event.zones.begin(), event.zones.end(),
                     [](const ZoneFacts& zone) { return !zone.cells.empty(); });
}

bool SameLine(const EventFacts& one, const EventFacts& other) {
  return one.source_id == other.source_id && other.first_line <= one.last_line + 1 &&
         one.first_line <= other.first_line && !other.dated() && !one.dated();
}

void AddEvent(Snapshot& snapshot, const EventFacts& event) {
  snapshot.events.push_back(&event);
  if (HasLists(event) || event.kind == "buddyinfo") snapshot.lists = &event;
  if (!event.values.empty()) snapshot.values = &event;
}

struct Commands {
  const EventFacts* last = nullptr;
  bool drop = false;
  bool compact = false;
};

void NoteCommand(const EventFacts& event, Commands& commands) {
  const bool drop = Contains(event.command, "drop_caches");
  const bool compact = Contains(event.command, "compact_memory");
  if (!drop && !compact) return;
  if (commands.last && event.first_line - commands.last->last_line > kCommandReachLines)
    commands = {};
  commands.last = &event;
  commands.drop = commands.drop || drop;
  commands.compact = commands.compact || compact;
}

void ApplyCommands(const EventFacts& event, const Commands& commands, Snapshot& snapshot) {
  const bool near = commands.last && commands.last->source_id == event.source_id &&
                    event.first_line - commands.last->last_line <= kCommandReachLines;
  snapshot.after_drop = near && commands.drop;
  snapshot.after_compact = near && commands.compact;
}

// Whether `event` adds something that `snapshot` lacks, so that both are one moment.
bool Completes(const Snapshot& snapshot, const EventFacts& event) {
  const bool lacks = (event.kind == "meminfo" && !snapshot.values) ||
                     (event.kind == "buddyinfo" && !snapshot.lists);
  return lacks && SameLine(*snapshot.events.back(), event);
}

}  // namespace

const char* const kPastedKindsSql = "('meminfo', 'buddyinfo', 'free', 'command')";

bool IsPastedOutput(const EventFacts& event) {
  const bool pasted =
      std::find(kPastedKinds.begin(), kPastedKinds.end(), event.kind) != kPastedKinds.end();
  return pasted && !event.dated();
}

std::vector<Snapshot> CollectSnapshots(const IncidentFacts& facts) {
  std::vector<Snapshot> snapshots;
  Commands commands;
  for (const EventFacts& event : facts.events) {
    if (event.command) {
      NoteCommand(event, commands);
      continue;
    }
    if (!event.mem && !HasLists(event) && event.values.empty()) continue;
    if (!snapshots.empty() && Completes(snapshots.back(), event)) {
      AddEvent(snapshots.back(), event);
      continue;
    }
    Snapshot snapshot;
    AddEvent(snapshot, event);
    ApplyCommands(event, commands, snapshot);
    commands = {};
    snapshots.push_back(std::move(snapshot));
  }
  const HostMarks marks = MarksOf(facts);
  for (Snapshot& snapshot : snapshots) {
    snapshot.machine = MachineOf(snapshot, marks);
    TakeFigures(snapshot);
  }
  return snapshots;
}

std::string SnapshotLabel(const Snapshot& snapshot) {
  if (snapshot.after_drop && snapshot.after_compact) return "after drop and compact";
  if (snapshot.after_compact) return "after compaction";
  if (snapshot.after_drop) return "after dropping caches";
  if (snapshot.events.front()->mem) return "memory report";
  std::string label;
  for (const EventFacts* event : snapshot.events) {
    if (!label.empty()) label += ", ";
    label += event->kind == "free" ? "free command" : event->kind;
  }
  return label;
}

Integer PiecesFrom(const Snapshot& snapshot, int order, const Integer& node) {
  if (!snapshot.lists) return std::nullopt;
  Integer pieces;
  for (const ZoneFacts* const zone : MainZones(*snapshot.lists)) {
    if (node && zone->node != node) continue;
    const Integer blocks = BlocksFrom(*zone, order);
    if (blocks) pieces = pieces.value_or(0) + *blocks;
  }
  return pieces;
}

Integer OrdinaryFreeKb(const EventFacts& event) {
  Integer kb;
  for (const ZoneFacts* const zone : MainZones(event)) {
    const Integer pages = ListedPages(*zone, event.page_kb());
    if (pages) kb = kb.value_or(0) + (*pages - IsolatedPages(*zone)) * event.page_kb();
  }
  return kb;
}

int PieceOrder(const IncidentFacts& facts) {
  Integer order;
  for (const EventFacts& event : facts.events) {
    if (event.oom && event.oom->order && *event.oom->order > order.value_or(0)) {
      order = event.oom->order;
    }
    if (event.refusal && event.refusal->order && *event.refusal->order > order.value_or(0)) {
      order = event.refusal->order;
    }
  }
  return order ? static_cast<int>(*order) : kUsualPieceOrder;
}

int64_t PieceKb(const IncidentFacts& facts) {
  const auto known = std::ranges::find_if(
      facts.events, [](const EventFacts& event) { return event.page_size_kb.has_value(); });
  const int64_t page_kb = known == facts.events.end() ? EventFacts::kUsualPageKb : known->page_kb();
  return page_kb << PieceOrder(facts);
}

}  // namespace kautopsy
