#include <doctest/doctest.h>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/explain/gfp_abilities.h"
#include "tests/unit/explain_fixture.h"

namespace kautopsy::test {
namespace {

// A request on a kernel: sleeps, wakes kswapd, I/O, filesystems, eighths of min that it must leave.
struct Ability {
  std::string_view names;
  std::string_view release;
  bool sleeps, kswapd, io, fs;
  int eighths;
};
constexpr Ability kAbilities[] = {
    {"GFP_KERNEL", "2.6.18", true, true, true, true, 8},
    {"GFP_KERNEL", "6.12.0", true, true, true, true, 8},
    {"GFP_NOFS", "3.10.0", true, true, true, false, 8},
    {"GFP_NOIO", "4.19.0", true, true, false, false, 8},
    {"GFP_ATOMIC", "2.6.32", false, true, false, false, 3},
    {"GFP_ATOMIC", "4.9.0", false, true, false, false, 3},
    {"GFP_ATOMIC", "6.9.0", false, true, false, false, 3},
    {"GFP_ATOMIC|__GFP_NOMEMALLOC", "5.10.0", false, true, false, false, 4},
    {"GFP_NOWAIT", "5.10.0", false, true, false, false, 8},
    {"GFP_NOWAIT", "6.9.0", false, true, false, false, 8},
    {"__GFP_HIGH", "5.10.0", false, false, false, false, 4},
    {"GFP_KERNEL|__GFP_HIGH", "5.10.0", true, true, true, true, 4},
    {"GFP_KERNEL|__GFP_MEMALLOC", "5.10.0", true, true, true, true, 0},
    {"GFP_KERNEL|__GFP_MEMALLOC|__GFP_NOMEMALLOC", "5.10.0", true, true, true, true, 8},
    {"GFP_TRANSHUGE", "3.10.0", true, false, true, true, 8},
    {"GFP_TRANSHUGE_LIGHT", "5.10.0", false, false, true, true, 8},
};

TEST_CASE("what a request may do follows from its names and its kernel") {
  for (const Ability& known : kAbilities) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    const KernelVersion kernel = ParseKernelVersion(known.release);
    const auto meaning = ReadGfp(std::nullopt, std::string(known.names), kernel);
    REQUIRE(meaning);
    CHECK(meaning->may_reclaim == known.sleeps);
    CHECK(meaning->wakes_kswapd == known.kswapd);
    CHECK(meaning->io == known.io);
    CHECK(meaning->fs == known.fs);
    CHECK(EighthsOfMin(*meaning, kernel) == known.eighths);
  }
}

// "yes: after reclaim failed, ...": the answer of the OOM killer.
std::string OomAnswer(std::string_view names, std::string_view release) {
  const KernelVersion kernel = ParseKernelVersion(release);
  for (const GfpAnswer& answer :
       AnswersOf(*ReadGfp(std::nullopt, std::string(names), kernel), kernel)) {
    if (answer.question.find("OOM") != std::string_view::npos)
      return answer.brief + ": " + answer.reason;
  }
  return "";
}

struct OomCase {
  std::string_view names;
  std::string_view release;
  std::string_view answer;  // part of it
};
constexpr OomCase kOomCases[] = {
    {"GFP_KERNEL", "2.6.18", "yes: after reclaim, whatever the order"},
    {"GFP_KERNEL", "5.10.0", "yes: after reclaim failed, up to order 3; above that it fails"},
    {"GFP_KERNEL|__GFP_NOFAIL", "3.10.0", "whatever the order [NOFAIL]"},
    {"GFP_KERNEL|__GFP_NOFAIL", "5.10.0", "above that it waits on [NOFAIL]"},
    {"GFP_NOFS|__GFP_NOFAIL", "2.6.32", "for a limit only"},
    {"GFP_NOFS|__GFP_NOFAIL", "3.10.0", "for a limit only"},
    {"GFP_NOFS|__GFP_NOFAIL", "4.4.0", "yes: after reclaim failed, whatever the order [NOFAIL]"},
    {"GFP_NOFS|__GFP_NOFAIL", "6.8.0", "for a limit only"},
    {"GFP_KERNEL|__GFP_NORETRY|__GFP_NOFAIL", "4.4.0", "no: it gives up before [NORETRY]"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.32", "yes"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.32-431.el6", "no: killing may free other nodes"},
    {"GFP_KERNEL|__GFP_THISNODE", "2.6.33", "no: killing may free other nodes"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NOFAIL", "4.4.0", "yes"},
    {"GFP_KERNEL|__GFP_THISNODE|__GFP_NOFAIL", "6.8.0", "no: killing may free other nodes"},
    {"GFP_NOFS", "2.6.18", "no: without FS"},
    {"GFP_NOFS", "3.10.0", "a memory cgroup's limit may kill"},
    {"GFP_NOFS", "4.9.0", "no: without FS"},
    {"GFP_NOFS", "4.18.0", "no: without FS"},
    {"GFP_NOFS", "4.19.0", "may kill if this kernel has that change of 5.4's"},
    {"GFP_NOFS", "5.10.0", "a memory cgroup's limit may kill"}};

TEST_CASE("whether the OOM killer may run for a request depends on its kernel") {
  for (const OomCase& known : kOomCases) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    const std::string answer = OomAnswer(known.names, known.release);
    CAPTURE(answer);
    CHECK(Says(answer, known.answer));
  }
}

TEST_CASE("without a kernel, releases are told apart by their answers, not only by their bits") {
  const std::string bound = Text({"gfp", "0x400d0"});
  CHECK(Says(bound, "2.6.33 to"));
  CHECK(Says(bound, "may the OOM killer run? yes"));
  CHECK(Says(Text({"gfp", "GFP_NOFS"}), "on 5.4 and later"));
}

TEST_CASE("every bit that some kernel has is explained") {
  for (const GfpLayout& layout : GfpLayouts()) {
    for (const std::string_view bit : layout.bits) {
      CAPTURE(bit);
      CHECK_FALSE((!bit.empty() && MeaningOfBit(bit).starts_with("a bit that")));
    }
  }
}

TEST_CASE("a mask on a kernel is answered plainly") {
  const std::string text = Text({"gfp", "0x20"}, "2.6.32");
  CHECK(Says(text, "gfp mask 0x20 on 2.6.32: GFP_ATOMIC"));
  CHECK(Says(text, "may it sleep?"));
  CHECK(Says(text, "3/8 of min"));
  CHECK_FALSE(Says(text, "ON OTHER KERNELS"));
}

TEST_CASE("a mask without a kernel is read by all, the likeliest first") {
  const std::string text = Text({"gfp", "0x20"});
  CHECK(Says(text, "on 2.6.12 to 4.3: GFP_ATOMIC"));
  CHECK(Says(text, "ON OTHER KERNELS"));
  CHECK(Says(text, "4.4 to 6.2"));
  CHECK(Says(text, "may it use the reserves? down to 1/2 of min"));
  CHECK(Says(text, "__GFP_HIGH"));
}

TEST_CASE("names give the mask of the kernel, and each generation's without one") {
  CHECK(Says(Text({"gfp", "GFP_NOFS|__GFP_COMP"}, "6.1.0"), "gfp mask 0x40c40 on 6.1.0"));
  const std::string text = Text({"gfp", "GFP_KERNEL"});
  for (const std::string_view mask : {"0xcc0", "0x6000c0", "0x14000c0", "0x24000c0", "0xd0"}) {
    CAPTURE(mask);
    CHECK(Says(text, mask));
  }
}

TEST_CASE("printed names are right where the release's numbering gives another mask") {
  const std::string text = Text({"gfp", "0xcc0(GFP_KERNEL)"}, "4.18.0");
  CHECK(Says(text, "Printed names are right"));
  CHECK(Says(text, "5.1 and later"));
  CHECK(Says(Text({"gfp", "0xd0(GFP_NOFS)"}), "No kernel known here prints these names"));
  CHECK(Says(Text({"mode:0x40d0(GFP_KERNEL|__GFP_COMP),"}, "3.10.0"), "gfp mask 0x40d0 on 3.10.0"));
}

TEST_CASE("a request for low memory does not kill, but did until 2.6.35 and in EL6") {
  CHECK(Says(Text({"gfp", "GFP_KERNEL|GFP_DMA"}, "6.1.0"), "killing seldom frees"));
  CHECK_FALSE(Says(Text({"gfp", "GFP_KERNEL|GFP_DMA"}, "2.6.32-431.el6"), "killing seldom frees"));
}

TEST_CASE("compaction and CMA are promised to kernels that have them") {
  struct Had {
    std::string_view release;
    bool compaction, cma;
  };
  constexpr Had kHad[] = {{"2.6.18", false, false}, {"2.6.34", false, false},
                          {"2.6.35", true, false},  {"2.6.32-431.el6", true, false},
                          {"3.4.0", true, false},   {"3.5.0", true, true},
                          {"6.1.0", true, true}};
  for (const Had& had : kHad) {
    CAPTURE(had.release);
    const std::string text = Text({"gfp", "GFP_HIGHUSER_MOVABLE"}, std::string(had.release));
    if (had.release == "2.6.18") {
      CHECK(Says(Text({"gfp", "GFP_KERNEL"}, "2.6.18"), "it came with 2.6.35"));
      continue;
    }
    CHECK(Says(text, "the kernel joins pieces for it") == had.compaction);
    CHECK(Says(text, "[MOVABLE]") == had.cma);
  }
}

TEST_CASE("REPEAT presses on, it does not ask to fail") {
  CHECK_FALSE(Says(Text({"gfp", "0x84d0"}, "3.10.0"), "it asked to fail"));
  CHECK(Says(Text({"gfp", "GFP_KERNEL|__GFP_RETRY_MAYFAIL"}, "4.19.0"), "it asked to fail"));
  const auto repeat = ReadGfp(0x84d0, std::nullopt, ParseKernelVersion("3.10.0"));
  REQUIRE(repeat);
  CHECK(repeat->Has("REPEAT"));
  CHECK_FALSE(repeat->gives_up);
}

TEST_CASE("bits that 2.6.18 does not have are not named, EL5's own are") {
  CHECK(Says(Text({"gfp", "0x40000"}, "2.6.18"), "bits without a name"));
  CHECK(Says(Text({"gfp", "0x40000"}, "2.6.19"), "__GFP_THISNODE"));
  CHECK(Says(Text({"gfp", "0x440d2"}, "2.6.18-194.el5"), "it takes of the reserves"));
}

TEST_CASE("what becomes of a pasted request is told by its mask, too") {
  const std::string atomic =
      Text({"kswapd0: page allocation failure. order:4, mode:0x4020"}, "2.6.32");
  CHECK(Says(atomic, "at once     it may not sleep, so nothing is reclaimed or compacted for it"));
  CHECK(Says(atomic, "OOM killer  no: only for what may sleep"));
  CHECK_FALSE(Says(atomic, "rounds of reclaim"));
  const std::string small = Text({"swapper: page allocation failure. order:1, mode:0x20"}, "3.2.0");
  CHECK(Says(small, "at once     it may not sleep"));
  CHECK_FALSE(Says(small, "yes, for GFP_KERNEL"));
  const std::string sleeps = Text({"cp: page allocation failure. order:4, mode:0xd0"}, "2.6.32");
  CHECK(Says(sleeps, "rounds of reclaim"));
  CHECK_FALSE(Says(sleeps, "it may not sleep"));
}

TEST_CASE("an order has a size, and kills up to order 3 only") {
  CHECK(Says(Text({"order", "4"}), "order 4: 64 KiB in one piece, 2^4 = 16 pages of 4 KiB"));
  CHECK(Says(Text({"order", "4"}), "no: above order 3"));
  CHECK(Says(Text({"order", "3"}), "yes, for GFP_KERNEL"));
  CHECK(Says(Text({"order", "3"}, "2.6.18"), "yes, for GFP_KERNEL"));
  CHECK(Says(Text({"order", "4"}, "2.6.18"), "yes, where reclaim frees nothing at all"));
  CHECK(Says(Text({"order", "4"}, "2.6.32"), "there is no compaction yet"));
  CHECK_FALSE(Says(Text({"order", "4"}, "2.6.32-431.el6"), "no compaction"));
  CHECK_FALSE(Says(Text({"order", "11"}, "2.6.18"), "warning"));
  CHECK(Says(Text({"order", "11"}, "2.6.32"), "warning"));
  CHECK(Says(Text({"order=-1"}), "sysrq"));
  CHECK(Says(Text({"order", "12"}), "caller's bug"));
  CHECK(Says(Text({"order", "11"}), "at once, without reclaim"));
  CHECK_FALSE(Says(Text({"order", "11"}), "rounds of reclaim"));
  ExplainRequest request;
  request.words = {"order", "2"};
  request.page_kb = 64;
  const Result<Explanation> of_64k = Explain(request);
  REQUIRE(of_64k);
  CHECK(Says(Print(*of_64k), "256 KiB"));
}

}  // namespace
}  // namespace kautopsy::test
