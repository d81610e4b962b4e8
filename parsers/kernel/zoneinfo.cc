// /proc/zoneinfo as people paste it, or as a file (mm/vmstat.c, zoneinfo_show_print()): per zone
// the marks, reserves and counters, all in pages, and per node its counters in front of its first
// zone.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/mem_counters.h"
#include "parsers/kernel/node_line.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/zones.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxZones = 4096;  // 1024 nodes (CONFIG_NODES_SHIFT) of 4 zones
constexpr std::size_t kMaxExtra = 262144;
// The file gives no sizes; 4 KiB is the page of x86 and of most others.
constexpr int64_t kAssumedPageKb = 4;

using Z = Field<Zone>;
constexpr std::array kZoneFields = {
    Z("free_kb", &Zone::free_kb, "free"),
    Z("boost_kb", &Zone::boost_kb, "boost"),
    Z("min_kb", &Zone::min_kb, "min"),
    Z("low_kb", &Zone::low_kb, "low"),
    Z("high_kb", &Zone::high_kb, "high"),
    Z("present_kb", &Zone::present_kb, "present"),
    Z("managed_kb", &Zone::managed_kb, "managed"),
    Z("inactive_anon_kb", &Zone::inactive_anon_kb, "nr_zone_inactive_anon"),
    Z("active_anon_kb", &Zone::active_anon_kb, "nr_zone_active_anon"),
    Z("inactive_file_kb", &Zone::inactive_file_kb, "nr_zone_inactive_file"),
    Z("active_file_kb", &Zone::active_file_kb, "nr_zone_active_file"),
    Z("unevictable_kb", &Zone::unevictable_kb, "nr_zone_unevictable"),
    Z("writepending_kb", &Zone::writepending_kb, "nr_zone_write_pending"),
    Z("inactive_anon_kb", &Zone::inactive_anon_kb, "nr_inactive_anon"),  // in zones until 4.7
    Z("active_anon_kb", &Zone::active_anon_kb, "nr_active_anon"),
    Z("inactive_file_kb", &Zone::inactive_file_kb, "nr_inactive_file"),
    Z("active_file_kb", &Zone::active_file_kb, "nr_active_file"),
    Z("unevictable_kb", &Zone::unevictable_kb, "nr_unevictable"),
    Z("isolated_anon_kb", &Zone::isolated_anon_kb, "nr_isolated_anon"),
    Z("isolated_file_kb", &Zone::isolated_file_kb, "nr_isolated_file"),
    Z("dirty_kb", &Zone::dirty_kb, "nr_dirty"),
    Z("writeback_kb", &Zone::writeback_kb, "nr_writeback"),
    Z("mapped_kb", &Zone::mapped_kb, "nr_mapped"),
    Z("shmem_kb", &Zone::shmem_kb, "nr_shmem"),
    Z("slab_reclaimable_kb", &Zone::slab_reclaimable_kb, "nr_slab_reclaimable"),
    Z("slab_unreclaimable_kb", &Zone::slab_unreclaimable_kb, "nr_slab_unreclaimable"),
    Z("pagetables_kb", &Zone::pagetables_kb, "nr_page_table_pages"),
    Z("unstable_kb", &Zone::unstable_kb, "nr_unstable"),
    Z("mlocked_kb", &Zone::mlocked_kb, "nr_mlock"),
    Z("bounce_kb", &Zone::bounce_kb, "nr_bounce"),
    Z("zspages_kb", &Zone::zspages_kb, "nr_zspages"),
    Z("free_cma_kb", &Zone::free_cma_kb, "nr_free_cma"),
    Z("reserved_highatomic_kb", &Zone::reserved_highatomic_kb, "reserved_highatomic"),
    Z("free_highatomic_kb", &Zone::free_highatomic_kb, "free_highatomic")};

using N = Field<NodeLine>;
constexpr std::array kNodeFields = {
    N("inactive_anon_kb", &NodeLine::inactive_anon_kb, "nr_inactive_anon"),
    N("active_anon_kb", &NodeLine::active_anon_kb, "nr_active_anon"),
    N("inactive_file_kb", &NodeLine::inactive_file_kb, "nr_inactive_file"),
    N("active_file_kb", &NodeLine::active_file_kb, "nr_active_file"),
    N("unevictable_kb", &NodeLine::unevictable_kb, "nr_unevictable"),
    N("isolated_anon_kb", &NodeLine::isolated_anon_kb, "nr_isolated_anon"),
    N("isolated_file_kb", &NodeLine::isolated_file_kb, "nr_isolated_file"),
    N("mapped_kb", &NodeLine::mapped_kb, "nr_mapped"),
    N("dirty_kb", &NodeLine::dirty_kb, "nr_dirty"),
    N("writeback_kb", &NodeLine::writeback_kb, "nr_writeback"),
    N("writeback_tmp_kb", &NodeLine::writeback_tmp_kb, "nr_writeback_temp"),
    N("shmem_kb", &NodeLine::shmem_kb, "nr_shmem"),
    N("unstable_kb", &NodeLine::unstable_kb, "nr_unstable"),
    N("pagetables_kb", &NodeLine::pagetables_kb, "nr_page_table_pages"),
    N("sec_pagetables_kb", &NodeLine::sec_pagetables_kb, "nr_sec_page_table_pages")};

