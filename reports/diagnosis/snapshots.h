#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// True for undated output of a command (/proc/meminfo, buddyinfo, free, a shell command): somebody
// pasted it beside a log.
bool IsPastedOutput(const EventFacts& event);
// The kinds of IsPastedOutput, for SQL.
extern const char* const kPastedKindsSql;

enum class Machine { kHost, kOther, kUnknown };

// State of memory at one moment: a memory report of the log, or pasted outputs that stand together.
struct Snapshot {
  std::vector<const EventFacts*> events;  // never empty; point into IncidentFacts
  const EventFacts* lists = nullptr;      // has free lists
  const EventFacts* values = nullptr;     // has /proc/meminfo or free
  Machine machine = Machine::kUnknown;    // of the incident's host, or another one
  bool after_drop = false;                // caches were dropped by the command before it
  bool after_compact = false;             // memory was compacted by the command before it
  Integer free_kb, cache_kb, anon_kb;
  bool dated() const { return events.front()->dated(); }
};

// Memory reports and pasted outputs in the order of `facts.events`. Outputs on one line of the
// document belong together. Another machine is recognised by the free memory of zone DMA, which
// ordinary requests cannot touch, or by MemTotal.
std::vector<Snapshot> CollectSnapshots(const IncidentFacts& facts);

// "after drop and compact", "meminfo", "memory report".
std::string SnapshotLabel(const Snapshot& snapshot);

// Pieces of at least `order` in the main zones of a node (any node if none is given); none
// without free lists.
Integer PiecesFrom(const Snapshot& snapshot, int order, const Integer& node);
// Free memory of the main zones by the lists; none without lists.
Integer OrdinaryFreeKb(const EventFacts& event);

// Size of request whose pieces a report counts: the largest refused one, else kUsualPieceOrder.
int PieceOrder(const IncidentFacts& facts);
// The same in KiB, by the machine's pages.
int64_t PieceKb(const IncidentFacts& facts);
// Above this, the allocator tries little and never starts the OOM killer
// (include/linux/mmzone.h, PAGE_ALLOC_COSTLY_ORDER = 3, since 2.6.24).
constexpr int kUsualPieceOrder = 4;

}  // namespace kautopsy
