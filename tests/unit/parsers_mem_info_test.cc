#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/free_list.h"
#include "parsers/kernel/mem_counters.h"
#include "parsers/kernel/mem_info.h"
#include "parsers/kernel/node_line.h"
#include "parsers/kernel/per_cpu.h"
#include "parsers/kernel/zones.h"
#include "tests/support/text_sink.h"
#include "tests/unit/section_fixture.h"

namespace kautopsy {
namespace {

// Offers the lines of `text`, numbered from 1, and gives the rows of the block and what it lacks.
struct Read {
  std::vector<test::RecordedRow> rows;
  std::string damage;
  std::vector<Claim> claims;

  // The cell of the first row of `relation` whose cells hold all of `where`.
  std::string Cell(std::string_view relation, std::string_view column,
                   const std::map<std::string, std::string>& where = {}) const {
    for (const test::RecordedRow& row : rows) {
      if (row.relation != relation) continue;
      std::map<std::string, std::string> cells(row.cells.begin(), row.cells.end());
      bool fits = true;
      for (const auto& [name, value] : where) fits = fits && cells[name] == value;
      if (fits && cells.contains(std::string(column))) return cells[std::string(column)];
    }
    return "none";
  }
};

Read ReadBlock(const std::vector<std::string>& lines) {
  MemInfoSection section;
  Read read;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    LogLine line;
    line.place = {i + 1, 1};
    line.raw = line.text = lines[i];
    read.claims.push_back(section.Offer(line));
    CAPTURE(lines[i]);
    CHECK(read.claims.back() == Claim::kTaken);
  }
  Damage damage;
  section.NoteMissing(damage);
  EventRecord event;
  damage.StoreIn(event);
  read.damage = event.damage.value_or("");
  section.SetPageSize(event);
  section.AddTo(event);
  read.rows = test::RowsOfEvent(event);
  return read;
}

TEST_CASE("A memory report of 2.6.18 is whole without free lists of empty zones") {
  const Read read =
      ReadBlock({"Mem-info:",
                 "DMA per-cpu:",
                 "cpu 0 hot: high 0, batch 1 used:0",
                 "cpu 0 cold: high 0, batch 1 used:0",
                 "Normal per-cpu:",
                 "cpu 0 hot: high 186, batch 31 used:18",
                 "cpu 0 cold: high 62, batch 15 used:5",
                 "HighMem per-cpu: empty",
                 "Free pages:       10100kB (0kB HighMem)",
                 ("Active:2100 inactive:69 dirty:1 writeback:0 unstable:0 free:2525 "
                  "slab:560 mapped-file:33 mapped-anon:44 pagetables:27"),
                 ("DMA free:8052kB min:32kB low:40kB high:48kB active:44kB inactive:0kB "
                  "present:12104kB pages_scanned:54 all_unreclaimable? yes"),
                 "lowmem_reserve[]: 0 0 2004",
                 ("Normal free:2048kB min:57kB low:71kB high:85kB active:19kB "
                  "inactive:2kB present:52260kB pages_scanned:9 all_unreclaimable? no"),
                 "lowmem_reserve[]: 0 0 0",
                 ("HighMem free:0kB min:128kB low:128kB high:128kB active:0kB inactive:0kB "
                  "present:0kB pages_scanned:0 all_unreclaimable? no"),
                 "lowmem_reserve[]: 0 0 0",
                 "DMA: 1*4kB 0*8kB 1*16kB = 20kB",
                 "Normal: 512*4kB 0*8kB 0*16kB = 2048kB",
                 "HighMem: empty",
                 "9 pagecache pages",
                 "Swap cache: add 7, delete 6, find 4/5, race 0+0",
                 "Free swap  = 11kB",
                 "Total swap = 12kB",
                 "Free swap:            11kB",
                 "16384 pages of RAM",
                 "0 pages of HIGHMEM",
                 "908 reserved pages",
                 "1157 pages shared",
                 "1 pages swap cached"});
  CHECK(read.damage.empty());
  CHECK(read.Cell("mem_info", "active_pages") == "2100");
  CHECK(read.Cell("mem_info", "mapped_anon_pages") == "44");
  CHECK(read.Cell("mem_info", "swap_cache_find_all") == "5");
  CHECK(read.Cell("mem_info", "swap_cache_pages") == "1");
  CHECK(read.Cell("mem_info", "ram_pages") == "16384");
  CHECK(read.Cell("mem_info", "reserved_pages") == "908");
  CHECK(read.Cell("zone", "pcp_pages", {{"zone", "Normal"}}) == "23");
  CHECK(read.Cell("zone", "inactive_kb", {{"zone", "Normal"}}) == "2");
  CHECK(read.Cell("zone", "free_list_kb", {{"zone", "HighMem"}}) == "none");
}

const std::vector<std::string> kNew = {
    "Mem-Info:",
    "active_anon:56 inactive_anon:3262 isolated_anon:0",
    "active_file:42 inactive_file:14 isolated_file:0",
    "unevictable:0 dirty:51 writeback:0",
    "sec_pagetables:3 bounce:0",
    "kernel_misc_reclaimable:7 marsupials:5",
    "free:39062 free_pcp:34 free_cma:15",
    ("Node 0 active_anon:224kB inactive_anon:13048kB isolated(anon):1kB shmem_thp: 2kB "
     "anon_thp:3kB pouches:9kB all_unreclaimable? yes Balloon:4kB"),
    ("Node 0 DMA free:48336kB boost:12288kB min:19692kB low:21540kB high:23388kB "
     "reserved_highatomic:2048KB free_highatomic:2032KB zspages:5kB burrows:6kB free_cma:60kB"),
    "lowmem_reserve[]: 0 3008 6962",
    "Node 0 DMA: 12*64kB (UM) 0*128kB 3*256kB (UMEH) = 1536kB",
    "Node 0 hugepages_total=4 hugepages_free=3 hugepages_surp=1 hugepages_size=2048kB",
    "Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=64kB",
    "1909321 total pagecache pages",
    "532 pages in swap cache",
    "Free swap  = 16764072kB",
    "Total swap = 16777212kB",
    "2061312 pages RAM",
    "0 pages HighMem/MovableOnly",
    "58883 pages reserved",
    "16384 pages cma reserved",
    "0 pages hwpoisoned"};

TEST_CASE("A memory report of today is read with nodes, huge pages and unknown counters") {
  const Read read = ReadBlock(kNew);
  CHECK(read.damage.empty());
  CHECK(read.Cell("mem_info", "sec_pagetables_pages") == "3");
  CHECK(read.Cell("mem_info", "free_cma_pages") == "15");
  CHECK(read.Cell("mem_info", "cma_reserved_pages") == "16384");
  CHECK(read.Cell("mem_info_extra", "value", {{"name", "marsupials"}}) == "5");
  CHECK(read.Cell("node", "isolated_anon_kb") == "1");
  CHECK(read.Cell("node", "shmem_thp_kb") == "2");
  CHECK(read.Cell("node", "anon_thp_kb") == "3");
  CHECK(read.Cell("node", "all_unreclaimable") == "1");
  CHECK(read.Cell("node", "balloon_kb") == "4");
  CHECK(read.Cell("mem_info_extra", "unit", {{"name", "pouches"}, {"node", "0"}}) == "kB");
  CHECK(read.Cell("zone", "boost_kb") == "12288");
  CHECK(read.Cell("zone", "free_highatomic_kb") == "2032");
  CHECK(read.Cell("zone", "zspages_kb") == "5");
  CHECK(read.Cell("mem_info_extra", "value", {{"name", "burrows"}, {"zone", "DMA"}}) == "6");
  CHECK(read.Cell("free_list_line", "block_kb") == "64");
  CHECK(read.Cell("free_list_line", "migrate_types").find("\"UMEH\"") != std::string::npos);
  CHECK(read.Cell("hugepages", "surplus", {{"size_kb", "2048"}}) == "1");
  CHECK(read.Cell("hugepages", "total", {{"size_kb", "64"}}) == "0");
}

TEST_CASE("A memory report without its node lines is not whole") {
  std::vector<std::string> lines = kNew;
  lines.erase(lines.begin() + 7);
  CHECK(ReadBlock(lines).damage == "no node lines");
}

TEST_CASE("Lines that mail or a terminal broke, also within words, are read as one") {
  const Read read = ReadBlock(test::PutTogether(
      {"Mem-Info:", "Node 0 active_anon:0kB inactive_anon:1kB active_file:2kB shmem_pmdmapped:",
       "0kB anon_thp: 7kB writeback_tmp:0kB kernel_stack:5104kB sec_pagetabl",
       "es:8kB all_unreclaimable? no",
       "Normal free:13628kB boost:0kB min:472kB low:588kB high:704kB",
       "active_anon:3kB managed:14140kB mlocked:0kB inactive_file:0kB bounce:0",
       "kB free_pcp:180kB local_pcp:180kB free_cma:0kB", "lowmem_reserve[]: 0 0",
       "Normal: 3*4kB (UM) 2*8kB (M) 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 1*512kB",
       "(M) 2*1024kB (M) =", "2588kB"}));
  CHECK(read.Cell("node", "shmem_pmdmapped_kb") == "0");
  CHECK(read.Cell("node", "anon_thp_kb") == "7");
  CHECK(read.Cell("node", "sec_pagetables_kb") == "8");
  CHECK(read.Cell("zone", "bounce_kb") == "0");
  CHECK(read.Cell("zone", "local_pcp_kb") == "180");
  CHECK(read.Cell("zone", "lowmem_reserve_pages") == "[0,0]");
  CHECK(read.Cell("free_list_line", "counts") == "[3,2,0,0,0,0,0,1,2]");
  CHECK(read.Cell("free_list_line", "migrate_types") ==
        R"(["UM","M",null,null,null,null,null,"M","M"])");
  CHECK(read.Cell("zone", "free_list_kb") == "2588");
  CHECK(read.rows.size() == 4);  // and no row twice
}

TEST_CASE("A blank within the pages scanned, or before them, loses that field alone") {
  struct Case {
    std::string_view fields;
    Integer pages_scanned;
    Integer writeback_tmp_kb;
  };
  for (const Case& expected : std::vector<Case>{{"writeback_tmp:8kB pages_scanned:1 23", {}, 8},
                                                {"writeback_tmp:8kB pages_ scanned:123", {}, 8},
                                                {"writeback_tmp:8kB pages_scanned:123", 123, 8},
                                                {"write back_tmp:8kB pages_scanned:123", 123, {}},
                                                {"writeback_t mp:8kB", {}, {}}}) {
    CAPTURE(expected.fields);
    const std::string fields = std::string(expected.fields) + " all_unreclaimable? yes";
    const bool torn = expected.pages_scanned != 123 || !expected.writeback_tmp_kb;
    const std::optional<Zone> zone = ParseZoneLine("Node 0 DMA free:4kB min:4kB " + fields);
    REQUIRE(zone.has_value());
    std::vector<MemInfoExtra> extra;
    const std::optional<NodeLine> node = ParseNodeLine("Node 0 active_anon:4kB " + fields, extra);
    REQUIRE(node.has_value());
    CHECK(extra.empty());
    CHECK(zone->pages_scanned == expected.pages_scanned);
    CHECK(node->pages_scanned == expected.pages_scanned);
    CHECK(zone->writeback_tmp_kb == expected.writeback_tmp_kb);
    CHECK(node->writeback_tmp_kb == expected.writeback_tmp_kb);
    CHECK(zone->all_unreclaimable == 1);
    CHECK(node->all_unreclaimable == 1);
    CHECK(zone->torn == torn);
    CHECK(node->torn == torn);
  }
  const auto lost = ParseZoneLine("Node 0 DMA free:4kB min:4 k B all_unreclaimable? no");
  REQUIRE(lost.has_value());
  CHECK(lost->torn);
}

TEST_CASE("A blank within a figure or a name loses that field alone, and is told") {
  const Read read = ReadBlock(
      {"Mem-Info:",
       "DMA32 free:400kB min:40kB low:50kB high:60kB unevictable:22 688kB isolated(anon):8kB "
       "isolate d(file):4kB present:4096kB pagetables: 356kB kernel_stack:12 kB unstable:0kB "
       "pages_scanned:0 all_unreclaimable? no"});
  CHECK(read.Cell("zone", "unevictable_kb") == "none");
  CHECK(read.Cell("zone", "isolated_anon_kb") == "8");
  CHECK(read.Cell("zone", "isolated_file_kb") == "none");
  CHECK(read.Cell("zone", "present_kb") == "4096");
  CHECK(read.Cell("zone", "pagetables_kb") == "356");
  CHECK(read.Cell("zone", "kernel_stack_kb") == "12");
  CHECK(read.Cell("zone", "all_unreclaimable") == "0");
  CHECK(read.Cell("mem_info_extra", "name") == "none");
  CHECK(read.damage.find("DMA32: a figure of its line is torn") != std::string::npos);
  CHECK(read.damage.find("is cut") == std::string::npos);
}

TEST_CASE("What a report lacks is told by what its lines show of the kernel's age") {
  const std::string cut = "Node 0 DMA free:400kB min:40kB low:50kB high:60kB active_anon:4kB";
  CHECK(ReadBlock({"Mem-Info:", cut}).damage.find("no node lines") == std::string::npos);
  CHECK(ReadBlock({"Mem-Info:", cut + " writepending:0kB"}).damage.find("no node lines") !=
        std::string::npos);
  CHECK(
      ReadBlock({"Mem-Info:", cut, "1030 pages RAM"}).damage.find("; no count of reserved pages") !=
      std::string::npos);
  CHECK(ReadBlock({"Mem-Info:", cut}).damage.find("no count of RAM or reserved pages") !=
        std::string::npos);
}

// As show_mem() prints it until 4.2: what is reserved in the last zone, 100 pages.
TEST_CASE("RAM is what the zones manage where the count of reserved pages is of one zone") {
  const std::vector<std::string> lines = {
      "Mem-Info:",
      "DMA free:400kB min:40kB low:50kB high:60kB present:4000kB managed:3000kB",
      "Normal free:400kB min:40kB low:50kB high:60kB present:8000kB managed:7600kB",
      "DMA: 100*4kB 0*8kB = 400kB",
      "3000 pages RAM",
      "100 pages reserved"};
  MemInfoSection section;
  for (const std::string& text : lines) {
    LogLine line;
    line.place = {1, 1};
    line.raw = line.text = text;
    CHECK(section.Offer(line) == Claim::kTaken);
  }
  CHECK(section.RamKb(4) == 10600);
}

TEST_CASE("A free list ends where the sizes stop doubling") {
  FreeList list;
  REQUIRE(ParseFreeList("Normal: 3*4kB 2*8kB 1*64kB = 92kB", list));
  CHECK(list.counts == std::vector<int64_t>{3, 2});
  CHECK_FALSE(list.empty);
  FreeList empty;
  REQUIRE(ParseFreeList("Node 1 HighMem: empty", empty));
  CHECK(empty.empty);
  CHECK(empty.node == 1);
}

TEST_CASE("A node printed on its own names the node of the next line") {
  const Read read = ReadBlock({"Mem-Info:", "Node 3", "Normal free:4kB min:8kB low:8kB high:8kB"});
  CHECK(read.Cell("zone", "node") == "3");
}

TEST_CASE("Per-cpu lines of all versions give their pages") {
  const auto pages = [](std::string_view text) {
    Integer read;
    CHECK(ParsePerCpuPages(text, read));
    return read;
  };
  CHECK(pages("CPU    0: hi:  186, btch:  31 usd: 168") == 168);
  CHECK(pages("CPU    0: Hot: hi:   42, btch:   7 usd:  41   Cold: hi:   14, btch:   3 usd:   2") ==
        43);
  CHECK(pages("cpu 0 cold: high 62, batch 15 used:13") == 13);
  CHECK(pages("cpu 1 hot: low 62, high 186, batch 31 used:157") == 157);
  CHECK_FALSE(pages("cpu 1 hot: low 32, high 96, batch 16"));
  Integer none;
  CHECK_FALSE(ParsePerCpuPages("CPU 0/KVM: hi", none));
}

TEST_CASE("What only resembles counters is none") {
  for (const std::string_view text : {"free:5kB", "hello:5 free:6", "free :5", "free:", "",
                                      ("Active:  "
                                       "5 kB"),
                                      "active_anon=5"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseMemCounters(text).has_value());
  }
  LogLine line;
  line.text = "free:5";  // true of anything
  CHECK_FALSE(StartsMemInfo(line));
  line.text = "mapped:5 shmem:6 pagetables:7 bounce:8";
  CHECK(StartsMemInfo(line));
  for (const std::string_view text : {"5 pages", "pages RAM", "12 pages RAMbo", "Free swap = 5"})
    CHECK_FALSE(ParseMemTotal(text).has_value());
}

}  // namespace
}  // namespace kautopsy
