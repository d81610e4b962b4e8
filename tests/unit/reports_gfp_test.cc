#include <doctest/doctest.h>

#include <re2/re2.h>

#include <set>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/gfp_layout.h"
#include "tests/support/files.h"

namespace kautopsy::test {
namespace {

std::string Names(int64_t mask, std::string_view release) {
  const std::optional<GfpMeaning> meaning =
      ReadGfp(mask, std::nullopt, ParseKernelVersion(release));
  return meaning ? JoinNames(*meaning) : "";
}

// A mask, a release of its kernel, and the names. What is behind 4.6 is what such kernels print.
struct Known {
  int64_t mask;
  std::string_view release;
  std::string_view names;
};
constexpr Known kKnown[] = {
    {0x220, "2.6.18-164.el5", "GFP_ATOMIC"},
    {0x20, "2.6.18-164.el5", "__GFP_HIGH"},
    {0x440d2, "2.6.18-194.el5", "GFP_KERNEL|__GFP_HIGHMEM|__GFP_COMP|__GFP_NO_OOM"},
    {0x440d2, "2.6.18-164.el5", "GFP_KERNEL|__GFP_HIGHMEM|__GFP_COMP|0x40000"},
    {0xd0, "2.6.18-164.el5", "GFP_KERNEL"},
    {0x200d2, "2.6.18-164.el5", "GFP_HIGHUSER"},
    {0x1200d2, "2.6.27.5", "GFP_HIGHUSER_MOVABLE"},
    {0x800d0, "2.6.27.5", "GFP_TEMPORARY"},
    {0x280da, "2.6.32-431.el6.x86_64", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"},
    {0x4352da, "2.6.32-431.el6.x86_64", "GFP_TRANSHUGE"},
    {0x20, "2.6.32-431.el6.x86_64", "GFP_ATOMIC"},
    {0x4020, "2.6.32", "GFP_ATOMIC|__GFP_COMP"},
    {0x2084d0, "2.6.32", "GFP_KERNEL|__GFP_REPEAT|__GFP_ZERO|__GFP_NOTRACK"},
    {0x201da, "3.10.0-514.el7.x86_64", "GFP_HIGHUSER_MOVABLE|__GFP_COLD"},
    {0x1000d0, "3.10.0-514.el7.x86_64", "GFP_KERNEL|__GFP_KMEMCG"},
    {0x1000d0, "3.10.0-1160.el7.x86_64", "GFP_KERNEL_ACCOUNT"},
    {0x12d0, "3.16.0-4-amd64", "GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY"},
    {0x4352ca, "4.4.0-142-generic", "GFP_TRANSHUGE"},
    {0x24200ca, "4.4.0-142-generic", "GFP_HIGHUSER_MOVABLE"},
    {0x2080020, "4.4.0-142-generic", "GFP_ATOMIC"},
    {0x24201ca, "4.5.0-rc2", "GFP_HIGHUSER_MOVABLE|__GFP_COLD"},
    {0x27000c0, "4.8.0", "GFP_KERNEL_ACCOUNT|__GFP_NOTRACK"},
    {0x4342ca, "4.9.13", "GFP_TRANSHUGE"},
    {0x14000c0, "4.15.0", "GFP_KERNEL"},
    {0x14010c0, "4.15.0-20-generic", "GFP_KERNEL|__GFP_NORETRY"},
    {0x6000c0, "4.18.0-553.el8_10.x86_64", "GFP_KERNEL"},
    {0x60c0c0, "4.19", "GFP_KERNEL|__GFP_COMP|__GFP_ZERO"},
    {0x342ca, "4.19", "GFP_TRANSHUGE_LIGHT"},
    {0xa20, "5.10.0-46-amd64", "GFP_ATOMIC"},
    {0x40cd0, "5.4.0", "GFP_KERNEL|__GFP_COMP|__GFP_RECLAIMABLE"},
    {0x4cc0, "5.13.0-rc5", "GFP_KERNEL|__GFP_RETRY_MAYFAIL"},
    {0x1100cca, "5.15.158-2-pve", "GFP_HIGHUSER_MOVABLE"},
    {0x1100cca, "5.14.0-162.el9.x86_64", "GFP_HIGHUSER_MOVABLE"},
    {0x100cca, "5.14.0-284.el9.x86_64", "GFP_HIGHUSER_MOVABLE"},
    {0x820, "5.14.0-570.el9.x86_64", "GFP_ATOMIC"},
    {0x140dca, "6.1.0", "GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO"},
    {0x1c24ca, "6.1.0", "GFP_TRANSHUGE"},
    {0x1c28ca, "6.1.0", "GFP_TRANSHUGE_LIGHT|GFP_NOWAIT"},
    {0xcc1, "5.13.0", "GFP_KERNEL|GFP_DMA"},
    {0xc04, "6.16.0-rc2", "GFP_NOIO|GFP_DMA32"},
    {0x820, "6.9.0", "GFP_ATOMIC"},
    {0x800, "6.6.1", "GFP_NOWAIT"},
    {0x2800, "6.8.1", "GFP_NOWAIT"},
    {0x1000cc0, "6.12.0-211.el10.ppc64le", "GFP_KERNEL|__GFP_NO_OBJ_EXT"},
    {0x40dc0, "7.0.0", "GFP_KERNEL|__GFP_ZERO|__GFP_COMP"},
};

TEST_CASE("masks are named by the layout of their kernel, and names give the mask again") {
  for (const Known& known : kKnown) {
    CAPTURE(known.release);
    CAPTURE(known.names);
    CHECK(Names(known.mask, known.release) == known.names);
    const GfpLayout* const layout = FindGfpLayout(ParseKernelVersion(known.release));
    REQUIRE(layout != nullptr);
    const Result<uint32_t> mask = GfpMask(known.names, *layout);
    REQUIRE(mask);
    CHECK(*mask == known.mask);
  }
}

// mm/page_alloc.c, mm/oom_kill.c and mm/slub.c print mask and names together since 4.6.
TEST_CASE("the layouts give the names that the captured kernels print themselves") {
  static const RE2 kPair(R"((?:mode:|gfp_mask=|gfp=)0x([0-9a-f]+)\(([^)]*)\))");
  std::set<std::string> seen;
  for (const std::string& path : FilesBelow("samples/captures", ".kmsg")) {
    const std::string release = path.substr(path.rfind('/') + 1);
    const KernelVersion kernel = ParseKernelVersion(release.substr(0, release.find('_')));
    const std::string text = ReadFile(path);
    re2::StringPiece rest(text);
    std::string mask;
    std::string names;
    while (RE2::FindAndConsume(&rest, kPair, &mask, &names)) {
      CAPTURE(path);
      CHECK(Names(std::stoll(mask, nullptr, 16), release) == names);
      const Result<uint32_t> back = GfpMask(names, *FindGfpLayout(kernel));
      REQUIRE(back);
      CHECK(*back == std::stoll(mask, nullptr, 16));
      seen.insert(release.substr(0, release.find('_')) + " " + mask);
    }
  }
  CHECK(seen.size() >= 15);
}

TEST_CASE("every single bit of every layout has one name, which gives the bit again") {
  for (const GfpLayout& layout : GfpLayouts()) {
    for (int bit = 0; bit < 32; ++bit) {
      CAPTURE(layout.releases);
      CAPTURE(bit);
      const uint32_t mask = uint32_t{1} << bit;
      const std::vector<std::string> names = GfpNames(mask, layout);
      REQUIRE(names.size() == 1);
      CHECK(names[0].starts_with("0x") == layout.bits.at(bit).empty());
      const Result<uint32_t> back = GfpMask(names[0], layout);
      REQUIRE(back);
      CHECK(*back == mask);
    }
  }
}

TEST_CASE("names that a kernel does not have, and numbers that no mask is, are errors") {
  const GfpLayout& oldest = GfpLayouts().front();
  CHECK_FALSE(GfpMask("GFP_TRANSHUGE", oldest));
  CHECK_FALSE(GfpMask("GFP_KERNEL|__GFP_ZEROTAGS", oldest));
  CHECK_FALSE(GfpMask("rm -rf", oldest));
  CHECK_FALSE(GfpMask("0x100000000", oldest));
  CHECK_FALSE(GfpMask("0xffffffffffffffffff", oldest));
  CHECK(GfpMask("", oldest) == 0U);
}

TEST_CASE("without a release the mask itself tells the layout") {
  CHECK(Names(0xcc0, "") == "GFP_KERNEL");
  CHECK(Names(0x14200ca, "") == "GFP_HIGHUSER_MOVABLE");
  CHECK(Names(0x201da, "") == "GFP_HIGHUSER_MOVABLE|__GFP_COLD");
  CHECK(Names(0x20, "") == "GFP_ATOMIC");
  CHECK(Names(0x6000c0, "") == "GFP_KERNEL");
  CHECK(Names(0x24200ca, "") == "GFP_HIGHUSER_MOVABLE");
}

TEST_CASE("a layout in which a mask contradicts itself comes after those in which it does not") {
  const std::vector<GfpCandidate> ranked = RankGfpLayouts(0xcc0);
  CHECK(ranked.size() == GfpLayouts().size());
  CHECK(ranked.front().oddities == 0);
  for (const GfpCandidate& candidate : ranked) {
    const bool after_51 = candidate.layout->first.AtLeast(5, 1);
    CHECK((candidate.oddities < kGfpNonsense) == after_51);
  }
}

TEST_CASE("bits without a name are kept as a number") {
  CHECK(Names(0xd0 | 0x8000000, "2.6.32") == "GFP_KERNEL|0x8000000");
}

TEST_CASE("an atomic request may not reclaim and may use the reserves") {
  const std::optional<GfpMeaning> atomic =
      ReadGfp(0x20, std::nullopt, ParseKernelVersion("2.6.32"));
  REQUIRE(atomic);
  CHECK_FALSE(atomic->may_reclaim);
  CHECK(atomic->high);
  CHECK(atomic->wakes_kswapd);
  CHECK(atomic->highest == HighestZone::kNormal);
}

TEST_CASE("printed names win over the mask, and zones follow from them") {
  const std::optional<GfpMeaning> meaning =
      ReadGfp(0, Text("GFP_KERNEL|GFP_DMA32|__GFP_NORETRY"), ParseKernelVersion("6.1.0"));
  REQUIRE(meaning);
  CHECK(meaning->may_reclaim);
  CHECK(meaning->gives_up);
  CHECK(meaning->highest == HighestZone::kDma32);
  CHECK(ReadGfp(std::nullopt, Text("GFP_HIGHUSER_MOVABLE"), {})->movable);
}

TEST_CASE("composites are taken apart by the kernel that printed them") {
  const auto read = [](std::string_view names, std::string_view release) {
    return *ReadGfp(std::nullopt, Text(names), ParseKernelVersion(release));
  };
  CHECK(read("GFP_ATOMIC", "6.1.0").atomic);
  CHECK_FALSE(read("GFP_ATOMIC", "6.9.0").atomic);
  CHECK(read("GFP_ATOMIC", "").high);
  CHECK(read("GFP_NOFS", "4.9.1").io);
  CHECK_FALSE(read("GFP_NOFS", "4.9.1").fs);
  CHECK(read("GFP_TRANSHUGE", "6.1.0").may_reclaim);
  CHECK_FALSE(read("GFP_TRANSHUGE_LIGHT", "6.1.0").may_reclaim);
  CHECK_FALSE(read("GFP_TRANSHUGE", "6.1.0").wakes_kswapd);
  CHECK(read("GFP_TRANSHUGE_LIGHT", "6.1.0").highest == HighestZone::kMovable);
  CHECK(read("GFP_TEMPORARY", "").reclaimable);  // gone since 4.14
  CHECK(read("GFP_NOWAIT", "6.8.1").no_warn);
  CHECK(read("0x1000000|__GFP_NO_SUCH_FLAG|nonsense", "6.1.0").names.size() == 3);
}

// What a request may do, by the words of gfp_can(): all that hold are listed.
struct CanCase {
  std::string_view names;
  std::string_view release;
  std::string_view words;
};
constexpr CanCase kCan[] = {
    {"GFP_KERNEL", "6.1.0", "reclaim kswapd io fs compact warn DMA DMA32 Normal"},
    {"GFP_NOFS", "6.1.0", "reclaim kswapd io compact warn DMA DMA32 Normal"},
    {"GFP_NOFS", "4.9.0", "reclaim kswapd io warn DMA DMA32 Normal"},
    {"GFP_NOIO", "6.1.0", "reclaim kswapd warn DMA DMA32 Normal"},
    {"GFP_ATOMIC", "3.10.0", "kswapd reserve atomic warn DMA DMA32 Normal"},
    {"GFP_ATOMIC", "6.1.0", "kswapd reserve atomic warn DMA DMA32 Normal"},
    {"GFP_ATOMIC", "6.12.0", "kswapd reserve atomic warn DMA DMA32 Normal"},
    {"GFP_ATOMIC", "", "kswapd reserve atomic warn DMA DMA32 Normal"},
    {"GFP_NOWAIT", "5.10.0", "kswapd warn DMA DMA32 Normal"},
    {"GFP_NOWAIT", "", "kswapd warn DMA DMA32 Normal"},
    {"GFP_TRANSHUGE_LIGHT", "6.1.0", "cma no_memalloc DMA DMA32 Normal HighMem Movable"},
    {"GFP_KERNEL|__GFP_MEMALLOC", "6.1.0",
     "reclaim kswapd io fs compact reserve warn DMA DMA32 Normal"},
    {"GFP_KERNEL|GFP_THISNODE", "3.10.0", "this_node_only give_up DMA DMA32 Normal"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NORETRY|__GFP_NOWARN", "2.6.32",
     "this_node_only give_up DMA DMA32 Normal"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NORETRY|__GFP_NOWARN", "4.4.0",
     "reclaim kswapd io fs compact this_node_only give_up DMA DMA32 Normal"},
    {"GFP_KERNEL|GFP_DMA32|__GFP_NORETRY|__GFP_THISNODE", "6.1.0",
     "reclaim kswapd io fs compact this_node_only give_up warn DMA DMA32"},
};

TEST_CASE("what a request may do is the same for queries and for explain") {
  for (const CanCase& known : kCan) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    const KernelVersion kernel = ParseKernelVersion(known.release);
    const auto meaning = ReadGfp(std::nullopt, Text(known.names), kernel);
    REQUIRE(meaning);
    const std::string all = " " + std::string(known.words) + " ";
    std::string word;
    for (const char c : GfpCanWords() + " ") {
      if (c != ' ') {
        word += c;
        continue;
      }
      if (word.empty()) continue;
      CAPTURE(word);
      CHECK(GfpCan(word, *meaning, kernel) == (all.find(" " + word + " ") != std::string::npos));
      word.clear();
    }
  }
  CHECK_FALSE(GfpCan("fly", GfpMeaning(), {}));
}

TEST_CASE("a mask without names that contradicts its release is read as an older kernel's") {
  // Since 4.6 kernels print names; 0x201da would be MOVABLE and RECLAIMABLE at once there.
  for (const char* const release : {"7.9.0-foo", "99.9"}) {
    const auto meaning = ReadGfp(0x201da, std::nullopt, ParseKernelVersion(release));
    REQUIRE(meaning);
    CHECK_FALSE(meaning->memalloc);
    CHECK(meaning->may_reclaim);
    CHECK(meaning->highest == HighestZone::kMovable);
  }
  CHECK(ReadGfp(0xcc0, std::nullopt, ParseKernelVersion("6.1.0"))->may_reclaim);
}

TEST_CASE("nothing printed means nothing decoded") {
  CHECK_FALSE(ReadGfp(std::nullopt, std::nullopt, ParseKernelVersion("6.1.0")));
}

}  // namespace
}  // namespace kautopsy::test
