#include "reports/compare/figures.h"
#include "reports/compare/parts.h"
#include "reports/render/text_writer.h"
#include "tests/unit/compare_fixture.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("a side is a number, a place, or else a file") {
  CHECK(ParseSideName("3").incident == 3);
  const SideName place = ParseSideName("/var/log/messages:66:23");
  CHECK(place.file == "/var/log/messages");
  CHECK(place.line == 66);
  CHECK(place.column == 23);
  const SideName line = ParseSideName("a:b.log:7");
  CHECK(line.file == "a:b.log");
  CHECK(line.line == 7);
  CHECK_FALSE(line.column);
  for (const char* file : {"messages", "messages:", ":7", "messages:x", "messages:7:", "-",
                           "messages:99999999999999999999999"}) {
    CAPTURE(file);
    CHECK_FALSE(ParseSideName(file).incident);
    CHECK(ParseSideName(file).file == file);
  }
  CHECK(FileSideName("3").file == "3");
}

TEST_CASE("a pair of sizes has one unit, and what differs is seen to differ") {
  CHECK(SizePair(11403812, 11369532) == "10.88 → 10.84 GiB");
  CHECK(SizePair(478984, 494720) == "467.8 → 483.1 MiB");
  CHECK(SizePair(7425208, 7415360) == "7,251 → 7,242 MiB");
  CHECK(SizePair(860, 848) == "860 → 848 KiB");
  CHECK(SizePair(0, 2048) == "0 → 2.0 MiB");
  CHECK(SizePair(431948, 431972) == "431,948 → 431,972 KiB");
  CHECK(SizePair(0, 0) == "0 → 0 KiB");
}

TEST_CASE("a change of a count has a sign and at most five columns") {
  CHECK(SignedCount(0) == "=");
  CHECK(SignedCount(351) == "+351");
  CHECK(SignedCount(-336519) == "−337k");
  CHECK(SignedCount(9999) == "+9999");
  CHECK(SignedCount(-1126501) == "−1.1M");
  for (const int64_t count : {int64_t{10000}, int64_t{999499}, int64_t{999500}, int64_t{9950000},
                              int64_t{400000000}, int64_t{1} << 36})
    CHECK(DisplayWidth(SignedCount(-count)) <= 5);
  CHECK(SignedSize(-1024) == "−1.0 MiB");
  CHECK(SignedSize(0) == "0");
}

TEST_CASE("free lists are compared zone by zone, and sums hold what both list") {
  const EventFacts before =
      Listed({MakeZone(0, "DMA", 0, 0, {1, 0, 1}), MakeZone(0, "Normal", 0, 0, {100, 10, 0, 0, 2}),
              MakeZone(1, "Normal", 0, 0, {7, 0, 0, 0, 9})});
  const EventFacts after =
      Listed({MakeZone(0, "DMA", 0, 0, {1, 0, 1}), MakeZone(0, "Normal", 0, 0, {20, 10, 0, 0, 7})});
  const ListChange lists = CompareLists(before, after, 4);
  REQUIRE(lists.zones.size() == 3);
  CHECK(lists.zones[0].Unchanged());
  CHECK_FALSE(lists.zones[0].counted);
  const ZoneChange& normal = lists.zones[1];
  CHECK(normal.free_before_kb == 100 * 4 + 10 * 8 + 2 * 64);
  CHECK(normal.cells[0].before == 100);
  CHECK(normal.cells[0].after == 20);
  CHECK(normal.before->pieces == 2);
  CHECK(normal.after->size_kb == 7 * 64);
  CHECK(normal.before->unusable == doctest::Approx(0.789));  // 480 of 608 KiB
  CHECK_FALSE(lists.zones[2].after);
  CHECK(lists.before->pieces == 2);
  CHECK(lists.after->pieces == 7);
  CHECK(lists.counted_names == "Normal");
  REQUIRE(lists.notes.size() == 1);
  CHECK(lists.notes[0] == "node 1 Normal is only in the first");
}

