#include "parsers/kernel/mem_counters.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

using F = Field<MemInfo>;
// Counters carry the kernel's word as key; totals are told by the words behind their number.
constexpr std::array kFields = {
    F("active_anon_pages", &MemInfo::active_anon, "active_anon"),
    F("inactive_anon_pages", &MemInfo::inactive_anon, "inactive_anon"),
    F("isolated_anon_pages", &MemInfo::isolated_anon, "isolated_anon"),
    F("active_file_pages", &MemInfo::active_file, "active_file"),
    F("inactive_file_pages", &MemInfo::inactive_file, "inactive_file"),
    F("isolated_file_pages", &MemInfo::isolated_file, "isolated_file"),
    F("unevictable_pages", &MemInfo::unevictable, "unevictable"),
    F("dirty_pages", &MemInfo::dirty, "dirty"),
    F("writeback_pages", &MemInfo::writeback, "writeback"),
    F("unstable_pages", &MemInfo::unstable, "unstable"),
    F("slab_reclaimable_pages", &MemInfo::slab_reclaimable, "slab_reclaimable"),
    F("slab_unreclaimable_pages", &MemInfo::slab_unreclaimable, "slab_unreclaimable"),
    F("slab_pages", &MemInfo::slab, "slab"),
    F("active_pages", &MemInfo::active, "active"),
    F("inactive_pages", &MemInfo::inactive, "inactive"),
    F("mapped_pages", &MemInfo::mapped, "mapped"),
    F("mapped_file_pages", &MemInfo::mapped_file, "mapped-file"),
    F("mapped_anon_pages", &MemInfo::mapped_anon, "mapped-anon"),
    F("shmem_pages", &MemInfo::shmem, "shmem"),
    F("pagetables_pages", &MemInfo::pagetables, "pagetables"),
    F("sec_pagetables_pages", &MemInfo::sec_pagetables, "sec_pagetables"),
    F("bounce_pages", &MemInfo::bounce, "bounce"),
    F("kernel_misc_reclaimable_pages", &MemInfo::kernel_misc_reclaimable,
      "kernel_misc_reclaimable"),
    F("free_pages", &MemInfo::free, "free"),
    F("free_pcp_pages", &MemInfo::free_pcp, "free_pcp"),
    F("free_cma_pages", &MemInfo::free_cma, "free_cma"),
    F("pagecache_pages", &MemInfo::pagecache),
    F("swap_cache_pages", &MemInfo::swap_cache),
    F("swap_cache_add", &MemInfo::swap_cache_add),
    F("swap_cache_delete", &MemInfo::swap_cache_delete),
    F("swap_cache_find_ok", &MemInfo::swap_cache_find_ok),
    F("swap_cache_find_all", &MemInfo::swap_cache_find_all),
    F("free_swap_kb", &MemInfo::free_swap_kb),
    F("total_swap_kb", &MemInfo::total_swap_kb),
    F("ram_pages", &MemInfo::ram),
    F("highmem_pages", &MemInfo::highmem),
    F("reserved_pages", &MemInfo::reserved),
    F("shared_pages", &MemInfo::shared),
    F("nonshared_pages", &MemInfo::non_shared),
    F("cma_reserved_pages", &MemInfo::cma_reserved),
    F("hwpoisoned_pages", &MemInfo::hwpoisoned)};

struct TotalWords {
  std::string_view words;             // what follows the number
  Integer MemInfo::*field = nullptr;  // none: printed by some versions, not kept
  bool repeats = false;               // the counters at the head of the block may have said it
};

// lib/show_mem.c and mm/page_alloc.c, show_free_areas(). "pages of RAM" and those marked with
// `repeats` are from show_mem() of arch/i386/mm/pgtable.c and arch/x86_64/mm/init.c until 2.6.27.
constexpr std::array<TotalWords, 26> kTotals = {{{" total pagecache pages", &MemInfo::pagecache},
                                                 {" pagecache pages", &MemInfo::pagecache},  // EL5
                                                 {" pages in swap cache", &MemInfo::swap_cache},
                                                 {" pages swap cached", &MemInfo::swap_cache, true},
                                                 {" pages RAM", &MemInfo::ram},
                                                 {" pages of RAM", &MemInfo::ram},
                                                 {" pages HighMem/MovableOnly", &MemInfo::highmem},
                                                 {" pages HighMem", &MemInfo::highmem},
                                                 {" pages of HIGHMEM", &MemInfo::highmem},
                                                 {" pages reserved", &MemInfo::reserved},
                                                 {" reserved pages", &MemInfo::reserved},
                                                 {" pages shared", &MemInfo::shared},
                                                 {" pages non-shared", &MemInfo::non_shared},
                                                 {" pages cma reserved", &MemInfo::cma_reserved},
                                                 {" pages hwpoisoned", &MemInfo::hwpoisoned},
                                                 {" pages dirty", &MemInfo::dirty, true},
                                                 {" pages writeback", &MemInfo::writeback, true},
                                                 {" pages mapped", &MemInfo::mapped, true},
                                                 {" pages slab", &MemInfo::slab, true},
                                                 {" pages pagetables", &MemInfo::pagetables, true},
                                                 {" pages in pagetable cache"},
                                                 {" pages in page table cache"},
                                                 {" pages of slabcache", &MemInfo::slab},  // EL3
                                                 {" pages of kernel stacks"},
                                                 {" slab pages"},  // arch/arm/mm/init.c
                                                 {" free pages"}}};

bool IsKeyByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '(' ||
         c == ')';
}

