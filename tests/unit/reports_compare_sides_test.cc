#include <nlohmann/json.hpp>

#include "reports/compare/figures.h"
#include "reports/compare/parts.h"
#include "reports/render/text_writer.h"
#include "tests/unit/compare_fixture.h"
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
