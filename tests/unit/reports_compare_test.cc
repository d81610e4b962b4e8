#include <nlohmann/json.hpp>

#include "reports/compare/compare.h"
#include "reports/compare/figures.h"
#include "reports/compare/parts.h"
#include "reports/render/compare.h"
#include "reports/render/text_writer.h"
#include "tests/rules/facts_fixture.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

SidePick PickOrFail(Database& database, const std::string& name, bool whole_store = false) {
  const Result<SidePick> pick = FindSide(database, ParseSideName(name), whole_store);
  REQUIRE_MESSAGE(pick.has_value(), pick.error().message);
  return *pick;
}

std::string WhyNot(Database& database, const std::string& name) {
  const Result<SidePick> pick = FindSide(database, ParseSideName(name), false);
  REQUIRE_FALSE(pick.has_value());
  return pick.error().message;
}

Comparison CompareOrFail(const StoredSide& before, const StoredSide& after) {
  const Result<Comparison> comparison = Compare(before, after);
  REQUIRE_MESSAGE(comparison.has_value(), comparison.error().message);
  return *comparison;
}

Comparison OfPlaces(Database& database, const std::string& before, const std::string& after) {
  return CompareOrFail({&database, PickOrFail(database, before)},
                       {&database, PickOrFail(database, after)});
}

std::string TextOf(const Comparison& comparison, const ReportOptions& options = {}) {
  std::ostringstream out;
  RenderComparisonText(comparison, options, out);
  return out.str();
}

EventFacts Listed(const std::vector<ZoneFacts>& zones) {
  EventFacts event = MakeEvent(1, "buddyinfo");
  event.zones = zones;
  return event;
}

HolderSum Sum(std::string name, int64_t rss_kb) {
  HolderSum sum;
  sum.name = std::move(name);
  sum.tasks = 1;
  sum.rss_kb = rss_kb;
  return sum;
}

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

TEST_CASE("the seed's compaction joined pieces and freed nothing") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:29:23", "paste.txt:31:61");
  CHECK(comparison.headline ==
        "Compaction joined small pieces, it freed nothing: 10.88 → 10.84 GiB free, but pieces of "
        "64 KiB and more now hold 74.6 % of the free memory of the Normal zones, before < 0.1 %.");
  CHECK(comparison.machine.verdict == MachineVerdict::kLikely);
  CHECK(comparison.commands.place == "31:1");
  CHECK_FALSE(comparison.seconds_between);
  REQUIRE(comparison.lists);
  CHECK(comparison.lists->before->pieces == 16);
  CHECK(comparison.lists->after->pieces == 48228);
  CHECK(comparison.lists->after->huge_pieces == 461);
  CheckGolden("tests/golden/compare/seed-compaction.txt", TextOf(comparison));
}

TEST_CASE("a memory report and a pasted moment of one host are compared as far as they can be") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:8:1", "paste.txt:16");
  CHECK(comparison.machine.verdict == MachineVerdict::kLikely);
  CHECK(comparison.after.host == "wv2-f302");
  CHECK(comparison.after.host_deduced);
  CheckGolden("tests/golden/compare/seed-report-and-paste.txt", TextOf(comparison));
}

TEST_CASE("meminfo alone has no free lists to compare, and says what is missing") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:10:1", "paste.txt:16:238");
  CHECK_FALSE(comparison.lists);
  REQUIRE(comparison.memory);
  CHECK(comparison.memory->items.at(0).item == "free");
  CHECK(comparison.memory->items.at(0).ChangeKb() == 28038892 - 9720268);
  const auto lacks = [&](const std::string& what) {
    return std::any_of(comparison.unknowns.begin(), comparison.unknowns.end(),
                       [&](const Missing& missing) { return missing.what == what; });
  };
  CHECK(lacks("free pieces by size (first)"));
  CHECK(lacks("who held memory (both)"));
}

TEST_CASE("a snapshot without meminfo, and meminfo without lists, have nothing in common") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:10:1", "paste.txt:14:23");
  CHECK_FALSE(comparison.lists);
  CHECK_FALSE(comparison.memory);
  CHECK(comparison.headline == "The two tell nothing in common, so there is nothing to compare.");
}

TEST_CASE("what was seen after dropping caches and compaction is laid to neither") {
  Database database = StoreOf("samples/seed/paste.txt");
  Comparison comparison = OfPlaces(database, "paste.txt:8:1", "paste.txt:14:23");
  CHECK_FALSE(comparison.commands.compact);  // another snapshot stands between
  comparison.commands = {true, true, "12:1"};
  CHECK(Mentions(ComparisonHeadline(comparison), "which of them did what is not in the text"));
}

