#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/alloc_tags.h"
#include "parsers/kernel/memcg.h"
#include "parsers/kernel/slab_table.h"
#include "tests/support/text_sink.h"
#include "tests/unit/section_fixture.h"

namespace kautopsy {
namespace {

using test::Line;

// The rows as text, without the line they stand on.
std::vector<std::string> RowsOf(const EventRecord& event) {
  std::vector<std::string> rows;
  for (const test::RecordedRow& row : test::RowsOfEvent(event)) {
    std::string text = row.relation;
    for (const auto& [column, value] : row.cells) {
      if (column != "log_line") text.append(" ").append(column).append("=").append(value);
    }
    rows.push_back(text);
  }
  return rows;
}

template <class Collector, class Text = std::string_view>
Claim OfferAll(Collector& section, const std::vector<Text>& lines) {
  Claim claim = Claim::kNone;
  for (const std::string_view line : lines) claim = section.Offer(Line(line));
  return claim;
}

TEST_CASE("A memory cgroup's counters know the kernel's words for no limit") {
  struct Case {
    std::string_view limit;
    std::string_view cells;
  };
  for (const Case& expected : std::vector<Case>{{"204800", "limit_kb=204800 unlimited=0"},
                                                {"9007199254740991", "unlimited=1"},
                                                {"18014398509481983", "unlimited=1"},
                                                {"9007199254740988", "unlimited=1"},
                                                {"9007199254740928", "unlimited=1"},
                                                {"8589934588", "unlimited=1"}}) {
    MemcgSection section;
    const std::string line =
        "memory+swap: usage 5kB, limit " + std::string(expected.limit) + "kB, failcnt 7";
    CAPTURE(line);
    REQUIRE(section.Offer(Line(line)) == Claim::kTaken);
    CHECK(section.Offer(Line(line)) == Claim::kConflict);
    EventRecord event;
    section.AddTo(event, "/a");
    CHECK(RowsOf(event).at(0) == "memcg path=/a counter=memory_swap usage_kb=5 " +
                                     std::string(expected.cells) + " failcnt=7");
  }
}

TEST_CASE("Scores of a group are measured by its limit, its swap in use, and at most all of it") {
  struct Case {
    std::string_view memory;
    std::string_view swap;
    Integer least_pages;
    Integer most_pages;
  };
  constexpr std::string_view kFull = "memory: usage 40960kB, limit 40960kB, failcnt 8";
  for (const Case& expected : std::vector<Case>{
           {kFull, "swap: usage 16384kB, limit 16384kB, failcnt 1", 14336, 14336},
           {kFull, "swap: usage 8192kB, limit 16384kB, failcnt 1", 12288, 14336},
           {kFull, "swap: usage 0kB, limit 0kB, failcnt 1", 10240, 10240},
           {kFull, "swap: usage 8192kB, limit 9007199254740988kB, failcnt 0", 12288, std::nullopt},
           {kFull, "memory+swap: usage 49152kB, limit 49152kB, failcnt 5", 12288, 12288},
           {kFull, "memory+swap: usage 40960kB, limit 49152kB, failcnt 5", 10240, 12288},
           // Without accounting of swap its usage stays 0.
           {kFull, "memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0", 10240,
            std::nullopt},
           {"memory: usage 20480kB, limit 40960kB, failcnt 8",
            "memory+swap: usage 49152kB, limit 49152kB, failcnt 5", 12288, 12288}}) {
    CAPTURE(expected.swap);
    MemcgSection section;
    OfferAll(section, std::vector<std::string_view>{expected.memory, expected.swap});
    const ScoreBase base = section.score_base(4);
    CHECK(base.least_pages == expected.least_pages);
    CHECK(base.most_pages == expected.most_pages);
  }
}

TEST_CASE("Who hit whose limit stands in one line or in two") {
  for (const std::vector<std::string_view>& lines : std::vector<std::vector<std::string_view>>{
           {"Task in /a/b killed as a result of limit of /a"},
           {"Task in /a/b", "killed as a result of limit of /a"}}) {
    MemcgSection section;
    REQUIRE(OfferAll(section, lines) == Claim::kTaken);
    CHECK(section.task_in() == "/a/b");
    CHECK(section.limit_of() == "/a");
  }
  MemcgSection alone;
  REQUIRE(alone.Offer(Line("Memory limit reached of cgroup /syz0")) == Claim::kTaken);
  CHECK(alone.limit_of() == "/syz0");
}

TEST_CASE("Statistics of old kernels stand in one line for each group") {
  MemcgSection section;
  REQUIRE(OfferAll(section, {"Memory cgroup stats for /a: cache:80KB rss:516948KB",
                             "rss_huge:7KB swap:0KB",  // wrapped by mail
                             "Memory cgroup stats for /a/b c: cache:1KB"}) == Claim::kTaken);
  EventRecord event;
  section.AddTo(event, std::nullopt);
  CHECK(RowsOf(event) ==
        std::vector<std::string>{"memcg_stat path=/a name=cache value=80 unit=kB",
                                 "memcg_stat path=/a name=rss value=516948 unit=kB",
                                 "memcg_stat path=/a name=rss_huge value=7 unit=kB",
                                 "memcg_stat path=/a name=swap value=0 unit=kB",
                                 "memcg_stat path=/a/b c name=cache value=1 unit=kB"});
}

TEST_CASE("Statistics of new kernels are one record or a line each, in bytes or events") {
  for (const std::string_view record :
       {"Memory cgroup stats for /a:\nanon 4096\npgfault 3\nnewly_added 9",
        "Memory cgroup stats for /a:#012anon 4096#012pgfault 3#012newly_added 9",
        "Memory cgroup stats for /a:#012anon 4096\\x0apgfault 3\\012newly_added 9"}) {
    MemcgSection section;
    REQUIRE(OfferAll(section, test::Unescaped(record)) == Claim::kTaken);
    CHECK(section.limit_of() == "/a");
    EventRecord event;
    section.AddTo(event, "/a");
    CHECK(RowsOf(event) ==
          std::vector<std::string>{"memcg_stat path=/a name=anon value=4096 unit=bytes",
                                   "memcg_stat path=/a name=pgfault value=3 unit=count",
                                   "memcg_stat path=/a name=newly_added value=9 unit=bytes"});
  }
}

TEST_CASE("The last figure of statistics that fill a record may be cut, and is left out") {
  MemcgSection section;
  REQUIRE(section.Offer(Line("Memory cgroup stats for /a:")) == Claim::kTaken);
  std::string record = "anon 4096";
  std::size_t printed = record.size();  // by the kernel, to which a line end is one byte
  for (int i = 0; printed < 970; ++i) {
    const std::string figure = "figure_" + std::to_string(i) + " 12345";
    record += "#012" + figure;
    printed += 1 + figure.size();
  }
  REQUIRE(OfferAll(section, test::Unescaped(record)) == Claim::kTaken);
  EventRecord event;
  section.AddTo(event, "/a");
  const std::vector<std::string> rows = RowsOf(event);
  const std::string last = record.substr(record.rfind("#012") + 4);
  CHECK(rows.back().find(last.substr(0, last.find(' ')) + " ") == std::string::npos);
  CHECK(rows.size() > 30);
}

TEST_CASE("What protects a memory cgroup stands below its statistics") {
  MemcgSection section;
  const std::string_view text = "Memory cgroup min protection 4kB -- low protection 8kB";
  REQUIRE(OfferAll(section, {"Memory cgroup stats for /a:", text}) == Claim::kTaken);
  CHECK(section.Offer(Line(text)) == Claim::kConflict);
  EventRecord event;
  section.AddTo(event, "/a");
  CHECK(RowsOf(event) ==
        std::vector<std::string>{"memcg_stat path=/a name=min_protection value=4 unit=kB",
                                 "memcg_stat path=/a name=low_protection value=8 unit=kB"});
}

TEST_CASE("What protects all memory cgroups stands below Mem-Info") {
  MemcgSection section;
  const std::string_view text = "Memory cgroup min protection 0kB -- low protection 8kB";
  CHECK(section.Offer(Line(text)) == Claim::kTaken);
  CHECK(section.empty());  // the report is no memory cgroup's
  EventRecord event;
  section.AddTo(event, std::nullopt);
  CHECK(RowsOf(event) ==
        std::vector<std::string>{"memcg_stat path=/ name=min_protection value=0 unit=kB",
                                 "memcg_stat path=/ name=low_protection value=8 unit=kB"});
}

TEST_CASE("Lines that only look like statistics are none") {
  MemcgSection section;
  CHECK(section.Offer(Line("Memory cgroup stats for /a: they are high")) == Claim::kNone);
  CHECK(section.Offer(Line("Memory cgroup stats for /a: they say:")) == Claim::kNone);
  CHECK(section.Offer(Line("anon 4096")) == Claim::kNone);  // no header yet
  REQUIRE(section.Offer(Line("Memory cgroup stats for /a:")) == Claim::kTaken);
  for (const std::string_view text :
       {"eth0 is up", "usb 1-1: new device", "anon", "anon x", "anon 5 6", "Anon 5", ""}) {
    CAPTURE(text);
    CHECK(section.Offer(Line(text)) == Claim::kNone);
  }
}

TEST_CASE("A memory cgroup's block says what it lacks") {
  MemcgSection section;
  OfferAll(section, {"memory: usage 5kB, limit 5kB, failcnt 7",
                     "memory+swap: usage 5kB, limit 5kB, failcnt 7",
                     "kmem: usage 5kB, limit 5kB, failcnt 7"});
  EventRecord event;
  Damage damage;
  section.NoteMissing(damage);
  damage.StoreIn(event);
  CHECK(event.damage == "no statistics of the memory cgroup");
  CHECK_FALSE(section.replaces_mem_info());
}

TEST_CASE("The slab table's rows hold any name") {
  SlabTableSection section;
  REQUIRE(OfferAll(section,
                   {"Unreclaimable slab info:", "Name                      Used          Total",
                    "kmalloc-64           123456KB     123460KB",
                    "a very_long_name(12:x y.service)         1KB          2KB"}) == Claim::kTaken);
  CHECK(section.Offer(Line("kernel memory 5KB")) == Claim::kNone);
  CHECK(section.Offer(Line("Unreclaimable slab info:")) == Claim::kConflict);
  EventRecord event;
  section.AddTo(event);
  CHECK(RowsOf(event) == std::vector<std::string>{
                             "slab name=kmalloc-64 used_kb=123456 total_kb=123460",
                             "slab name=a very_long_name(12:x y.service) used_kb=1 total_kb=2"});
}

TEST_CASE("Profiled allocations give bytes whether printed for machines or for people") {
  AllocTagSection section;
  REQUIRE(OfferAll(section, {"Memory allocations (profiling is currently turned on):",
                             "119 MiB    30463 mm/memory.c:1082 func:folio_prealloc",
                             "4096        1 fs/x.c:7 [xfs] func:xfs_alloc"}) == Claim::kTaken);
  CHECK(section.Offer(Line("119 pages RAM")) == Claim::kNone);
  EventRecord event;
  section.AddTo(event);
  CHECK(RowsOf(event) ==
        std::vector<std::string>{
            "alloc_tag bytes=124780544 calls=30463 file=mm/memory.c line=1082 "
            "function=folio_prealloc",
            "alloc_tag bytes=4096 calls=1 file=fs/x.c line=7 module=xfs function=xfs_alloc"});
}

TEST_CASE("A size for people is read with its unit, and nothing else is") {
  CHECK(ParseHumanSize("4.50 KiB") == 4608);
  CHECK(ParseHumanSize("12 B") == 12);
  CHECK(ParseHumanSize("7") == 7);
  for (const std::string_view text : {"", "KiB", "4 KB", "4.5", "4..5 KiB", "1 XiB", "9 EiB"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseHumanSize(text).has_value());
  }
}

}  // namespace
}  // namespace kautopsy
