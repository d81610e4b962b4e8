#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "reports/diagnosis/alloc_profile.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/holder.h"
#include "reports/diagnosis/rules/slab_owner.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct Words {
  std::string_view cause;
  std::string_view words;
  std::string_view needle;
};

Words WordsOf(HolderKind kind) {
  switch (kind) {
    case HolderKind::kSlab:
      return {"slab_leak", "kernel objects [slab]", "slab_unreclaimable:"};
    case HolderKind::kShmem:
      return {"shmem", "shared memory and tmpfs [shmem]", "shmem:"};
    case HolderKind::kLocked:
      return {"mlocked", "locked memory [unevictable]", "unevictable:"};
    case HolderKind::kUndroppable:
      return {"mlocked", "file pages that cannot be dropped [ramfs]", "unevictable:"};
    case HolderKind::kHugePages:
      return {"hugepages", "the pool of huge pages [hugetlb]", "hugepages_total="};
    case HolderKind::kPageTables:
      return {"pagetables", "page tables", "pagetables:"};
    case HolderKind::kUnaccounted:
      return {"unaccounted", "memory that the report does not itemise", "free:"};
  }
  return {};
}

Advice NameCache() {
  return {"slabtop -o -s c", "names the cache; one that only grows is a leak of the kernel", "",
          "grep SUnreclaim /proc/meminfo, once an hour"};
}

// mm/slub.c, alloc_traces of debugfs.
Advice TraceCache(const std::string& name) {
  return {fmt::format("slub_debug=U,{} at boot, then /sys/kernel/debug/slab/{}/alloc_traces", name,
                      name),
          "names who holds the objects; a cache that only grows is a leak of the kernel",
          "slower, and more memory while it is on", "grep SUnreclaim /proc/meminfo, once an hour"};
}

// Caches in which the kernel keeps books of its own objects for whoever debugs it, and what turns
// that off (Documentation/dev-tools/kmemleak.rst; lib/debugobjects.c).
struct DebugCache {
  std::string_view name;
  std::string_view off;  // at boot
  std::string_view keeps;
};
constexpr auto kDebugCaches = std::to_array<DebugCache>(
    {{"kmemleak_object", "kmemleak=off", "one record for each live allocation of the kernel"},
     {"kmemleak_scan_area", "kmemleak=off", "where to search allocations for pointers"},
     {"debug_objects_cache", "no_debug_objects", "one record for each timer, work and the like"}});

const DebugCache* FindDebugCache(const EventFacts& event) {
  if (event.slabs.empty()) return nullptr;
  const auto* found =
      std::find_if(kDebugCaches.begin(), kDebugCaches.end(),
                   [&](const DebugCache& cache) { return cache.name == event.slabs.front().name; });
  return found == kDebugCaches.end() ? nullptr : found;
}

// Documentation/dev-tools/kmemleak.rst, "Usage".
Advice ScanForLeaks() {
  return {"echo scan > /sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak",
          "names what was allocated and is referred to by nothing any more", "",
          "no new entries after a second scan"};
}

Advice TurnOff(const DebugCache& cache) {
  return {fmt::format("{} at boot", cache.off),
          fmt::format("{} is debugging of the kernel itself: {}. It grows with what it keeps "
                      "books of, so that is what leaks, if anything does",
                      cache.name, cache.keeps),
          "that kind of fault is not reported any more", "grep SUnreclaim /proc/meminfo"};
}

void DescribeSlab(const EventFacts& event, Finding& finding) {
  const std::string caches = LargestCaches(event);
  finding.explanation += " Killing programs gives none of it back.";
  if (!caches.empty()) finding.explanation += " The largest caches: " + caches + ".";
  const DebugCache* const debug = FindDebugCache(event);
  // While it is there, the detector can tell whether anything leaks.
  if (debug && debug->name.starts_with("kmemleak")) finding.advice.push_back(ScanForLeaks());
  finding.advice.push_back(caches.empty() ? NameCache()
                           : debug        ? TurnOff(*debug)
                                          : TraceCache(event.slabs.front().name));
}

void DescribeShmem(Finding& finding) {
  finding.explanation +=
      " Files of tmpfs and shared segments belong to no program, so killing programs does not free "
      "them; only swap takes them.";
  finding.advice.push_back({"df -t tmpfs; ipcs -m", "shows which mount or segment it is",
                            "removing one in use breaks its program", "grep Shmem: /proc/meminfo"});
}

void DescribeLocked(const EventFacts& event, Finding& finding) {
  finding.explanation += " It can be neither dropped nor swapped out.";
  if (!event.tasks.guests.empty())
    finding.explanation += " Devices passed through to guests [VFIO] pin their whole memory.";
  finding.advice.push_back(
      {"grep VmLck /proc/*/status | sort -k2 -n | tail",
       "names the programs that lock memory; what only VFIO pins is not in there", "",
       "grep Unevictable /proc/meminfo"});
}