TEST_CASE("free memory that crumbles is told by its pieces") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:14:23", "paste.txt:16");
  CHECK(comparison.headline.starts_with("Free memory crumbled: 99.76 → 26.75 GiB free, but"));
}

TEST_CASE("free memory that only shrinks is told as such") {
  Comparison comparison;
  comparison.lists = CompareLists(Listed({MakeZone(0, "Normal", 0, 0, {900, 0, 0, 0, 90})}),
                                  Listed({MakeZone(0, "Normal", 0, 0, {300, 0, 0, 0, 30})}), 4);
  CHECK(ComparisonHeadline(comparison) ==
        "Free memory shrank: 9.1 → 3.0 MiB free, in pieces much as before.");
  comparison.lists->free_after_kb = comparison.lists->free_before_kb;
  CHECK(ComparisonHeadline(comparison) == "As much is free, in pieces much as before.");
}

TEST_CASE("two hosts have differences, not changes") {
  Database one = StoreOf("samples/seed/paste.txt");
  Database other = StoreOf("samples/oom/el6-complete.log");
  const Comparison comparison =
      CompareOrFail({&one, PickOrFail(one, "1")}, {&other, PickOrFail(other, "1")});
  CHECK(comparison.machine.verdict == MachineVerdict::kUnlikely);
  CHECK(comparison.headline.starts_with(
      "Two machines, wv2-f302 and db7: what follows are differences, not changes."));
  CHECK(comparison.same_signature == false);
  const std::string text = TextOf(comparison);
  CHECK(Mentions(text, "differs"));
  for (const char* word : {"grew", "shrank", "gone", "  new "}) CHECK_FALSE(Mentions(text, word));
}

TEST_CASE("an uptime is not subtracted from that of another file") {
  Database one = StoreOf("samples/captures/6.1.0-56-amd64_oom_global.kmsg");
  Database other = StoreOf("samples/captures/6.1.0-56-amd64_oom_slab.kmsg");
  const Comparison files = CompareOrFail({&one, PickOrFail(one, "one", true)},
                                         {&other, PickOrFail(other, "other", true)});
  CHECK_FALSE(files.seconds_between);
  CHECK(files.lists);
  CHECK(Mentions(files.headline, "Slab grew by 121 MiB (59.3 % of RAM)"));
  CheckGolden("tests/golden/compare/oom-and-slab.txt", TextOf(files));
}

TEST_CASE("two kills of one boot are of one machine, and what they hold makes up for each other") {
  Database database = StoreOf("samples/captures/6.1.0-56-amd64_oom_storm.kmsg");
  const Comparison comparison =
      OfPlaces(database, "6.1.0-56-amd64_oom_storm.kmsg:481", "6.1.0-56-amd64_oom_storm.kmsg:542");
  CHECK(comparison.machine.verdict == MachineVerdict::kLikely);
  CHECK(comparison.seconds_between == 0);
  CHECK(comparison.headline ==
        "Little moved in sum, but guest wl50 is gone (−39 MiB) and guest wl52 grew (+9.5 MiB).");
  const std::string text = TextOf(comparison);
  CHECK(Mentions(text, "died: guest wl50 39 MiB"));
  CHECK_FALSE(Mentions(text, "[min]"));  // only its boost changed
}

TEST_CASE("every line of a comparison fits the width, and ASCII is ASCII") {
  Database seed = StoreOf("samples/seed/paste.txt");
  Database kill = StoreOf("samples/oom/el6-complete.log");
  const Comparison comparisons[] = {
      OfPlaces(seed, "paste.txt:29", "paste.txt:31"),
      OfPlaces(seed, "paste.txt:8:1", "paste.txt:16"),
      CompareOrFail({&seed, PickOrFail(seed, "paste.txt:8:3699")}, {&kill, PickOrFail(kill, "1")})};
  for (const int width : {50, 60, 80, 120}) {
    ReportOptions options;
    options.width = width;
    options.unicode = width != 60;
    for (const Comparison& comparison : comparisons) {
      for (const std::string& line : LinesOf(TextOf(comparison, options))) {
        CAPTURE(line);
        CHECK(DisplayWidth(line) <= width);
        for (const char c : line) CHECK((options.unicode || static_cast<unsigned char>(c) < 0x80));
      }
    }
  }
}

TEST_CASE("sums of hostile figures end at what any machine has") {
  std::vector<HolderSum> sums;
  sums.resize(100, Sum("a", kLargestSize));
  CHECK(TotalKb(sums) == kLargestSize);
  const int64_t most = int64_t{1} << 36;
  const EventFacts event = Listed({MakeZone(0, "Normal", 1, 1, std::vector<int64_t>(11, most)),
                                   MakeZone(1, "Normal", 1, 1, std::vector<int64_t>(11, most))});
  const ListChange lists = CompareLists(event, event, 4);
  REQUIRE(lists.zones.size() == 2);
  CHECK(lists.zones[0].free_before_kb.value_or(0) <= kLargestSize);
  CHECK(lists.free_after_kb.value_or(0) <= 2 * kLargestSize);
}