TEST_CASE("pieces of pages of different size are lined up by size, without a difference") {
  EventFacts small = Listed({MakeZone(0, "Normal", 0, 0, {5, 0, 0, 0, 3})});
  ZoneFacts large;
  large.node = 0;
  large.zone = "Normal";
  large.cells = {{0, 64, 8, std::nullopt}, {1, 128, 1, std::nullopt}};
  EventFacts big_pages = Listed({large});
  big_pages.page_size_kb = 64;
  const ListChange lists = CompareLists(small, big_pages, 4);
  CHECK_FALSE(lists.comparable);
  REQUIRE(lists.zones[0].cells.size() == 6);
  CHECK(lists.zones[0].cells[4].block_kb == 64);
  CHECK(lists.zones[0].cells[4].before == 3);
  CHECK(lists.zones[0].cells[4].after == 8);
  CHECK(lists.zones[0].after->pieces == 9);
  CHECK(lists.zones[0].after->unusable == 0);
  Comparison comparison;
  comparison.lists = lists;
  ReportOptions wide;
  wide.width = 200;
  CHECK(Mentions(TextOf(comparison, wide), "no difference is taken"));
  CHECK_FALSE(Mentions(TextOf(comparison), "+5"));
  const nlohmann::json json = ComparisonJson(comparison);
  CHECK(json.at("free_lists").at("zones").at(0).at("pieces").at(4).at("change").is_null());
}

TEST_CASE("a cut free list is left out, and free memory is then that of the counters") {
  ZoneFacts cut = MakeZone(0, "Normal", 100000, 100, {5});
  cut.free_list_kb.reset();
  const ListChange lists =
      CompareLists(Listed({cut}), Listed({MakeZone(0, "Normal", 90000, 100, {22500})}), 4);
  CHECK_FALSE(lists.zones[0].before);
  CHECK_FALSE(lists.before);
  CHECK(lists.zones[0].free_before_kb == 100000);
  CHECK(lists.zones[0].free_after_kb == 90000);
  CHECK(lists.notes.at(0) == "the first's free list of node 0 Normal is cut, so it is left out");
}

TEST_CASE("items are sorted by change, and what only one side tells has none") {
  const std::vector<ItemChange> items =
      CompareItems({{"anon", 100, ""}, {"free", 50, ""}, {"lru", 5, ""}},
                   {{"anon", 90, ""}, {"free", 80, ""}, {"huge_pages", 7, ""}}, true);
  REQUIRE(items.size() == 4);
  CHECK(items[0].item == "free");
  CHECK(items[0].ChangeKb() == 30);
  CHECK(items[1].ChangeKb() == -10);
  CHECK_FALSE(items[2].ChangeKb());
  CHECK_FALSE(items[3].before_kb);
}

TEST_CASE("programs of a memory report are not subtracted from those of /proc/meminfo") {
  const std::vector<ItemChange> items = CompareItems({{"anon", 100, ""}, {"free", 50, ""}},
                                                     {{"anon", 90, ""}, {"free", 80, ""}}, false);
  CHECK(items[0].item == "free");
  CHECK(items[0].ChangeKb() == 30);
  CHECK_FALSE(items[1].ChangeKb());
  CHECK(items[1].before_kb == 100);
}

TEST_CASE("programs grew, shrank, are new or gone; the largest change is first") {
  const std::vector<HolderChange> holders =
      CompareHolders({Sum("java", 100), Sum("httpd", 30), Sum("gone", 5), Sum("sshd", 1)},
                     {Sum("java", 160), Sum("httpd", 20), Sum("new", 40), Sum("sshd", 1)});
  std::string words;
  for (const HolderChange& holder : holders)
    words += holder.name + " " + std::string(holder.Word()) + " " +
             std::to_string(holder.change_kb.value_or(-1)) + "; ";
  CHECK(words == "java grew 60; new new 40; httpd shrank -10; gone gone -5; sshd same 0; ");
}

TEST_CASE("a program whose size one side does not tell did not shrink to nothing") {
  HolderSum cut = Sum("java", 0);
  cut.rss_kb.reset();
  const std::vector<HolderChange> holders =
      CompareHolders({Sum("java", 100), Sum("httpd", 30), Sum("sshd", 1)},
                     {cut, Sum("httpd", 20), Sum("sshd", 1)});
  REQUIRE(holders.size() == 3);
  CHECK(holders[0].name == "httpd");
  CHECK(holders[1].Word() == "unknown");
  CHECK_FALSE(holders[1].change_kb);
  CHECK(holders[2].Word() == "same");
  CHECK_FALSE(TotalKb({Sum("httpd", 20), cut}));

  Comparison comparison;
  comparison.holders = HoldersChange();
  comparison.holders->holders = {holders[1]};
  CHECK(ComparisonHeadline(comparison) ==
        "The two tell nothing in common, so there is nothing to compare.");
  ReportOptions options;
  options.width = 100;
  const std::string text = TextOf(comparison, options);
  CHECK(text.find("  ?      java                 100 KiB          ?          ?") !=
        std::string::npos);
  CHECK(text.find("together") == std::string::npos);
}

