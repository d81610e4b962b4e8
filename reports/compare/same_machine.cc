#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "reports/compare/parts.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// MemTotal of one machine is a constant, but free -h rounds it to three digits.
constexpr double kSameTotalShare = 0.01;
// Kernels keep different parts of it for themselves: 6.12 gives 3.4 % more than 6.1 of the
// captures' small machine.
constexpr double kOtherKernelShare = 0.05;

bool Includes(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

struct Signs {
  std::vector<std::string> same, other, doubts;
};

void JudgeHosts(const MachineMarks& before, const MachineMarks& after, Signs& signs) {
  if (!before.host || !after.host) return;
  const bool deduced = before.host_deduced || after.host_deduced;
  if (before.host == after.host) {
    signs.same.push_back(deduced ? fmt::format("by zone DMA or RAM it is {}", *before.host)
                                 : fmt::format("both name {}", *before.host));
  } else {
    signs.other.push_back(fmt::format("the hosts are {} and {}", *before.host, *after.host));
  }
}

void JudgeRam(const MachineMarks& before, const MachineMarks& after, Signs& signs) {
  if (!before.ram_kb || !after.ram_kb) return;
  const auto first = static_cast<double>(*before.ram_kb);
  const auto second = static_cast<double>(*after.ram_kb);
  const bool other_kernel = before.kernel && after.kernel && before.kernel != after.kernel;
  const double share = other_kernel ? kOtherKernelShare : kSameTotalShare;
  if (std::abs(first - second) > share * std::max(first, second)) {
    signs.other.push_back(
        fmt::format("RAM is {} and {}", SizeText(*before.ram_kb), SizeText(*after.ram_kb)));
  } else if (before.ram_kb == after.ram_kb) {
    signs.same.push_back(fmt::format("RAM is equal to the KiB ({})", SizeText(*before.ram_kb)));
  }
}

// A report may leave nodes and zones out that the request could not use (mm/show_mem.c,
// show_mem_node_skip() and max_zone_idx), so only what both lack tells machines apart.
void JudgeZones(const MachineMarks& before, const MachineMarks& after, Signs& signs) {
  if (before.zones.empty() || after.zones.empty()) return;
  if (!Includes(before.zones, after.zones) && !Includes(after.zones, before.zones))
    signs.other.push_back(
        fmt::format("the zones differ: {}; {}", JoinWords(before.zones), JoinWords(after.zones)));
}

// Zone DMA is kept back from ordinary requests [lowmem_reserve], so its free list is a machine's
// mark for long; but not over a boot, and where memory is used up it is taken, too.
void JudgeDma(const MachineMarks& before, const MachineMarks& after, Signs& signs) {
  if (before.dma_counts.empty() || after.dma_counts.empty()) return;
  if (before.dma_counts == after.dma_counts)
    signs.same.emplace_back("zone DMA is identical");
  else if (!before.host || !after.host)
    signs.doubts.emplace_back("zone DMA, which is kept back from ordinary requests, differs");
}

std::string NotThisHost(const MachineMarks& before, const MachineMarks& after) {
  const Text host = before.other_than ? before.other_than : after.other_than;
  if (!host) return "";
  const bool both = before.other_than == after.other_than;
  const bool dma = before.other_than ? before.other_by_dma : after.other_by_dma;
  const char* const which = both                ? "Not"
                            : before.other_than ? "The first is not"
                                                : "The second is not";
  return fmt::format(" {} {}, which the text names: its {} differs.", which, *host,
                     dma ? "zone DMA" : "RAM");
}

Integer DmaPages(const EventFacts& event) {
  for (const ZoneFacts& zone : event.zones) {
    if (zone.zone == "DMA") return ListedPages(zone, event.page_kb());
  }
  return std::nullopt;
}

// Whether the first dated record with a zone DMA, the host's, has another one than the side.
bool OtherByDma(const Side& side) {
  const Integer own = side.lists() ? DmaPages(*side.lists()) : Integer();
  for (const EventFacts& event : side.facts.events) {
    const Integer pages = event.dated() ? DmaPages(event) : Integer();
    if (pages) return own && own != pages;
  }
  return false;
}

}  // namespace

std::string_view MachineVerdictName(MachineVerdict verdict) {
  switch (verdict) {
    case MachineVerdict::kLikely:
      return "likely";
    case MachineVerdict::kUnlikely:
      return "unlikely";
    case MachineVerdict::kUnknown:
      break;
  }
  return "unknown";
}

