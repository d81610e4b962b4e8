#include "reports/explain/gfp_abilities.h"

#include <fmt/core.h>

#include "reports/diagnosis/gfp_can.h"

namespace kautopsy {
namespace {

struct BitMeaning {
  std::string_view bit;
  std::string_view meaning;
};

// The comments of include/linux/gfp.h (gfp_types.h since 6.0) and the bits' uses in mm/, in our
// words.
constexpr BitMeaning kBitMeanings[] = {
    {"DMA", "only from zone DMA (on x86 the first 16 MiB)"},
    {"HIGHMEM", "zone HighMem is allowed too; on 64-bit kernels there is none"},
    {"DMA32", "only from the first 4 GiB (zones DMA32 and DMA)"},
    {"MOVABLE", "the page can be moved later: compaction, zone Movable and CMA may be used"},
    {"RECLAIMABLE", "slab memory that shrinkers can free, kept beside its like"},
    {"WAIT", "may sleep, reclaim and compact"},
    {"DIRECT_RECLAIM", "may sleep, reclaim and compact"},
    {"KSWAPD_RECLAIM", "wakes kswapd where free memory is below the low mark"},
    {"HIGH", "urgent: may use half of what lies below the min mark"},
    {"ATOMIC", "cannot sleep and is urgent: a part more of the reserve, and blocks marked H"},
    {"IO", "reclaim may start disk I/O (swap out, write dirty pages)"},
    {"FS", "reclaim may call into filesystems"},
    {"COLD", "a page that is not in the CPU's cache is welcome"},
    {"NOWARN", "a failure is not printed"},
    {"REPEAT", "try harder; above order 3 it may fail all the same"},
    {"RETRY_MAYFAIL", "retry while reclaim makes progress, then fail; no OOM killer"},
    {"NOFAIL", "never fail: retry for ever"},
    {"NORETRY", "one light round of reclaim, then fail; no OOM killer"},
    {"NO_GROW", "slab's own: take no new pages for the cache"},
    {"MEMALLOC", "ignore the marks: what frees memory soon may take the last page"},
    {"COMP", "pages of an order above 0 form one compound page"},
    {"ZERO", "filled with zeros"},
    {"NOMEMALLOC", "never use the emergency reserves"},
    {"HARDWALL", "only from nodes of the task's own cpuset"},
    {"THISNODE", "only from the node that is asked for"},
    {"ACCOUNT", "charged to the task's memory cgroup"},
    {"KMEMCG", "charged to the task's memory cgroup"},
    {"NOACCOUNT", "not charged to a memory cgroup"},
    {"NOTRACK", "kmemcheck does not follow it"},
    {"NO_KSWAPD", "kswapd is not woken"},
    {"OTHER_NODE", "on behalf of another node, for the statistics only"},
    {"WRITE", "will be dirtied: zones with their share of dirty pages are passed over"},
    {"NOLOCKDEP", "lockdep does not look at it"},
    {"ZEROTAGS", "arm64: memory tags are zeroed, too"},
    {"SKIP_ZERO", "KASAN: not zeroed although the kernel zeroes all"},
    {"SKIP_KASAN", "KASAN does not unpoison it"},
    {"SKIP_KASAN_UNPOISON", "KASAN does not unpoison it"},
    {"SKIP_KASAN_POISON", "KASAN does not poison it when freed"},
    {"NO_OOM", "EL5's, for huge pages: instead of the OOM killer the last reserves, else failure"},
    {"NO_OBJ_EXT", "slab's own: no extension for its objects"},
};

GfpAnswer Reserves(const GfpMeaning& meaning, const KernelVersion& kernel) {
  constexpr std::string_view kQuestion = "may it use the reserves?";
  switch (EighthsOfMin(meaning, kernel)) {
    case 0:
      return {kQuestion, "all of them", "the marks do not hold for it [MEMALLOC]"};
    case 3:
      return {kQuestion, "down to 3/8 of min",
              "HIGH takes off 1/2 of the mark, that it must not wait 1/4 of the rest"};
    case 4:
      return {kQuestion, "down to 1/2 of min", "[HIGH]"};
    case 6:
      return {kQuestion, "down to 3/4 of min", "as it must not wait"};
    default:
      return {kQuestion, "no", "it must leave the whole min mark"};
  }
}

GfpAnswer Zones(const GfpMeaning& meaning) {
  constexpr std::string_view kQuestion = "from which zones?";
  switch (meaning.highest) {
    case HighestZone::kDma:
      return {kQuestion, "DMA only", ""};
    case HighestZone::kDma32:
      return {kQuestion, "DMA32 and DMA", ""};
    case HighestZone::kNormal:
      return {kQuestion, "Normal and below", "the lower ones as far as lowmem_reserve lets it"};
    case HighestZone::kHighMem:
      return {kQuestion, "HighMem and below", "without HighMem (64 bit): Normal and below"};
    case HighestZone::kMovable:
      break;
  }
  return {kQuestion, "all, Movable too", "what does not exist falls to the next lower zone"};
}

GfpAnswer Nodes(const GfpMeaning& meaning) {
  constexpr std::string_view kQuestion = "from which nodes?";
  if (meaning.this_node) return {kQuestion, "one", "the one it asks for [THISNODE], no other"};
  if (meaning.hardwall) return {kQuestion, "its cpuset's", "[HARDWALL], the nearest first"};
  return {kQuestion, "all allowed", "by its memory policy; the nearest first"};
}

constexpr std::string_view kOomQuestion = "may the OOM killer run?";

// The memory controller came with 2.6.25 (kernelnewbies.org, Linux_2_6_25). Its limit kills for
// requests without __GFP_FS, too, but for 3da88fb3bacf (4.7) to f9c645621a28 (5.4, which went to
// the stable kernels from 4.19 on).
GfpAnswer OomWithoutFs(const KernelVersion& kernel) {
  constexpr std::string_view kGoesOn =
      "without FS much could not be reclaimed, so up to order 3 it is tried again";
  const bool spared = kernel.AtLeast(4, 7) && kernel.Below(5, 4);
  const bool mended = kernel.AtLeast(4, 19) || kernel.el == 8;
  if (kernel.Below(2, 6, 25) || (spared && !mended))
    return {kOomQuestion, "no", std::string(kGoesOn)};
  return {kOomQuestion, spared ? "perhaps for a limit" : "for a limit only",
          fmt::format("{}; a memory cgroup's limit may kill{}", kGoesOn,
                      spared ? " if this kernel has that change of 5.4's" : "")};
}

// 4365a5676fa3 ("oom-kill: fix NUMA constraint check with nodemask"), of December 2009, lets what
// is bound to one node fail; EL6 has it. 2.6.32 kills, unless __GFP_NORETRY and __GFP_NOWARN go
// with the bit.
bool SparesOneNode(const KernelVersion& kernel) {
  return kernel.el == 6 || !kernel.Below(2, 6, 33);
}

// mm/page_alloc.c, __alloc_pages_slowpath() and __alloc_pages_may_oom() of 2.6.18, 2.6.32, 3.10,
// 4.4 and 6.8; mm/oom_kill.c, out_of_memory().
GfpAnswer OomKiller(const GfpMeaning& meaning, const KernelVersion& kernel) {
  if (!meaning.may_reclaim) return {kOomQuestion, "no", "only for what may sleep"};
  if (meaning.Has("NORETRY")) return {kOomQuestion, "no", "it gives up before [NORETRY]"};
  if (meaning.Has("RETRY_MAYFAIL")) {
    return {kOomQuestion, "no", "it gives up before [RETRY_MAYFAIL]"};
  }
  if (meaning.Has("NO_OOM"))
    return {kOomQuestion, "no", "it takes of the reserves, or fails [NO_OOM]"};
  // __GFP_NOFAIL overrode what follows until "do not enforce OOM killer for __GFP_NOFAIL
  // automatically" of December 2016, which 4.12 has; the test of __GFP_FS only since 9879de7373fc
  // ("embed OOM killing naturally into allocation slowpath") (in v3.19).
  const bool insists = meaning.no_fail && kernel.Below(4, 12);
  if (!meaning.fs && !(insists && kernel.AtLeast(3, 19))) return OomWithoutFs(kernel);
  if (insists) return {kOomQuestion, "yes", "after reclaim failed, whatever the order [NOFAIL]"};
  if (meaning.this_node && SparesOneNode(kernel))
    return {kOomQuestion, "no", "killing may free other nodes [THISNODE]"};
  const bool low = meaning.highest == HighestZone::kDma || meaning.highest == HighestZone::kDma32;
  if (low && kernel.AtLeast(2, 6, 36))
    return {kOomQuestion, "no", "killing seldom frees such low memory"};
  if (kernel.Below(2, 6, 24)) return {kOomQuestion, "yes", "after reclaim, whatever the order"};
  return {kOomQuestion, "yes",
          meaning.no_fail ? "after reclaim failed, up to order 3; above that it waits on [NOFAIL]"
                          : "after reclaim failed, up to order 3; above that it fails instead"};
}

GfpAnswer Fallback(const GfpMeaning& meaning) {
  constexpr std::string_view kQuestion = "has the caller a way out?";
  if (meaning.no_fail) return {kQuestion, "no", "it waits for ever [NOFAIL]"};
  if (meaning.gives_up) return {kQuestion, "yes", "it asked to fail rather than to press on"};
  if (meaning.no_warn) return {kQuestion, "probably", "it wants no warning"};
  if (!meaning.may_reclaim) {
    return {kQuestion, "it needs one",
            "such requests fail at any time: a packet is dropped, work is put off. Now and then "
            "that is harmless, again and again it is not"};
  }
  return {kQuestion, "not told", "the system call or the work fails, if the caller checks at all"};
}

std::string_view QuestionOf(std::string_view word) {
  for (const GfpAbility& ability : GfpAbilities()) {
    if (ability.word == word) return ability.question;
  }
  return word;
}

// The kernel tries this before and after it reclaims.
GfpAnswer Compacts(const GfpMeaning& meaning, const KernelVersion& kernel) {
  constexpr std::string_view kQuestion = "may it compact?";
  switch (CompactionFor(meaning, kernel)) {
    case Compaction::kAll:
      return {kQuestion, "yes", "the kernel joins pieces for it"};
    case Compaction::kProgramPages:
      return {kQuestion, "in part", "only pages of programs are moved [without FS]"};
    case Compaction::kNone:
      break;
  }
  if (!meaning.may_reclaim) return {kQuestion, "no", ""};
  if (!HasCompaction(kernel)) return {kQuestion, "no", "it came with 2.6.35"};
  return {kQuestion, "no", meaning.io ? "not without FS before 4.10" : "not without IO"};
}

constexpr KernelVersion kAnswerChanges[] = {{.major = 2, .minor = 6, .patch = 24},
                                            {.major = 2, .minor = 6, .patch = 25},
                                            {.major = 2, .minor = 6, .patch = 33},
                                            {.major = 2, .minor = 6, .patch = 35},
                                            {.major = 2, .minor = 6, .patch = 36},
                                            {.major = 3, .minor = 4},
                                            {.major = 3, .minor = 5},
                                            {.major = 3, .minor = 19},
                                            {.major = 4, .minor = 7},
                                            {.major = 4, .minor = 10},
                                            {.major = 4, .minor = 12},
                                            {.major = 4, .minor = 19},
                                            {.major = 5, .minor = 4},
                                            {.major = 6, .minor = 3}};

}  // namespace

std::span<const KernelVersion> AnswerChanges() { return kAnswerChanges; }

int EighthsOfMin(const GfpMeaning& meaning, const KernelVersion& kernel) {
  const GfpRights rights = RightsOf(meaning, 0, RuleOf(kernel));
  return rights.ignores_marks ? 0 : static_cast<int>(MarkFor(8, rights));
}

std::vector<GfpAnswer> AnswersOf(const GfpMeaning& meaning, const KernelVersion& kernel) {
  const bool sleeps = meaning.may_reclaim;
  const auto yes_no = [&](std::string_view word, std::string reason = "") {
    const bool yes = GfpCan(word, meaning, kernel).value_or(false);
    return GfpAnswer{QuestionOf(word), yes ? "yes" : "no", std::move(reason)};
  };
  std::vector<GfpAnswer> answers;
  answers.push_back(yes_no("reclaim", sleeps ? "so it may reclaim memory itself"
                                             : "it takes what is free at once, or fails"));
  answers.push_back(Compacts(meaning, kernel));
  answers.push_back(
      yes_no("kswapd", meaning.wakes_kswapd ? "it reclaims for those that come later" : ""));
  answers.push_back(yes_no("io"));
  answers.push_back(yes_no("fs"));
  answers.push_back(Reserves(meaning, kernel));
  answers.push_back(Zones(meaning));
  answers.push_back(Nodes(meaning));
  answers.push_back(yes_no("cma", !HasCma(kernel)   ? "it came with 3.5"
                                  : meaning.movable ? "[MOVABLE]"
                                                    : "free CMA memory does not help it"));
  answers.push_back(OomKiller(meaning, kernel));
  answers.push_back(yes_no("warn", meaning.no_warn ? "[NOWARN]" : "\"page allocation failure\""));
  answers.push_back(Fallback(meaning));
  return answers;
}

std::string_view MeaningOfBit(std::string_view bit) {
  for (const BitMeaning& known : kBitMeanings) {
    if (known.bit == bit) return known.meaning;
  }
  return "a bit that this program does not know";
}

}  // namespace kautopsy
