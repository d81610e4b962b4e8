#pragma once

#include <cstddef>
#include <string_view>

// The history of the gfp bits as facts, one a row. Read in include/linux/gfp.h (gfp_types.h since
// 6.0) of 2.6.18, 2.6.24, 2.6.32, 3.13, 4.6, 4.19, 5.10, 6.8 and 7.x, in
// include/trace/events/mmflags.h of 4.6, 4.9, 5.12, 6.1 and 7.x, and in the patches that changed
// them between; the masks and names that logs of the releases between print agree.

namespace kautopsy {

// 4.18 is 4018000, 2.6.31 is 2006031.
constexpr int GfpVersion(int major, int minor, int patch = 0) {
  return major * 1000000 + minor * 1000 + patch;
}
constexpr int kGfpOldest = GfpVersion(2, 6, 12);
constexpr int kGfpNever = GfpVersion(999, 0);

// A bit has this name from `since` until before `until`.
struct GfpBitRow {
  std::size_t bit;
  std::string_view name;
  int since = kGfpOldest;
  int until = kGfpNever;
};

constexpr int k2624 = GfpVersion(2, 6, 24);  // grouping of pages by mobility
constexpr int k2631 = GfpVersion(2, 6, 31);  // MOVABLE joins the zone bits; kmemcheck
constexpr int k2638 = GfpVersion(2, 6, 38);  // transparent huge pages
constexpr int k44 = GfpVersion(4, 4);        // WAIT is split in two
constexpr int k45 = GfpVersion(4, 5);
constexpr int k410 = GfpVersion(4, 10);  // 41b6167e8f74 ("mm: get rid of __GFP_OTHER_NODE")
constexpr int k413 = GfpVersion(4, 13);
constexpr int k415 = GfpVersion(4, 15);
constexpr int k418 = GfpVersion(4, 18);
constexpr int k51 = GfpVersion(5, 1);  // all but the first eight move
constexpr int k514 = GfpVersion(5, 14);
constexpr int k518 = GfpVersion(5, 18);
constexpr int k63 = GfpVersion(6, 3);  // ("mm: discard __GFP_ATOMIC")
constexpr int k64 = GfpVersion(6, 4);
// 772dd0342727 ("mm: enumerate all gfp flags"): from bit 24 on the numbers depend on the options.
// Here without KASAN's tags and without lockdep, as x86 distributions build it.
constexpr int k610 = GfpVersion(6, 10);

constexpr GfpBitRow kGfpBitRows[] = {
    {0, "DMA"},
    {1, "HIGHMEM"},
    {2, "DMA32"},
    {3, "MOVABLE", k2631},
    {4, "WAIT", kGfpOldest, k44},
    {4, "RECLAIMABLE", k44},
    {5, "HIGH"},
    {6, "IO"},
    {7, "FS"},
    {8, "COLD", kGfpOldest, k415},
    {8, "WRITE", k418, k51},
    {8, "ZERO", k51},
    {9, "NOWARN", kGfpOldest, k51},
    {9, "ATOMIC", k51, k63},
    {10, "REPEAT", kGfpOldest, k413},
    {10, "RETRY_MAYFAIL", k413, k51},
    {10, "DIRECT_RECLAIM", k51},
    {11, "NOFAIL", kGfpOldest, k51},
    {11, "KSWAPD_RECLAIM", k51},
    {12, "NORETRY", kGfpOldest, k51},
    {12, "WRITE", k51},
    {13, "NO_GROW", kGfpOldest, k2624},
    {13, "MEMALLOC", GfpVersion(3, 6), k51},
    {13, "NOWARN", k51},
    {14, "COMP", kGfpOldest, k51},
    {14, "RETRY_MAYFAIL", k51},
    {15, "ZERO", kGfpOldest, k51},
    {15, "NOFAIL", k51},
    {16, "NOMEMALLOC", kGfpOldest, k51},
    {16, "NORETRY", k51},
    {17, "HARDWALL", kGfpOldest, k51},
    {17, "MEMALLOC", k51},
    // 9b819d204cf6 ("Add __GFP_THISNODE to avoid fallback to other nodes"), of September 2006. In
    // 2.6.18 nothing has the bit.
    {18, "THISNODE", GfpVersion(2, 6, 19), k51},
    {18, "COMP", k51},
    {19, "RECLAIMABLE", k2624, k44},
    {19, "ATOMIC", k44, k51},
    {19, "NOMEMALLOC", k51},
    {20, "MOVABLE", k2624, k2631},
    {20, "KMEMCG", GfpVersion(3, 8), GfpVersion(3, 16)},
    {20, "NOACCOUNT", GfpVersion(4, 1), k45},
    {20, "ACCOUNT", k45, k51},
    {20, "HARDWALL", k51},
    {21, "NOTRACK", k2631, k415},
    {21, "DIRECT_RECLAIM", k418, k51},
    {21, "THISNODE", k51},
    {22, "NO_KSWAPD", k2638, k44},
    {22, "DIRECT_RECLAIM", k44, k418},
    {22, "KSWAPD_RECLAIM", k418, k51},
    {22, "ACCOUNT", k51},
    {23, "OTHER_NODE", k2638, k410},
    {23, "WRITE", k410, k418},
    {23, "NOLOCKDEP", k418, k514},
    {23, "ZEROTAGS", k514},
    {24, "WRITE", GfpVersion(3, 2), k410},
    {24, "KSWAPD_RECLAIM", k410, k418},
    {24, "SKIP_KASAN_POISON", k514, k518},  // in every kernel, with KASAN or without
    {24, "SKIP_ZERO", k518, k610},
    {24, "NO_OBJ_EXT", k610},
    {25, "KSWAPD_RECLAIM", k44, k410},
    {25, "NOLOCKDEP", GfpVersion(4, 12), k418},
    {25, "NOLOCKDEP", k514, k518},
    {25, "SKIP_KASAN_UNPOISON", k518, k64},
    {25, "SKIP_KASAN", k64, k610},
    {26, "SKIP_KASAN_POISON", k518, k64},
    {26, "NOLOCKDEP", k64, k610},
    {27, "NOLOCKDEP", k518, k64},
};

// What the kernel calls common sums of bits. RECLAIM stands for the bits that allow reclaim: WAIT,
// later DIRECT_RECLAIM and KSWAPD_RECLAIM. The order is that of mmflags.h.
struct GfpCompositeRow {
  std::string_view name;
  std::string_view terms;
  int since = kGfpOldest;
  int until = kGfpNever;
};

constexpr int k48 = GfpVersion(4, 8);
constexpr int k68 = GfpVersion(6, 8);  // 16f5dfbc851b ("gfp: include __GFP_NOWARN in GFP_NOWAIT")

constexpr GfpCompositeRow kGfpCompositeRows[] = {
    {"GFP_TRANSHUGE",
     "RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NORETRY|NOWARN|NO_KSWAPD", k2638, k44},
    {"GFP_TRANSHUGE",
     "DIRECT_RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NORETRY|NOWARN", k44,
     GfpVersion(4, 6)},
    {"GFP_TRANSHUGE", "IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NORETRY|NOWARN",
     GfpVersion(4, 6), k48},
    {"GFP_TRANSHUGE", "DIRECT_RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NOWARN", k48,
     k514},
    {"GFP_TRANSHUGE",
     "DIRECT_RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|SKIP_KASAN_POISON|COMP|NOMEMALLOC|NOWARN", k514,
     k518},
    {"GFP_TRANSHUGE", "DIRECT_RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NOWARN", k518},
    {"GFP_TRANSHUGE_LIGHT", "IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NOWARN", k48, k514},
    {"GFP_TRANSHUGE_LIGHT",
     "IO|FS|HARDWALL|HIGHMEM|MOVABLE|SKIP_KASAN_POISON|COMP|NOMEMALLOC|NOWARN", k514, k518},
    {"GFP_TRANSHUGE_LIGHT", "IO|FS|HARDWALL|HIGHMEM|MOVABLE|COMP|NOMEMALLOC|NOWARN", k518},
    {"GFP_HIGHUSER_MOVABLE", "RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE", k2624, k514},
    {"GFP_HIGHUSER_MOVABLE", "RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE|SKIP_KASAN_POISON", k514,
     k518},
    {"GFP_HIGHUSER_MOVABLE", "RECLAIM|IO|FS|HARDWALL|HIGHMEM|MOVABLE", k518},
    {"GFP_HIGHUSER", "RECLAIM|IO|FS|HARDWALL|HIGHMEM"},
    {"GFP_USER", "RECLAIM|IO|FS|HARDWALL"},
    {"GFP_TEMPORARY", "RECLAIM|IO|FS|RECLAIMABLE", k2624, GfpVersion(4, 14)},
    {"GFP_KERNEL_ACCOUNT", "RECLAIM|IO|FS|ACCOUNT", k45},
    {"GFP_THISNODE", "THISNODE|NOWARN|NORETRY", kGfpOldest, GfpVersion(4, 1)},
    {"GFP_KERNEL", "RECLAIM|IO|FS"},
    {"GFP_NOFS", "RECLAIM|IO"},
    {"GFP_ATOMIC", "HIGH", kGfpOldest, k44},
    {"GFP_ATOMIC", "HIGH|ATOMIC|KSWAPD_RECLAIM", k44, k63},
    {"GFP_ATOMIC", "HIGH|KSWAPD_RECLAIM", k63},
    {"GFP_NOIO", "RECLAIM"},
    {"GFP_NOWAIT", "KSWAPD_RECLAIM", k44, k68},
    {"GFP_NOWAIT", "KSWAPD_RECLAIM|NOWARN", k68},
};

// The order in which the bits left over are printed: mmflags.h of 4.6 to 6.12. RECLAIM is both
// reclaim bits. What is not here comes last. Older kernels print no names; theirs follow the same
// order.
constexpr std::string_view kGfpPrintOrder[] = {
    "DMA",      "HIGHMEM",  "DMA32",          "HIGH",           "ATOMIC",     "WAIT",
    "IO",       "FS",       "COLD",           "NOWARN",         "REPEAT",     "RETRY_MAYFAIL",
    "NOFAIL",   "NORETRY",  "COMP",           "ZERO",           "NOMEMALLOC", "MEMALLOC",
    "HARDWALL", "THISNODE", "RECLAIMABLE",    "MOVABLE",        "ACCOUNT",    "NOTRACK",
    "WRITE",    "RECLAIM",  "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "OTHER_NODE", "ZEROTAGS"};
// mmflags.h as it is now prints them in the order of the bits. In 6.12 and its stable releases it
// did not yet; the release in between is not settled.
constexpr int kGfpNamesByBit = GfpVersion(6, 15);

}  // namespace kautopsy
