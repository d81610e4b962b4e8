#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model.h"

namespace kautopsy {

// Words that renderers share. Texts of logs in them are as the log has them: each renderer escapes
// them for its medium.

std::string FileName(std::string_view path);  // without its folders; "standard input" for -
// "29:4153", a line and its byte; with the file in front where the store has several, by its whole
// path where another has the same name.
std::string PlaceWords(const StoreSummary& store, int64_t source_id, int64_t line, int64_t column);
// "paste.txt: 31 lines, 20 records, 3 incomplete".
std::string SourceWords(const StoreSummary& store);
// "3 files, 2 hosts, 204 records".
std::string StoreWords(const StoreSummary& store);
// The kernel of the incident, and others that its records name. REQUIRES: report.kernel_release.
std::string ReleaseWords(const IncidentReport& report);
// Host, nodes, RAM and kernel, as far as they are known, with `separator` between them.
std::string MachineWords(const IncidentReport& report, std::string_view separator);
// "2 lines of the kernel not understood, 1 line damaged"; empty if all was read.
std::string NotReadWords(const StoreSummary& store);

// What smaller pieces take away from a zone's sum, in pages, by the size of the pieces:
// " − 8,390,977 in 4K − 2,362,376 in 8K = −5".
std::string StepsWords(const ZoneCheck& check, int64_t page_kb);
// "Collect this first" of "collect this first".
std::string Capitalised(std::string text);
// "no, kept back". `assumed`: the request is not in the log.
std::string ShortVerdict(const ZoneCheck& check, bool assumed);

// Where memory is, for a bar and its legend.
struct MemoryItem {
  std::string_view item;  // of BalanceItem
  std::string_view name;  // "programs" for anon
  std::string_view sign;  // that it is drawn with
  int64_t kb = 0;
  double share = 0;  // of all memory
};
// Those that say something, in the order in which they are drawn. REQUIRES: section.ram_kb > 0.
std::vector<MemoryItem> MemoryItems(const MemorySection& section);
// What the request could be given of it, as a section of its own; none where all of it counts.
std::optional<MemorySection> ReachSection(const MemorySection& section);
// "Of the whole machine, 16 GiB: programs 3.1 GiB (19.4 %), free 9.0 GiB (56.3 %)."
std::string MachineMemoryWords(const MemorySection& section);
// Below this share an item is named but not drawn.
constexpr double kDrawnShare = 0.005;
// The plain name of a balance's item.
std::string_view BalanceItemName(std::string_view item);

// "312 x httpd 40.0 GiB"; empty where programs of one name are small.
std::string CommandsWords(const HoldersSection& section);
// "together 361.4 of 378.5 GiB = 95.5 %; 17.1 GiB left for ..."; empty for less than two.
std::string TogetherWords(const HoldersSection& section);
// The number alone where the other size says the unit.
std::string SharedUnit(int64_t kb, int64_t other_kb);

// What is said where there is no incident: that nothing was found, or which lines speak of one but
// could not be read.
std::string NoIncidentWords(const Overview& overview);
// What the incidents are in sum: "23 incidents from 2026-08-31 to 2026-11-22: 1 critical".
// REQUIRES: there is at least one.
std::string OverviewSentence(const Overview& overview);
// How regularly incidents come to a host: "every 5 to 7 days".
std::string RhythmWords(const HostLine& host);

}  // namespace kautopsy