// fs/ramfs/inode.c, ramfs_get_inode(): mapping_set_unevictable().
void DescribeUndroppable(Finding& finding) {
  finding.explanation +=
      " They are in the page cache, locked by no program: files of a ramfs, which has no disk "
      "behind it. Killing programs gives none of it back, and swap cannot take it.";
  finding.advice.push_back({"grep -E ' (ramfs|rootfs) ' /proc/mounts, then du -xsh there",
                            "names the files; a tmpfs in its place could be swapped out",
                            "removing one in use breaks its program",
                            "grep Unevictable /proc/meminfo"});
}

void DescribeHugePages(const EventFacts& event, Finding& finding) {
  const HugePoolSize pool = HugePool(event);
  finding.explanation += fmt::format(
      " {} of it were in use, {} idle: other programs cannot have it, and killing programs does "
      "not "
      "shrink it.",
      SizeText(pool.total_kb - pool.idle_kb), SizeText(pool.idle_kb));
  int64_t used = 0;
  int64_t total = 0;
  int64_t size_kb = 0;
  for (const HugePageFacts& pages : event.huge_pages) {
    if (size_kb == 0) size_kb = pages.size_kb.value_or(0);
    if (pages.size_kb != size_kb) continue;
    total += pages.total.value_or(0);
    used += pages.total.value_or(0) - pages.free.value_or(0);
  }
  if (pool.idle_kb == 0 || event.huge_pages.empty()) return;
  finding.advice.push_back(
      {fmt::format("vm.nr_hugepages={} for pages of {} (now {})", used, PieceSize(size_kb), total),
       "as many as were in use", "a program that starts later finds none",
       "grep HugePages_ /proc/meminfo"});
}

void DescribePageTables(const EventFacts& event, Finding& finding) {
  const int64_t kvm_kb = event.mem ? event.mem->sec_pagetables_pages.value_or(0) * event.page_kb()
                                   : event.ValueKb("SecPageTables").value_or(0);
  finding.explanation +=
      " Each program that maps shared memory in small pages has tables of its own for it.";
  if (kvm_kb > 0) finding.explanation += fmt::format(" {} are of guests [KVM].", SizeText(kvm_kb));
  finding.advice.push_back({"huge pages for what many programs map (a database's shared memory)",
                            "one entry then stands for 512 [x86: 2 MiB instead of 4 KiB]",
                            "that memory is set aside from the start",
                            "grep PageTables /proc/meminfo"});
}

int64_t BalloonKb(const EventFacts& event) {
  int64_t kb = 0;
  for (const NodeFacts& node : event.nodes) kb += node.balloon_kb.value_or(0);
  return kb;
}

// The driver that gives memory back to the hypervisor, and how to ask how much. It tells the size
// in the kernel's log or counters of new kernels only.
struct BalloonOf {
  std::string_view hypervisor;  // as arch/x86/kernel/cpu/ names it, "Hypervisor detected: "
  std::string_view ask;
};
constexpr auto kBalloons = std::to_array<BalloonOf>(
    {{"VMware", "vmware-toolbox-cmd stat balloon"},
     {"Xen",
      "cat /sys/devices/system/xen_memory/xen_memory0/info/current_kb, and target_kb beside"},
     {"Microsoft Hyper-V", "the guest's assigned memory in Hyper-V's manager [dynamic memory]"}});

// Those hypervisors take memory back that way by default.
std::optional<Advice> AskBalloon(const IncidentFacts& facts) {
  if (!facts.hypervisor) return std::nullopt;
  for (const BalloonOf& balloon : kBalloons) {
    if (!facts.hypervisor->starts_with(balloon.hypervisor)) continue;
    return Advice{
        std::string(balloon.ask),
        "tells how much the hypervisor took back [balloon]; the report has no item for it", "",
        "with a reservation for the guest, or without its balloon, it stays small"};
  }
  return std::nullopt;
}

// True if the kernel's own list of allocations names who holds some of it.
bool DescribeProfile(const EventFacts& event, Finding& finding) {
  const ProfileNames names = NamedByProfile(event);
  if (names.holders.empty()) return false;
  std::vector<std::string> words;
  for (const AllocTagFacts* const tag : names.holders) {
    words.push_back(TagWords(*tag));
    finding.evidence.push_back(AllocTagEvidence(event, *tag));
  }
  finding.explanation += fmt::format(" The kernel's own list of allocations names {} of it: {}.",
                                     SizeText(names.size_kb), JoinWords(words));
  finding.brief += fmt::format(
      ", {} of it by {}", SizeText(names.holders.front()->bytes / 1024),
      names.holders.front()->module.value_or(names.holders.front()->function.value_or("?")));
  return true;
}

