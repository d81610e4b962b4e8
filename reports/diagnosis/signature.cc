#include "reports/diagnosis/signature.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/diagnosis/alloc_profile.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/refusal_words.h"

namespace kautopsy {
namespace {

template <std::size_t Size>
bool IsOneOf(std::string_view cause, const std::array<std::string_view, Size>& causes) {
  return std::find(causes.begin(), causes.end(), cause) != causes.end();
}

// Guests are one kind, as each has a name of its own.
std::string ProgramName(const Text& comm, const Text& guest) {
  return guest ? "guests" : CommName(comm);
}

// The largest program, else who was killed.
std::string LargestProgram(const EventFacts& event) {
  if (!event.tasks.biggest.empty()) {
    const TaskFacts& largest = event.tasks.biggest.front();
    return ProgramName(largest.comm, largest.guest);
  }
  if (event.kills.empty()) return "";
  return ProgramName(event.kills.front().comm, event.kills.front().guest);
}

// Who has mapped most of the shared memory; files of tmpfs belong to nobody that the table shows.
// Whoever asked for memory at last need have nothing to do with it.
std::string HolderOfShared(const EventFacts& event) {
  if (!event.mem || !event.mem->shmem_pages) return "";
  const TaskFacts* most = nullptr;
  for (const TaskFacts& task : event.tasks.biggest) {
    if (!most || task.rss_shmem_pages > most->rss_shmem_pages) most = &task;
  }
  const bool holds =
      most && most->rss_shmem_pages && 2 * *most->rss_shmem_pages >= *event.mem->shmem_pages;
  return holds ? ProgramName(most->comm, most->guest) : "";
}

std::string HolderOfPageTables(const EventFacts& event) {
  const TaskFacts* most = nullptr;
  for (const TaskFacts& task : event.tasks.biggest) {
    if (!most || task.pgtables_kb > most->pgtables_kb) most = &task;
  }
  return most && most->pgtables_kb ? ProgramName(most->comm, most->guest) : "";
}

// The module that holds most of it by the kernel's own profile of allocations (since 6.10).
std::string HoldingModule(const EventFacts& event) {
  for (const AllocTagFacts* const tag : NamedByProfile(event).holders) {
    if (tag->module) return *tag->module;
  }
  return "";
}

// A regression is of the releases of one series.
std::string KernelSeries(const IncidentFacts& facts, const EventFacts& event) {
  const KernelVersion kernel = KernelOf(facts, event);
  if (!kernel.known()) return "";
  return kernel.major == 2 ? fmt::format("kernel 2.6.{}", kernel.patch)
                           : fmt::format("kernel {}.{}", kernel.major, kernel.minor);
}

std::string HolderOf(const IncidentFacts& facts, const EventFacts& event, std::string_view cause) {
  constexpr auto kOfPrograms =
      std::to_array<std::string_view>({"host_exhausted", "vm_overcommit", "task_leak", "fork_storm",
                                       "memcg_limit", "numa_constraint", "unknown"});
  if (IsOneOf(cause, kOfPrograms)) return LargestProgram(event);
  if (cause == "slab_leak") return event.slabs.empty() ? "" : event.slabs.front().name;
  if (cause == "shmem") return HolderOfShared(event);
  if (cause == "pagetables") return HolderOfPageTables(event);
  if (cause == "unaccounted") return HoldingModule(event);
  if (cause == "own_limit") return std::string(OwnLimit(event));
  if (cause == "premature_oom") return KernelSeries(facts, event);
  return "";
}

// Who wants the pieces, or the low memory, that are not to be had: the driver, else the place in
// the kernel.
std::string AskerOf(const IncidentFacts& facts, const EventFacts& event, std::string_view cause) {
  constexpr auto kOfRequests = std::to_array<std::string_view>(
      {"fragmentation", "cma", "low_zone", "atomic_reserve", "atomic_high_order", "bad_request"});
  if (event.refusal && event.refusal->blame_module) return *event.refusal->blame_module;
  if (!IsOneOf(cause, kOfRequests) || (!event.refusal && !event.oom)) return "";
  const CallPath path = ReadCallPath(facts, event);
  if (!path.driver.empty()) return path.driver;
  return path.site ? std::string(path.site->name) : "";
}

bool IsAbout(const EventFacts& event, const Finding* primary) {
  if (primary && primary->event_id > 0) return event.id == primary->event_id;
  return event.oom || event.refusal || event.mem;
}

}  // namespace

std::string SignatureOf(const IncidentFacts& facts, std::string_view cause,
                        const Finding* primary) {
  std::string signature(cause);
  const auto about = std::find_if(facts.events.begin(), facts.events.end(),
                                  [&](const EventFacts& event) { return IsAbout(event, primary); });
  if (about == facts.events.end()) return signature;
  const EventFacts& event = *about;
  signature += "|" + event.kind;
  const Integer order = event.oom       ? event.oom->order
                        : event.refusal ? event.refusal->order
                                        : Integer();
  if (order) signature += fmt::format("|order {}", *order);
  const Text symbol = event.crash ? event.crash->symbol : std::nullopt;
  for (const std::string& culprit :
       {AskerOf(facts, event, cause), symbol.value_or(""), HolderOf(facts, event, cause)}) {
    if (!culprit.empty()) signature += "|" + culprit;
  }
  return signature;
}

bool NamesCulprit(std::string_view signature) {
  for (int part = 0; part < 2; ++part) {  // the cause, the event
    const std::size_t bar = signature.find('|');
    if (bar == std::string_view::npos) return false;
    signature.remove_prefix(bar + 1);
  }
  return !signature.starts_with("order ") || signature.find('|') != std::string_view::npos;
}

}  // namespace kautopsy
