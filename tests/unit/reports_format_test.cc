#include <doctest/doctest.h>

#include "reports/diagnosis/kernel_version.h"
#include "reports/diagnosis/moments.h"
#include "reports/format.h"
#include "reports/render/text_writer.h"
#include "reports/render/words.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("sizes are written in powers of 1024 and rounded half away from zero") {
  CHECK(SizeText(126277652) == "120.4 GiB");
  CHECK(SizeText(431968) == "422 MiB");
  CHECK(SizeText(2000) == "2.0 MiB");
  CHECK(SizeText(4) == "4 KiB");
  CHECK(GibNumber(0) == "0");
  CHECK(GibNumber(2000) == "< 0.1");
  CHECK(PieceSize(2048) == "2 MiB");
  CHECK(PieceColumn(64) == "64K");
}

TEST_CASE("zero is only printed for zero") {
  CHECK(PercentNumber(0, 100) == "0");
  CHECK(PercentNumber(0.01, 100) == "< 0.1");
  CHECK(PercentNumber(95.5, 100) == "95.5");
  CHECK(PercentNumber(1, 0) == "?");
}

TEST_CASE("counts have three digits and thousands are grouped") {
  CHECK(ShortCount(98) == "98");
  CHECK(ShortCount(1648026) == "1.65M");
  CHECK(ShortCount(21420) == "21.4k");
  CHECK(Thousands(1648026) == "1,648,026");
  CHECK(Thousands(-5) == "-5");
  CHECK(Thousands(-1000) == "-1,000");
}

TEST_CASE("spans name their two largest units") {
  CHECK(SpanText(2067479) == "23 d 22 h");
  CHECK(SpanText(3700) == "1 h 1 min");
  CHECK(SpanText(59) == "59 s");
}

TEST_CASE("releases are read with the build of Red Hat kernels") {
  const KernelVersion el6 = ParseKernelVersion("2.6.32-431.17.1.el6.x86_64");
  CHECK(el6.el == 6);
  CHECK(el6.el_build == 431);
  CHECK(el6.AtLeast(2, 6, 32));
  CHECK(el6.Below(2, 6, 36));
  CHECK_FALSE(ParseKernelVersion("not a release").known());
  CHECK(ParseKernelVersion("6.12.0-211.el10").el == 10);
  // Oracle's and ELRepo's kernels for these systems are none of Red Hat's.
  CHECK(ParseKernelVersion("4.14.35-2047.el7uek.x86_64").el == 0);
  CHECK(ParseKernelVersion("2.6.39-400.215.10.el6uek.x86_64").el == 0);
  CHECK(ParseKernelVersion("6.1.0-1.el9.elrepo.x86_64").el == 0);
}

TEST_CASE("events stand in time order, undated ones after the latest dated one before them") {
  std::vector<EventFacts> events = {MakeEvent(1, "mem_info", "Nov 20 12:42:42"),
                                    MakeEvent(2, "oom", "Oct 27 14:24:43"), MakeEvent(3, "meminfo"),
                                    MakeEvent(4, "alloc_failure", "Nov 25 09:14:07"),
                                    MakeEvent(5, "free")};
  OrderEvents(events);
  std::vector<int64_t> order;
  order.reserve(events.size());
  for (const EventFacts& event : events) order.push_back(event.id);
  CHECK(order == std::vector<int64_t>{2, 1, 3, 4, 5});
  CHECK(SecondsFromTo(events[0], events[1]) == 23 * 86400 + 22 * 3600 + 17 * 60 + 59);
  CHECK_FALSE(SecondsFromTo(events[0], events[2]));
  CHECK(MomentText(events[2]) == "~");
}

TEST_CASE("printed times are read in both shapes, and nonsense is not") {
  CHECK(ParsePrintedTime("Nov  5 02:03:04")->day == 5);
  CHECK(ParsePrintedTime("2014-11-25T09:14:07.5Z")->year == 2014);
  CHECK_FALSE(ParsePrintedTime("Foo 25 09:14:07"));
  CHECK_FALSE(ParsePrintedTime("Nov 45 09:14:07"));
  CHECK_FALSE(ParsePrintedTime(""));
}

TEST_CASE("width counts columns, and cutting keeps whole characters") {
  CHECK(DisplayWidth("abc") == 3);
  CHECK(DisplayWidth("伺服器") == 6);
  CHECK(CutToWidth("abcdef", 4) == "abc…");
  CHECK(CutToWidth("伺服器", 4) == "伺…");
  CHECK(CutToWidth("abc", 3) == "abc");
  CHECK(PadLeft("7", 3) == "  7");
}

TEST_CASE("A place names its file where there are several, and the folder where names are equal") {
  StoreSummary store;
  store.sources.resize(1);
  store.sources[0].id = 1;
  store.sources[0].path = "/var/log/messages";
  CHECK(PlaceWords(store, 1, 29, 4153) == "29:4153");
  store.sources.resize(3);
  store.sources[1].id = 2;
  store.sources[1].path = "db7/var/log/messages";
  store.sources[2].id = 3;
  store.sources[2].path = "-";
  CHECK(PlaceWords(store, 1, 29, 4153) == "/var/log/messages:29:4153");
  CHECK(PlaceWords(store, 2, 1, 1) == "db7/var/log/messages:1:1");
  CHECK(PlaceWords(store, 3, 1, 1) == "standard input:1:1");
  CHECK(PlaceWords(store, 4, 1, 1) == "1:1");
}

TEST_CASE("an overview gives a day only to the incidents whose date is known") {
  Overview overview;
  overview.incidents = 14;
  overview.causes = {{.name = "slab_leak", .count = 14, .biggest_kb = {}}};
  overview.dated = 1;
  overview.from = overview.to = "2014-11-25T09:14:07Z";
  CHECK(OverviewSentence(overview).starts_with(
      "14 incidents, 1 of them on 2014-11-25, the others without a full date."));
  overview.dated = 14;
  CHECK(OverviewSentence(overview).starts_with("14 incidents on 2014-11-25."));
  overview.from = overview.to = std::nullopt;
  overview.dated = 0;
  CHECK(OverviewSentence(overview).starts_with("14 incidents."));
}

}  // namespace
}  // namespace kautopsy::test
