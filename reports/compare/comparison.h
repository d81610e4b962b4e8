#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/model.h"

namespace kautopsy {

// What differs between two incidents or two snapshots, without layout, for the renderers. "Before"
// and "after" are the first and the second one named, whatever their times. Texts from logs are as
// the log has them. A figure that one side does not tell is none, and its change, too.

enum class MachineVerdict { kLikely, kUnlikely, kUnknown };
std::string_view MachineVerdictName(MachineVerdict verdict);  // "likely" and so on

struct SameMachine {
  MachineVerdict verdict = MachineVerdict::kUnknown;
  std::string why;
};

struct ComparedVictim {
  std::string name;  // "guest wl52", or the command
  Integer pid, rss_kb;
};

// One of the two things that are compared.
struct ComparedSide {
  std::string label;    // "incident 3", or "messages:8:1"
  std::string chosen;   // how it was chosen, where the user did not name it: "the newest of 4"
  std::string what;     // what its figures come from: "memory report", "/proc/buddyinfo"
  std::string place;    // where that stands: "messages:8:1"
  std::string moment;   // "Nov 20 12:42:42"; empty if it has no time
  int64_t moments = 0;  // of a whole incident: how many it has, of which `what` is one
  Text time, host, kernel_release;
  bool host_deduced = false;  // its own lines do not name the host
  Integer ram_kb;
  Integer incident_id;
  bool whole_incident = false;  // else one record or snapshot; what follows is then empty
  std::string headline, severity, cause, cause_words, confidence, signature;
  std::vector<ComparedVictim> victims;
  int64_t victims_in_all = 0;  // `victims` are the first ones
};

// Free pieces of one size. None: that side's list has no such size.
struct CellChange {
  int order = 0;
  int64_t block_kb = 0;
  Integer before, after;
};

// A zone's free memory in pieces that are large enough.
struct PieceFigures {
  int64_t pieces = 0;
  int64_t size_kb = 0;      // in these pieces
  double unusable = 0;      // share of free memory in smaller ones, 0 to 1
  int64_t huge_pieces = 0;  // of kHugePieceKb and more
};

struct ZoneChange {
  Integer node;
  std::string zone;
  bool counted = false;  // one of the zones that ordinary requests live on
  Integer free_before_kb, free_after_kb;
  std::vector<CellChange> cells;              // in rising order; empty if no side has a list
  std::optional<PieceFigures> before, after;  // none without a whole list
  bool Unchanged() const;
};

// Sums over the counted zones that both sides list.
struct PieceTotals {
  int64_t free_kb = 0, large_kb = 0, pieces = 0, huge_pieces = 0;
};

struct ListChange {
  int order = 0;           // size of request that pieces are counted for
  int64_t piece_kb = 0;    // the same in KiB
  bool refused = false;    // a request of that size was refused in one of the two
  bool comparable = true;  // false: the pages are of different size
  std::vector<ZoneChange> zones;
  std::optional<PieceTotals> before, after;  // of counted zones; none unless both sides list one
  Integer free_before_kb, free_after_kb;     // of all zones that both sides tell
  std::string counted_names;                 // "Normal", "Normal and Movable"
  std::vector<std::string> notes;
};

struct ItemChange {
  std::string item;     // as memory_balance.item, or swap_used
  std::string part_of;  // likewise
  Integer before_kb, after_kb;
  bool alike = true;  // false: the two records count it differently, so there is no change to tell
  Integer ChangeKb() const;
};

struct MemoryChange {
  std::vector<ItemChange> items;  // largest change first
  Integer ram_before_kb, ram_after_kb;
  std::string note;
};

// What the processes of one guest, or of one command, hold together.
struct HolderSum {
  bool guest = false;
  std::string name;
  int64_t tasks = 0;
  Integer rss_kb;  // of all of them; none if one is not told
  Integer pid;     // if it is one process
  bool killed = false;
};

struct HolderChange {
  bool guest = false;
  std::string name;
  std::optional<HolderSum> before, after;
  Integer change_kb;              // none where a side has it, but not its size
  std::string_view Word() const;  // grew, shrank, same, new, gone, unknown
};

struct HoldersChange {
  std::string moment_before, moment_after;  // of the process tables
  std::vector<HolderChange> holders;        // largest change first
  Integer total_before_kb, total_after_kb;  // none if a size is not told
  std::string note;
  std::string refused;  // why the tables are not compared; empty if they are
};

// Commands that were pasted between two snapshots of one text, with no other snapshot between.
struct CommandsBetween {
  bool compact = false, drop = false;
  std::string place;  // of the first one: "31:1"
};

struct Comparison {
  std::string headline;
  ComparedSide before, after;
  bool same_record = false;  // both name the same; nothing else is filled in
  SameMachine machine;
  Integer seconds_between;
  std::string time_note;
  CommandsBetween commands;
  std::optional<ListChange> lists;
  std::optional<MemoryChange> memory;
  std::optional<HoldersChange> holders;
  std::optional<bool> same_signature;  // of whole incidents
  std::string signature_why;
  std::vector<LabelledText> remarks;  // what follows from the lists
  std::vector<Missing> unknowns;

  // Whether time went from the first to the second, as far as the text tells. If not, what differs
  // is no change: they are of two machines, or the second is the earlier one.
  bool IsChange() const {
    return machine.verdict != MachineVerdict::kUnlikely && seconds_between.value_or(0) >= 0;
  }
};

// x86-64 and arm64 with pages of 4 KiB: 2 MiB (mm/huge_memory.c works on HPAGE_PMD_ORDER; PMD_SHIFT
// is 21 in arch/x86/include/asm/pgtable_64_types.h).
constexpr int64_t kHugePieceKb = 2048;

}  // namespace kautopsy