// ZFS on Linux is not made for kernels before 2.6.26 (github.com/openzfs/zfs/issues/2740), and a
// small board does not run it.
bool MayRunZfs(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int64_t kLeastKb = int64_t{1} << 20;
  return !KernelOf(facts, event).Below(2, 6, 26) && RamKb(facts, event).value_or(0) >= kLeastKb;
}

// zram was staged in 2.6.37 and zswap came with 3.11. A full pool of zswap is a fifth of RAM by
// default (mm/zswap.c, zswap_max_pool_percent).
bool MayCompressSwap(const IncidentFacts& facts, const EventFacts& event) {
  return event.mem && event.mem->total_swap_kb.value_or(0) > event.mem->free_swap_kb.value_or(0) &&
         !KernelOf(facts, event).Below(2, 6, 37);
}

// Who may hold what is not itemised, of what a machine like this can run, and how to tell.
void NameCandidates(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  std::vector<std::string> names;
  std::string look = "grep -E 'Zswap|Vmalloc|Percpu|HugePages_Total' /proc/meminfo";
  std::string files;
  if (facts.hypervisor) names.push_back("a balloon, as " + *facts.hypervisor + " runs below it");
  if (MayCompressSwap(facts, event)) {
    names.emplace_back("what swap holds compressed in RAM [zswap, zram]");
    files += " /sys/block/zram*/mm_stat";
  }
  names.emplace_back("vmalloc");
  names.emplace_back("per-CPU memory");
  names.emplace_back("page fragments and buffers of drivers");
  if (MayRunZfs(facts, event)) {
    names.emplace_back("ZFS ARC");
    files += " /proc/spl/kstat/zfs/arcstats";
  }
  finding.explanation += fmt::format(" Candidates: {}.", fmt::join(names, ", "));
  if (!files.empty()) look += "; cat" + files;
  if (std::optional<Advice> ask = AskBalloon(facts)) finding.advice.push_back(std::move(*ask));
  finding.advice.push_back(
      {look, "tells the candidates apart while it is large", "", "the one that grew stays small"});
}

void DescribeRest(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  const int64_t balloon_kb = BalloonKb(event);
  const bool named = DescribeProfile(event, finding);
  if (balloon_kb > 0) {
    finding.explanation +=
        fmt::format(" {} of it were given back to the hypervisor [balloon].", SizeText(balloon_kb));
    finding.advice.push_back(
        {"raise the guest's memory target in the hypervisor by " + SizeText(balloon_kb),
         "the balloon then returns it", "the hypervisor's host needs it",
         "grep MemTotal /proc/meminfo in the guest"});
    return;
  }
  if (named) {
    finding.advice.push_back({"sort -rh /proc/allocinfo | head -20, twice, some time apart",
                              "tells which of these grows; that one's driver is to be asked", "",
                              "the same list after an update of it"});
    return;
  }
  NameCandidates(facts, event, finding);
}

}  // namespace

bool ProfileCovers(const EventFacts& event, int64_t rest_kb) {
  constexpr double kMost = 0.75;
  return ShareOf(NamedByProfile(event).size_kb, rest_kb) >= kMost;
}

std::string_view HolderCause(HolderKind kind) { return WordsOf(kind).cause; }
std::string_view HolderWords(HolderKind kind) { return WordsOf(kind).words; }
std::string_view HolderNeedle(HolderKind kind) { return WordsOf(kind).needle; }

void DescribeHolder(const IncidentFacts& facts, const EventFacts& event, const OtherHolder& holder,
                    Finding& finding) {
  finding.explanation = fmt::format("{} of {}{}.", SizeText(holder.size_kb), SizeText(holder.of_kb),
                                    holder.of_eligible   ? ", which is all but zone Movable"
                                    : holder.of_itemised ? ", which is all that is itemised"
                                                         : "");
  switch (holder.kind) {
    case HolderKind::kSlab:
      return DescribeSlab(event, finding);
    case HolderKind::kShmem:
      return DescribeShmem(finding);
    case HolderKind::kLocked:
      return DescribeLocked(event, finding);
    case HolderKind::kUndroppable:
      return DescribeUndroppable(finding);
    case HolderKind::kHugePages:
      return DescribeHugePages(event, finding);
    case HolderKind::kPageTables:
      return DescribePageTables(event, finding);
    case HolderKind::kUnaccounted:
      return DescribeRest(facts, event, finding);
  }
}

}  // namespace kautopsy
