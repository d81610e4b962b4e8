#include "parsers/kernel/mem_info_2_4.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/match.h"

namespace kautopsy {

std::optional<Zone24> ParseZone24(std::string_view text) {
  if (!text.starts_with("Zone:")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(Zone:(DMA|Normal|HighMem) freepages: *(\d+)([kK]B)? min: *(\d+)(?:[kK]B)?)re"
      R"re( low: *(\d+)(?:[kK]B)? high: *(\d+)([kK]B)?)re");
  const auto groups = MatchAll<7>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [name, free, unit, min, low, high, last_unit] = *groups;
  if (unit.empty() != last_unit.empty()) return std::nullopt;  // the line is cut
  Zone24 read;
  read.zone.zone = std::string(name);
  read.zone.free_kb = ParseInteger(free);
  read.zone.min_kb = ParseInteger(min);
  read.zone.low_kb = ParseInteger(low);
  read.zone.high_kb = ParseInteger(high);
  read.in_pages = unit.empty();
  return read;
}

std::optional<MemCounters> ParseMemCounters24(std::string_view text) {
  if (!text.starts_with("( Active: ")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(\( Active: (\d+)(?:/(\d+))?(?:, inactive: (\d+))?(?:, inactive_dirty: (\d+))?)re"
      R"re((?:, inactive_laundry: (\d+))?(?:, inactive_clean: (\d+))?, free: (\d+) .*\))re");
  const auto groups = MatchAll<7>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [active, behind_active, inactive, dirty, laundry, clean, free] = *groups;
  MemCounters read;
  read.known.active = ParseInteger(active);
  read.known.inactive = ParseInteger(inactive);
  read.known.free = ParseInteger(free);
  const std::pair<std::string_view, std::string_view> extras[] = {
      {"inactive_dirty", behind_active.empty() ? dirty : behind_active},
      {"inactive_laundry", laundry},
      {"inactive_clean", clean}};
  for (const auto& [name, value] : extras) {
    if (value.empty()) continue;
    MemInfoExtra extra;
    extra.name = std::string(name);
    extra.value = ParseInteger(value);
    read.extra.push_back(std::move(extra));
  }
  return read;
}

std::optional<FreeList> ParseFreeList24(std::string_view text) {
  if (!text.ends_with("kB)")) return std::nullopt;
  FreeList list;
  if (text == "= 0kB)") {
    list.empty = true;
    return list;
  }
  // As the lists that later kernels print behind the zone's name.
  const std::string named = "DMA: " + std::string(text.substr(0, text.size() - 1));
  if (!ParseFreeList(named, list) || !list.total_kb) return std::nullopt;
  list.zone.clear();
  return list;
}

bool IsMemDetail24(std::string_view text) {
  static const LogPattern kPattern(
      R"re(aa:\d+ ac:\d+ id:\d+ il:\d+ ic:\d+ fr:\d+|\d+ lowmem pagetables, \d+ highmem pagetables|)re"
      R"re(\d+ bounce buffer pages, \d+ are on the emergency list|\[\w+ zone locked\])re");
  return Matches(text, kPattern);
}

Claim MemInfoSection::OfferZone24(const LogLine& line) {
  std::optional<Zone24> read = ParseZone24(line.text);
  if (!read || line.cut) return Claim::kNone;
  if (FindZone({}, *read->zone.zone) != nullptr) return Claim::kConflict;
  read->zone.log_line = static_cast<int64_t>(line.place.line);
  zones_.push_back(std::move(read->zone));
  is_2_4_ = true;
  in_pages_ = read->in_pages;
  return Claim::kTaken;
}

Claim MemInfoSection::OfferUnnamedList(FreeList list, int64_t log_line) {
  constexpr std::size_t kZones = 3;  // MAX_NR_ZONES of 2.4, include/linux/mmzone.h
  if (unnamed_.size() + empty_lists_ >= kZones) return Claim::kConflict;
  if (list.empty) {
    ++empty_lists_;
    return Claim::kTaken;
  }
  unnamed_total_.push_back(*list.total_kb);
  unnamed_.push_back(ToRow(list, log_line));
  return Claim::kTaken;
}

Claim MemInfoSection::Offer24(const LogLine& line) {
  const std::string_view text = line.text;
  if (text[0] == 'Z') return OfferZone24(line);
  if (!seen_) return Claim::kNone;  // what follows is told from others by what stands above it
  if (std::optional<FreeList> list = ParseFreeList24(text))
    return OfferUnnamedList(*std::move(list), static_cast<int64_t>(line.place.line));
  if (is_2_4_ && IsMemDetail24(text)) return Claim::kTaken;
  std::optional<MemCounters> read = ParseMemCounters24(text);
  if (!read) return Claim::kNone;
  if (counters_.Overlaps(read->known)) return Claim::kConflict;
  counters_.Merge(read->known);
  KeepExtra(std::move(read->extra), static_cast<int64_t>(line.place.line));
  return Claim::kTaken;
}

// A size in pages is none in KiB as long as the page's is not known.
void MemInfoSection::ConvertPages(const Integer& page_size_kb) {
  if (!in_pages_) return;
  for (Zone& zone : zones_) {
    for (Integer Zone::*const size :
         {&Zone::free_kb, &Zone::min_kb, &Zone::low_kb, &Zone::high_kb}) {
      const bool sane = page_size_kb && zone.*size && *(zone.*size) <= kMaxPages;
      zone.*size = sane ? Integer(*(zone.*size) * *page_size_kb) : Integer();
    }
  }
  in_pages_ = false;
}

// A list is of the only zone that has as much free as it adds up to. Of others no zone is known.
void MemInfoSection::NameLists() {
  for (std::size_t i = 0; i < unnamed_.size(); ++i) {
    const auto fits = [&](const Zone& zone) { return zone.free_kb == unnamed_total_[i]; };
    const auto first = std::find_if(zones_.begin(), zones_.end(), fits);
    if (first == zones_.end() || std::find_if(first + 1, zones_.end(), fits) != zones_.end())
      continue;
    first->free_list_kb = unnamed_total_[i];
    unnamed_[i].zone = first->zone;
    list_rows_.push_back(std::move(unnamed_[i]));
  }
}

void MemInfoSection::NoteMissingZones24(Damage& damage) const {
  constexpr std::size_t kZones = 3;
  // A zone without memory has no marks, and EL3 prints no list of it. Nor has EL3's DMA zone any.
  const auto with_memory = std::count_if(zones_.begin(), zones_.end(), [](const Zone& zone) {
    return zone.high_kb.value_or(0) > 0 || zone.free_kb.value_or(0) > 0;
  });
  damage.AddIf(zones_.size() != kZones, "zone lines are missing");
  damage.AddIf(unnamed_.size() != static_cast<std::size_t>(with_memory),
               "not as many free lists as zones");
}

}  // namespace kautopsy
