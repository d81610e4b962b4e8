// /proc/slabinfo as people paste it, or as a file (mm/slab_common.c, slab_show(); mm/slab.c
// before): one line per cache, below a line that names the columns.
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/slab_cache.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxCaches = 65536;  // a cache per memory cgroup occurs
// The file gives no sizes; 4 KiB is the page of x86 and of most others.
constexpr int64_t kAssumedPageKb = 4;
// Beyond any machine: figures above are damage, and could not be multiplied.
constexpr int64_t kMaxSlabs = 1LL << 40;
constexpr int64_t kMaxSlabPages = 1LL << 16;

// "dentry 123 140 192 21 1 : tunables 0 0 0 : slabdata 7 7 0": its sizes are active and all slabs
// of so many pages.
std::optional<SlabCache> ParseCache(std::string_view text) {
  static const LogPattern kPattern(
      R"re((\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +: tunables +\d+ +\d+ +\d+ )re"
      R"re(+: slabdata +(\d+) +(\d+) +\d+.*)re");
  const auto groups = MatchAll<8>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [name, active_objs, num_objs, size, per_slab, pages, active_slabs, slabs] = *groups;
  SlabCache cache;
  cache.name = std::string(name);
  cache.active_objs = ParseInteger(active_objs);
  cache.num_objs = ParseInteger(num_objs);
  cache.object_size = ParseInteger(size);
  const int64_t slab_pages = ParseInteger(pages).value_or(0);
  if (slab_pages < 0 || slab_pages > kMaxSlabPages) return cache;
  const auto size_of = [slab_pages](std::string_view count) -> Integer {
    const Integer slab_count = ParseInteger(count);
    if (!slab_count || *slab_count < 0 || *slab_count > kMaxSlabs) return std::nullopt;
    return *slab_count * slab_pages * kAssumedPageKb;
  };
  cache.used_kb = size_of(active_slabs);
  cache.total_kb = size_of(slabs);
  return cache;
}

bool IsHead(std::string_view text) { return text.starts_with("slabinfo - version: "); }
bool IsColumns(std::string_view text) {
  return text.starts_with("# name ") && text.find("<active_objs>") != std::string_view::npos;
}

class SlabinfoBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (IsHead(line.text)) return Once(head_, !columns_ && caches_.empty());
    if (IsColumns(line.text)) return Once(columns_, caches_.empty());
    std::optional<SlabCache> cache = ParseCache(line.text);
    if (!cache || line.cut || caches_.size() >= kMaxCaches) return Claim::kNone;
    cache->log_line = static_cast<int64_t>(line.place.line);
    caches_.push_back(*std::move(cache));
    return Claim::kTaken;
  }

  void Finish(EventRecord& event) override {
    event.title = "/proc/slabinfo";
    event.page_size_kb = kAssumedPageKb;
    event.page_size_from = "assumed";
    Damage damage;
    damage.AddIf(!columns_, "no line that names the columns");
    damage.AddIf(caches_.empty(), "no caches");
    damage.StoreIn(event);
    AddRows(event, std::move(caches_));
  }

 private:
  static Claim Once(bool& seen, bool in_place) {
    if (seen || !in_place) return Claim::kConflict;
    seen = true;
    return Claim::kTaken;
  }

  bool head_ = false;
  bool columns_ = false;
  std::vector<SlabCache> caches_;
};

bool StartsSlabinfo(const LogLine& line) { return IsHead(line.text) || IsColumns(line.text); }

}  // namespace

RecordKind SlabinfoKind() {
  return {.name = "slabinfo",
          .openers = {{"slabinfo - version: ", StartsSlabinfo, true},
                      {" <active_objs> ", StartsSlabinfo, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<SlabinfoBlock>()); }};
}

}  // namespace kautopsy
