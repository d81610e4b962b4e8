#include <doctest/doctest.h>

#include "reports/diagnosis/gfp.h"

namespace kautopsy::test {
namespace {

std::string Names(int64_t mask, std::string_view release) {
  const std::optional<GfpMeaning> meaning =
      ReadGfp(mask, std::nullopt, ParseKernelVersion(release));
  return meaning ? JoinNames(*meaning) : "";
}

TEST_CASE("masks are named by the layout of their kernel") {
  CHECK(Names(0x20, "2.6.32-431.el6") == "GFP_ATOMIC");
  CHECK(Names(0x201da, "3.10.0-514.el7") == "GFP_HIGHUSER_MOVABLE|__GFP_COLD");
  CHECK(Names(0x4020, "2.6.32") == "GFP_ATOMIC|__GFP_COMP");
  CHECK(Names(0xd0, "2.6.18-164.el5") == "GFP_KERNEL");
  CHECK(Names(0x24200ca, "4.4.0-142-generic") == "GFP_HIGHUSER_MOVABLE");
  CHECK(Names(0x14000c0, "4.15.0") == "GFP_KERNEL");
  CHECK(Names(0x6000c0, "4.18.0-553.el8") == "GFP_KERNEL");
  CHECK(Names(0x140dca, "6.1.0") == "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP");
}

TEST_CASE("without a release the mask itself tells the layout") {
  CHECK(Names(0xcc0, "") == "GFP_KERNEL");
  CHECK(Names(0x14200ca, "") == "GFP_HIGHUSER_MOVABLE");
  CHECK(Names(0x201da, "") == "GFP_HIGHUSER_MOVABLE|__GFP_COLD");
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

TEST_CASE("nothing printed means nothing decoded") {
  CHECK_FALSE(ReadGfp(std::nullopt, std::nullopt, ParseKernelVersion("6.1.0")));
}

}  // namespace
}  // namespace kautopsy::test
