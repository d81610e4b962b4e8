#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/growth.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/reach.h"
#include "reports/diagnosis/rules/cgroup_files.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

const EventFacts* FocusMemInfo(const BuildInput& input) {
  const EventFacts* const focus = FocusEvent(input);
  if (focus && focus->mem) return focus;
  for (const EventFacts& event : input.facts.events) {
    if (event.mem) return &event;
  }
  return nullptr;
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
  // 2.4 and 2.6.9 print no total (mm/page_alloc.c, show_free_areas(); arch/i386/mm/init.c).
  if (mem.free_swap_kb.value_or(-1) >= 0 && !mem.total_swap_kb)
    return fmt::format("{}{} {} free; its size is not in the text.", note,
                       note.empty() ? "Swap" : ", swap", SizeText(*mem.free_swap_kb));
  if (!mem.total_swap_kb || !mem.free_swap_kb) return note.empty() ? note : note + ".";
  if (*mem.free_swap_kb < 0)
    return fmt::format("{}{} is being turned off, {} still in it.", note,
                       note.empty() ? "Swap" : ", swap", SizeText(-*mem.free_swap_kb));
  if (*mem.total_swap_kb == 0) return note + (note.empty() ? "No swap." : ", no swap.");
  if (*mem.free_swap_kb > *mem.total_swap_kb)
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

// Where the cause is that the request could use some zones or nodes only, those count.
void AddReach(const BuildInput& input, const EventFacts& event, MemorySection& section) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const bool some = primary && primary->event_id == event.id &&
                    (primary->cause == "low_zone" || primary->cause == "numa_constraint");
  std::optional<Reach> reach = some ? ReachOf(input.facts, event) : std::nullopt;
  if (!reach) return;
  section.reach = std::move(reach->name);
  section.reach_kb = reach->total_kb;
  section.reach_items = std::move(reach->items);
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

}  // namespace

void BuildMemory(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const EventFacts* const event = FocusMemInfo(input);
  if (!event) return;
  MemorySection section;
  section.items = BalanceOf(input.facts, *event);
  if (section.items.empty()) return;
  section.parts = BalanceParts(*event);
  section.nodes = NodeBalances(*event);
  section.day = DayTextBeside(input.facts, *event, [](const EventFacts& other) {
    return !other.kills.empty() && !other.mem && !OfGroup(other);
  });
  section.ram_known = RamKb(input.facts, *event).has_value();
  section.ram_kb = BalanceTotalKb(input.facts, *event).value_or(0);
  AddReach(input, *event, section);
  section.note = ReclaimNote(input, *event, section.ram_kb);
  section.note += PartsNote(section);
  const bool too_much =
      std::any_of(section.items.begin(), section.items.end(),
                  [&](const BalanceItem& item) { return item.size_kb > section.ram_kb; });
  if (!section.ram_known)
    section.note += (section.note.empty() ? "" : " ") +
                    std::string(
                        "How much RAM there is, is not in the text: shares are of what is "
                        "itemised.");
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
  if (OfGroup(*event)) section.limit_kb = GroupLimitKb(*event);
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
  section.rows = static_cast<int64_t>(section.holders.size());
  if (!guests && event->tasks.rows > section.rows && event->tasks.rss_kb) {
    section.rows = event->tasks.rows;
    section.total_kb = std::max(section.total_kb, *event->tasks.rss_kb);
  }
  if (!guests) section.commands = event->tasks.commands;
  for (const Growth& growth : GrownTasks(input.facts)) {
    if (section.grown.size() < kMostGrown) section.grown.push_back(GrowthWords(growth));
  }
  if (!event->kills.empty())
    section.refs = {KillReference(references, *event, event->kills.front())};
  report.holders.push_back(std::move(section));
}

}  // namespace kautopsy