// What only a zone's own part has; until the first of them the counters are the node's.
constexpr std::array<std::string_view, 12> kZoneWords = {
    "pages free", "boost",   "min", "low",        "high",          "promo",
    "spanned",    "present", "cma", "protection", "nr_free_pages", "managed"};

// "Node 0, zone    DMA32" and nothing behind it: counts, which a cut takes away, would make it
// /proc/buddyinfo's.
std::optional<Zone> ParseZoneHead(const LogLine& line) {
  std::string_view text = line.text;
  if (line.cut || !ConsumePrefix(text, "Node ")) return std::nullopt;
  Zone zone;
  zone.node = ConsumeInteger(text);
  if (!zone.node || !ConsumePrefix(text, ", zone ")) return std::nullopt;
  text = TrimBlanks(text);
  const std::string_view name = ConsumeZoneName(text);
  if (name.empty() || !text.empty()) return std::nullopt;
  zone.zone = std::string(name);
  return zone;
}

// "nr_free_pages 863", "count: 7", "pages free     863".
bool SplitCounter(std::string_view text, std::string_view& name, Integer& value) {
  std::size_t begin = text.size();
  while (begin > 0 && text[begin - 1] != ' ') --begin;
  if (begin == 0) return false;
  value = ParseInteger(text.substr(begin));
  name = TrimBlanks(text.substr(0, begin));
  if (name.ends_with(':')) name.remove_suffix(1);
  const bool word = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' ' || c == ':';
  });
  return value && word && !name.empty() && name[0] >= 'a' && name[0] <= 'z';
}

// "protection: (0, 305, 305)" as the JSON array that lowmem_reserve[] gives.
Text ParseProtection(std::string_view text) {
  if (!ConsumePrefix(text, "protection: (") || !text.ends_with(')')) return std::nullopt;
  text.remove_suffix(1);
  std::string json = "[";
  for (;;) {
    const Integer pages = ConsumeInteger(text);
    if (!pages) return std::nullopt;
    if (json.size() > 1) json += ',';
    json += std::to_string(*pages);
    if (text.empty()) return json + "]";
    if (!ConsumePrefix(text, ", ")) return std::nullopt;
  }
}

template <class Row>
Integer Row::*FindField(std::span<const Field<Row>> fields, std::string_view key) {
  for (const Field<Row>& field : fields) {
    if (field.key == key) return field.integer;
  }
  return nullptr;
}

class ZoneinfoBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (std::optional<Zone> head = ParseZoneHead(line)) return OfferHead(*std::move(head), line);
    // The lines of a zone are indented; /proc/vmstat has counters of the same names, at the margin.
    if (zones_.empty() || line.text.empty() || line.indent() <= indent_) return Claim::kNone;
    in_pageset_ = in_pageset_ || line.text == "pagesets";
    if (line.text == "per-node stats" || line.text == "pagesets") return Claim::kTaken;
    if (line.text.starts_with("protection:")) return OfferProtection(line);
    std::string_view name;
    Integer value;
    if (!SplitCounter(line.text, name, value)) return Claim::kNone;
    const auto is_name = [&](std::string_view word) { return name == word; };
    in_zone_ = in_zone_ || std::any_of(kZoneWords.begin(), kZoneWords.end(), is_name);
    return in_zone_ ? OfferZoneCounter(name, *value, line) : OfferNodeCounter(name, *value, line);
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/zoneinfo";
    event.page_size_kb = kAssumedPageKb;
    event.page_size_from = "assumed";
    // A sum of which some CPUs may be missing says nothing.
    for (Zone& zone : zones_) {
      if (!ended_.contains({zone.node, zone.zone})) zone.pcp_pages.reset();
    }
    Damage damage;
    const auto lacks_part = [this](const Zone& zone) {
      const bool ends = zone.present_kb == 0 || ended_.contains({zone.node, zone.zone});
      return !zone.free_kb || !zone.high_kb || !zone.lowmem_reserve_pages || !ends;
    };
    damage.AddIf(std::any_of(zones_.begin(), zones_.end(), lacks_part),
                 "lines of a zone are missing");
    damage.StoreIn(event);
    AddRows(event, std::move(extra_));
    AddRows(event, std::move(nodes_));
    AddRows(event, std::move(zones_));
  }

 private:
  Claim OfferHead(Zone&& head, const LogLine& line) {
    const bool known = std::any_of(zones_.begin(), zones_.end(), [&](const Zone& other) {
      return other.node == head.node && other.zone == head.zone;
    });
    if (known || zones_.size() >= kMaxZones) return Claim::kConflict;
    indent_ = line.indent();
    head.log_line = static_cast<int64_t>(line.place.line);
    zones_.push_back(std::move(head));
    in_zone_ = false;
    in_pageset_ = false;
    return Claim::kTaken;
  }

  Claim OfferProtection(const LogLine& line) {
    Text reserve = ParseProtection(line.text);
    if (!reserve) return Claim::kNone;
    in_zone_ = true;
    if (zones_.back().lowmem_reserve_pages && zones_.back().lowmem_reserve_pages != reserve)
      return Claim::kConflict;
    zones_.back().lowmem_reserve_pages = std::move(reserve);
    return Claim::kTaken;
  }

  // A value that the row has already, and that differs, begins another file.
  static Claim Set(Integer& field, int64_t value) {
    if (field && *field != value) return Claim::kConflict;
    field = value;
    return Claim::kTaken;
  }

  static Claim SetPages(Integer& field, int64_t pages) {
    if (pages < 0 || pages > kMaxPages) return Claim::kTaken;  // a race below zero: says nothing
    return Set(field, pages * kAssumedPageKb);
  }

  Claim OfferZoneCounter(std::string_view name, int64_t value, const LogLine& line) {
    Zone& zone = zones_.back();
    if (name == "cpu" || name.starts_with("cpu:")) {
      in_pageset_ = true;
      return Claim::kTaken;
    }
    if (in_pageset_ && name == "count") {
      if (value >= 0 && value <= kMaxPages) zone.pcp_pages = zone.pcp_pages.value_or(0) + value;
      return Claim::kTaken;
    }
    if (in_pageset_ && (name == "high" || name == "low" || name == "batch" || name == "high_min" ||
                        name == "high_max" || name == "vm stats threshold"))
      return Claim::kTaken;
    if (name == "node_unreclaimable" || name == "all_unreclaimable")
      return Set(zone.all_unreclaimable, value);
    if (name == "scanned") return Set(zone.pages_scanned, value);
    if (name == "pages free") name = "free";
    if (Integer Zone::*field = FindField<Zone>(kZoneFields, name))
      return SetPages(zone.*field, value);
    return OfferExtra(name, value, zone.zone, line);
  }

  Claim OfferNodeCounter(std::string_view name, int64_t value, const LogLine& line) {
    if (nodes_.empty() || nodes_.back().node != zones_.back().node) {
      NodeLine node;
      node.node = zones_.back().node;
      node.log_line = zones_.back().log_line;
      nodes_.push_back(node);
    }
    if (Integer NodeLine::*field = FindField<NodeLine>(kNodeFields, name))
      return SetPages(nodes_.back().*field, value);
    return OfferExtra(name, value, std::nullopt, line);
  }

  Claim OfferExtra(std::string_view name, int64_t value, const Text& zone, const LogLine& line) {
    if (extra_.size() >= kMaxExtra) return Claim::kConflict;
    if (name.find(':') < name.size()) return Claim::kNone;  // no counter is named so
    if (zone && name == "start_pfn") ended_.emplace(zones_.back().node, zone);
    MemInfoExtra row;
    row.node = zones_.back().node;
    row.zone = zone;
    row.name = std::string(name);
    row.value = value;
    row.log_line = static_cast<int64_t>(line.place.line);
    extra_.push_back(std::move(row));
    return Claim::kTaken;
  }

  std::vector<Zone> zones_;
  std::vector<NodeLine> nodes_;
  std::vector<MemInfoExtra> extra_;
  // Zones whose last line, "start_pfn:", was seen. One without pages has none (since 4.13).
  std::set<std::pair<Integer, Text>> ended_;
  std::size_t indent_ = 0;   // of the latest zone's first line
  bool in_zone_ = false;     // behind the node's counters
  bool in_pageset_ = false;  // behind "cpu: 0"
};

bool IsZoneHead(const LogLine& line) { return ParseZoneHead(line).has_value(); }

}  // namespace

RecordKind ZoneinfoKind() {
  return {.name = "zoneinfo", .openers = {{", zone ", IsZoneHead, true}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<ZoneinfoBlock>());
          }};
}

}  // namespace kautopsy