MachineMarks MarksOf(const Side& side) {
  MachineMarks marks;
  marks.host = side.record->host;
  if (!marks.host && side.whole_incident()) marks.host = side.facts.host;
  if (!side.record->host && side.state) {
    if (side.state->machine == Machine::kOther) {
      marks.host.reset();
      marks.other_than = side.facts.host;
      marks.other_by_dma = OtherByDma(side);
    } else if (side.state->machine == Machine::kHost && side.facts.host) {
      marks.host = side.facts.host;
      marks.host_deduced = true;
    }
  }
  marks.kernel = side.record->kernel_release;
  if (!marks.kernel && !marks.other_than) marks.kernel = side.facts.kernel_release;
  const EventFacts* const balance = side.balance();
  const bool own_ram = balance && (balance->mem || balance->ValueKb("MemTotal"));
  if (own_ram && !marks.other_than) marks.ram_kb = RamKb(side.facts, *balance);
  if (own_ram && marks.other_than) marks.ram_kb = balance->ValueKb("MemTotal");
  if (!marks.ram_kb && side.record->dated()) marks.ram_kb = side.facts.ram_kb;
  if (!side.lists()) return marks;
  for (const ZoneFacts& zone : side.lists()->zones) {
    marks.zones.push_back(zone.node ? fmt::format("{} {}", *zone.node, zone.zone) : zone.zone);
    if (zone.zone != "DMA" || !marks.dma_counts.empty() || ListIsCut(zone)) continue;
    for (const FreeCell& cell : zone.cells) marks.dma_counts.push_back(cell.count);
  }
  std::sort(marks.zones.begin(), marks.zones.end());
  return marks;
}

SameMachine JudgeMachine(const MachineMarks& before, const MachineMarks& after) {
  Signs signs;
  if (before.boot && before.boot == after.boot)
    return {MachineVerdict::kLikely, "both are of one boot."};
  JudgeHosts(before, after, signs);
  JudgeRam(before, after, signs);
  JudgeZones(before, after, signs);
  JudgeDma(before, after, signs);
  const std::string not_host = NotThisHost(before, after);
  const bool only_one_is_other =
      before.other_than.has_value() != after.other_than.has_value() &&
      (before.other_than ? after.host == before.other_than : before.host == after.other_than);
  if (only_one_is_other) return {MachineVerdict::kUnlikely, not_host.substr(1)};
  const auto judge = [&](MachineVerdict verdict, const std::string& why) {
    return SameMachine{verdict, why + "." + not_host};
  };
  std::vector<std::string> against = signs.other;
  against.insert(against.end(), signs.doubts.begin(), signs.doubts.end());
  if (!signs.same.empty() && !against.empty())
    return judge(MachineVerdict::kUnknown, JoinWords(signs.same) + ", but " + JoinWords(against));
  if (!signs.same.empty()) return judge(MachineVerdict::kLikely, JoinWords(signs.same));
  if (!signs.other.empty()) return judge(MachineVerdict::kUnlikely, JoinWords(against));
  if (!against.empty()) return judge(MachineVerdict::kUnknown, JoinWords(against));
  return judge(MachineVerdict::kUnknown, "not both name a host, and not both tell zone DMA or RAM");
}

CommandsBetween FindCommandsBetween(const Side& before, const Side& after) {
  CommandsBetween between;
  if (before.facts.id != after.facts.id || !before.state || !after.state) return between;
  const auto from = before.state - before.snapshots.data();
  const auto to = after.state - after.snapshots.data();
  if (to != from + 1) return between;
  between.compact = after.state->after_compact;
  between.drop = after.state->after_drop;
  for (const EventFacts& event : after.facts.events) {
    const bool above = std::pair(event.first_line, event.first_column) <
                       std::pair(after.record->first_line, after.record->first_column);
    const bool below = std::pair(event.first_line, event.first_column) >
                       std::pair(before.record->first_line, before.record->first_column);
    const bool acts =
        event.command && (event.command->find("compact_memory") != std::string::npos ||
                          event.command->find("drop_caches") != std::string::npos);
    if (acts && above && below && event.source_id == after.record->source_id &&
        between.place.empty() && (between.compact || between.drop))
      between.place = fmt::format("{}:{}", event.first_line, event.first_column);
  }
  return between;
}

}  // namespace kautopsy