// "active_anon:123": takes one counter. False if none whole stands there.
bool ConsumeCounter(std::string_view& text, std::string_view& key, int64_t& value) {
  std::size_t length = 0;
  while (length < text.size() && IsKeyByte(text[length])) ++length;
  if (length == 0 || length == text.size() || text[length] != ':') return false;
  std::string_view rest = text.substr(length + 1);
  const Integer number = ConsumeInteger(rest);
  if (!number || (!rest.empty() && rest[0] != ' ')) return false;
  key = text.substr(0, length);
  value = *number;
  text = rest;
  return true;
}

// "Active:" until 2.6.27 and "Active_anon:" until 2.6.31 begin with a capital.
bool Set(MemInfo& counters, std::string_view key, int64_t value, std::size_t& hint) {
  if (key[0] != 'A') return SetByKey<MemInfo>(counters, kFields, key, value, hint);
  std::string lower(key);
  lower[0] = 'a';
  return SetByKey<MemInfo>(counters, kFields, lower, value, hint);
}

std::optional<MemTotal> ParseNumbered(std::string_view text) {
  const Integer number = ConsumeInteger(text);
  if (!number) return std::nullopt;
  for (const TotalWords& total : kTotals) {
    if (text != total.words) continue;
    MemTotal read;
    if (total.field != nullptr) read.known.*total.field = number;
    read.repeats = total.repeats;
    return read;
  }
  return std::nullopt;
}

// "Swap cache stats: add 1, delete 2, find 3/4", until 2.6.24 "Swap cache: ..., race 0+0"
// (mm/swap_state.c, show_swap_cache_info()).
std::optional<MemTotal> ParseSwapCache(std::string_view text) {
  static const LogPattern kPattern(
      R"(Swap cache(?: stats)?: add (\d+), delete (\d+), find (\d+)/(\d+)(?:, race \d+\+\d+)?)");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [added, deleted, found, looked_up] = *groups;
  MemTotal read;
  read.known.swap_cache_add = ParseInteger(added);
  read.known.swap_cache_delete = ParseInteger(deleted);
  read.known.swap_cache_find_ok = ParseInteger(found);
  read.known.swap_cache_find_all = ParseInteger(looked_up);
  return read;
}

// "Free swap  = 12kB", "Total swap = 34kB"; "Free swap:       12kB" once more on x86 until 2.6.27.
std::optional<MemTotal> ParseSwap(std::string_view text) {
  MemTotal read;
  const bool free = ConsumePrefix(text, "Free swap");
  if (!free && !ConsumePrefix(text, "Total swap")) return std::nullopt;
  text = TrimBlanks(text);
  read.repeats = ConsumePrefix(text, ":");
  if (!read.repeats && !ConsumePrefix(text, "=")) return std::nullopt;
  text = TrimBlanks(text);
  const Integer size = ConsumeInteger(text);
  if (!size || text != "kB") return std::nullopt;
  read.known.*(free ? &MemInfo::free_swap_kb : &MemInfo::total_swap_kb) = size;
  return read;
}

// "Free pages:       16012kB (0kB HighMem)" stands above the counters until 2.6.24, whose "free:"
// says the same in pages; EL3's kernel 2.4 prints pages here, too.
bool IsFreePages(std::string_view text) {
  static const LogPattern kPattern(R"(Free pages: +\d+(?:kB)? \( *\d+(?:kB)? HighMem\))");
  return text.starts_with("Free pages:") && Matches(text, kPattern);
}

}  // namespace

std::span<const Field<MemInfo>> MemInfo::Fields() { return kFields; }

bool MemInfo::Overlaps(const MemInfo& other) const {
  return std::any_of(kFields.begin(), kFields.end(),
                     [&](const F& field) { return this->*field.integer && other.*field.integer; });
}

bool MemInfo::Contradicts(const MemInfo& other) const {
  return std::any_of(kFields.begin(), kFields.end(), [&](const F& field) {
    const Integer& mine = this->*field.integer;
    const Integer& theirs = other.*field.integer;
    return mine && theirs && mine != theirs;
  });
}

void MemInfo::Merge(const MemInfo& other) {
  for (const F& field : kFields) {
    if (!(this->*field.integer)) this->*field.integer = other.*field.integer;
  }
}

std::span<const Field<MemInfoExtra>> MemInfoExtra::Fields() {
  using E = Field<MemInfoExtra>;
  static constexpr std::array fields = {
      E("node", &MemInfoExtra::node), E("zone", &MemInfoExtra::zone),
      E("name", &MemInfoExtra::name), E("value", &MemInfoExtra::value),
      E("unit", &MemInfoExtra::unit), E("log_line", &MemInfoExtra::log_line)};
  return fields;
}

std::optional<MemCounters> ParseMemCounters(std::string_view text) {
  MemCounters read;
  std::string_view key;
  int64_t value = 0;
  std::size_t hint = 0;
  bool first = true;
  for (text = TrimBlanks(text); ConsumeCounter(text, key, value); text = TrimBlanks(text)) {
    const bool known = Set(read.known, key, value, hint);
    if (first && !known) return std::nullopt;
    first = false;
    if (known) continue;
    MemInfoExtra extra;
    extra.name = std::string(key);
    extra.value = value;
    read.extra.push_back(std::move(extra));
  }
  if (first) return std::nullopt;
  return read;
}

std::optional<MemTotal> ParseMemTotal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] >= '0' && text[0] <= '9') return ParseNumbered(text);
  if (text[0] == 'S') return ParseSwapCache(text);
  if (text[0] != 'F' && text[0] != 'T') return std::nullopt;
  if (IsFreePages(text)) return MemTotal{};
  return ParseSwap(text);
}

}  // namespace kautopsy