TEST_CASE("colour only adds codes to a comparison") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:8:1", "paste.txt:16");
  ReportOptions options;
  options.colour = true;
  std::string coloured = TextOf(comparison, options);
  CHECK(Mentions(coloured, "\x1b[1mMEMORY"));
  for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
    coloured.erase(at, coloured.find('m', at) - at + 1);
  CHECK(coloured == TextOf(comparison));
}

TEST_CASE("the JSON of a comparison has the same figures under stable keys") {
  Database database = StoreOf("samples/seed/paste.txt");
  const nlohmann::json json =
      ComparisonJson(OfPlaces(database, "paste.txt:29:23", "paste.txt:31:61"));
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("same_machine") == "likely");
  CHECK(json.at("seconds_between").is_null());
  CHECK(json.at("commands_between").at("compacted") == true);
  const nlohmann::json& normal = json.at("free_lists").at("zones").at(2);
  CHECK(normal.at("zone") == "Normal");
  CHECK(normal.at("pieces").at(0).at("change") == 83764 - 420283);
  CHECK(normal.at("large_after").at("pieces") == 6299);
  CHECK(json.at("memory").is_null());
}

TEST_CASE("a place that is none is an error that names the records near it") {
  Database database = StoreOf("samples/seed/paste.txt");
  CHECK(
      Mentions(WhyNot(database, "paste.txt:3"), "no record stands there; the nearest are\n  8:1"));
  CHECK(WhyNot(database, "other.txt:3") ==
        "other.txt:3: no such file was read; there is samples/seed/paste.txt");
  CHECK(WhyNot(database, "77") == "incident 77: there is none; there is 1");
  RowReader reader(database);
  const Result<Side> side = LoadSide(reader, PickOrFail(database, "paste.txt:8"));
  REQUIRE_FALSE(side.has_value());
  CHECK(Mentions(side.error().message, "several records stand there"));
  CHECK(Mentions(side.error().message, "paste.txt:8:3699 OOM killer"));
}

TEST_CASE("a command's place means the output below it") {
  Database database = StoreOf("samples/seed/paste.txt");
  CHECK(PickOrFail(database, "paste.txt:31:1").column == 61);
  CHECK(PickOrFail(database, "paste.txt:31:45").column == 61);
  CHECK(PickOrFail(database, "paste.txt:31:100").column == 61);
  CHECK(PickOrFail(database, "paste.txt:16:100").column == 23);
  CHECK(PickOrFail(database, "paste.txt:16:220").column == 238);
}

TEST_CASE("a file means its newest incident") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(database.Execute("INSERT INTO incident (host, last_time) VALUES ('x', '2030-01-01')"));
  CHECK(PickOrFail(database, "paste.txt").incident_id == 1);
  CHECK(PickOrFail(database, "samples").incident_id == 1);
  const SidePick newest = PickOrFail(database, "anything", true);
  CHECK(newest.incident_id == 2);
  CHECK(newest.chosen == "the newest of 2 incidents");
}

TEST_CASE("comparing a record with itself says that there is nothing to compare") {
  Database database = StoreOf("samples/seed/paste.txt");
  const Comparison comparison = OfPlaces(database, "paste.txt:29:23", "paste.txt:29");
  CHECK(comparison.same_record);
  CHECK(Mentions(TextOf(comparison), "nothing to compare"));
  CHECK_FALSE(comparison.lists);
}

TEST_CASE("two stores are redacted alike, so that equal names stay equal and others differ") {
  Database one = StoreOf("samples/seed/paste.txt");
  Database same = StoreOf("samples/seed/messages");
  Database other = StoreOf("samples/oom/el6-complete.log");
  const auto redacted = [](Database& first, Database& second) {
    ReportOptions options;
    options.redact = true;
    std::ostringstream out;
    REQUIRE(PrintComparison({&first, PickOrFail(first, "x", true)},
                            {&second, PickOrFail(second, "x", true)}, options, out));
    return out.str();
  };
  const std::string two = redacted(one, other);
  CHECK(Mentions(two, "Two machines, host-1 and host-2"));
  CHECK(Mentions(two, "kautopsy compare log-1 log-2"));
  for (const char* name : {"wv2-f302", "db7", "wl52", "paste.txt", "el6-complete"})
    CHECK_FALSE(Mentions(two, name));
  Database first = StoreOf("samples/seed/paste.txt");
  CHECK(Mentions(redacted(first, same), "both name host-1"));
}

}  // namespace
}  // namespace kautopsy::test