TEST_CASE("of two machines nothing is told as if one followed the other") {
  HolderSum first = Sum("java", 100);
  HolderSum second = Sum("java", 160);
  first.pid = 42;
  second.pid = 43;
  Comparison comparison;
  comparison.holders = HoldersChange();
  comparison.holders->holders = CompareHolders({first}, {second});
  ReportOptions options;
  options.width = 100;
  CHECK(TextOf(comparison, options).find("pid 42→43") != std::string::npos);
  comparison.machine.verdict = MachineVerdict::kUnlikely;
  CHECK(TextOf(comparison, options).find("pid") == std::string::npos);

  MachineMarks small;
  MachineMarks large;
  small.ram_kb = 1 << 20;
  large.ram_kb = 4 << 20;
  CHECK(JudgeMachine(small, large).why == "RAM is 1.0 GiB and 4.0 GiB.");
}

TEST_CASE("what a table that is cut lacks is not gone in the headline") {
  Comparison comparison;
  comparison.holders = HoldersChange();
  comparison.holders->holders = CompareHolders({Sum("java", 100)}, {});
  CHECK(ComparisonHeadline(comparison) == "java changed most: −100 KiB.");
  comparison.holders->note = "the table of the second is incomplete";
  CHECK(ComparisonHeadline(comparison) ==
        "The two tell nothing in common, so there is nothing to compare.");
}

TEST_CASE("a guest and a command of one name are not the same") {
  HolderSum guest = Sum("web", 10);
  guest.guest = true;
  const std::vector<HolderChange> holders = CompareHolders({guest}, {Sum("web", 10)});
  REQUIRE(holders.size() == 2);
  CHECK(holders[0].Word() == "gone");
  CHECK(holders[1].Word() == "new");
}

TEST_CASE("tables of a control group and of the whole machine are not compared") {
  EventFacts whole = MakeEvent(1, "oom");
  whole.oom = OomFacts();
  whole.oom->constraint_kind = "none";
  EventFacts group = MakeEvent(2, "oom");
  group.oom = OomFacts();
  group.oom->constraint_kind = "memcg";
  group.oom->oom_memcg = "/pods";
  CHECK(TablesDiffer(whole, whole).empty());
  CHECK(TablesDiffer(group, group).empty());
  CHECK(TablesDiffer(whole, group) ==
        "the first lists all, the second those of control group /pods");
}

TEST_CASE("the same machine is judged by names, RAM, zones and zone DMA") {
  MachineMarks named;
  named.host = "kvm1";
  named.ram_kb = 1000000;
  named.zones = {"0 DMA", "0 Normal"};
  named.dma_counts = {1, 2};
  MachineMarks other = named;
  const auto verdict = [&] { return JudgeMachine(named, other).verdict; };
  CHECK(verdict() == MachineVerdict::kLikely);
  other.dma_counts = {2, 2};  // a name says more
  CHECK(verdict() == MachineVerdict::kLikely);
  other.ram_kb = 2000000;
  CHECK(verdict() == MachineVerdict::kUnknown);
  other = named;
  named.kernel = "6.1.0";
  other.kernel = "6.12.0";
  other.ram_kb = 1034000;  // another kernel keeps another part for itself
  CHECK(verdict() == MachineVerdict::kLikely);
  other.kernel = named.kernel;
  CHECK(verdict() == MachineVerdict::kUnknown);
  other = named;
  other.host = "kvm2";
  other.dma_counts.clear();
  other.ram_kb.reset();
  CHECK(verdict() == MachineVerdict::kUnlikely);
  CHECK(JudgeMachine(named, other).why == "the hosts are kvm1 and kvm2.");
  other.host.reset();
  CHECK(verdict() == MachineVerdict::kUnknown);
  other.zones = {"0 DMA", "0 HighMem"};
  CHECK(verdict() == MachineVerdict::kUnlikely);
  other.zones = {"0 Normal"};  // a report may leave zones out
  CHECK(verdict() == MachineVerdict::kUnknown);
  other.dma_counts = named.dma_counts;
  CHECK(verdict() == MachineVerdict::kLikely);
  CHECK(JudgeMachine({}, {}).verdict == MachineVerdict::kUnknown);
}

TEST_CASE("a snapshot that is not of the named host is of another machine than it") {
  MachineMarks host;
  host.host = "kvm1";
  MachineMarks other;
  other.other_than = "kvm1";
  other.other_by_dma = true;
  const SameMachine machine = JudgeMachine(host, other);
  CHECK(machine.verdict == MachineVerdict::kUnlikely);
  CHECK(machine.why == "The second is not kvm1, which the text names: its zone DMA differs.");
}

}  // namespace
}  // namespace kautopsy::test
