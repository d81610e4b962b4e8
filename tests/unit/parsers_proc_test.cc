#include <doctest/doctest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "parsers/input/sysctl_file.h"
#include "tests/support/files.h"
#include "tests/support/import.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;

// How many rows of `relation` hold all these cells.
int Count(const RecordedEvent& event, std::string_view relation,
          const std::map<std::string, std::string>& cells) {
  int count = 0;
  for (const test::RecordedRow& row : event.rows) {
    if (row.relation != relation) continue;
    std::map<std::string, std::string> have(row.cells.begin(), row.cells.end());
    bool fits = true;
    for (const auto& [name, value] : cells) fits = fits && have[name] == value;
    count += fits ? 1 : 0;
  }
  return count;
}

const char kZoneinfo[] =
    "Node 0, zone      DMA\n"
    "  per-node stats\n"
    "      nr_inactive_anon 17531\n"
    "      nr_active_anon 26\n"
    "      workingset_nodes 47\n"
    "      nr_mapped    2196\n"
    "  pages free     863\n"
    "        boost    512\n"
    "        min      538\n"
    "        low      544\n"
    "        high     550\n"
    "        spanned  4095\n"
    "        present  3998\n"
    "        managed  3840\n"
    "        protection: (0, 305, 305)\n"
    "      nr_free_pages 863\n"
    "      nr_zone_active_anon 0\n"
    "      numa_hit     5296\n"
    "  pagesets\n"
    "    cpu: 0\n"
    "              count: 7\n"
    "              high:  32\n"
    "              batch: 1\n"
    "    cpu: 1\n"
    "              count: 2\n"
    "              high:  32\n"
    "              batch: 1\n"
    "  vm stats threshold: 2\n"
    "  node_unreclaimable:  1\n"
    "  start_pfn:           1\n"
    "Node 0, zone   Normal\n"
    "  pages free     23398\n"
    "        min      1770\n"
    "        low      1906\n"
    "        high     2042\n"
    "        protection: (0, 0, 0)\n"
    "  start_pfn:           4096\n";

TEST_CASE("zoneinfo gives zones in KiB, and the node's counters apart from theirs") {
  const test::TextSink sink = Import(kZoneinfo);
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(event.kind == "zoneinfo");
  CHECK(event.complete);
  CHECK(event.lines.size() == 37);
  CHECK(Count(event, "zone", {}) == 2);
  CHECK(Count(event, "zone",
              {{"zone", "DMA"},
               {"free_kb", "3452"},
               {"high_kb", "2200"},
               {"active_anon_kb", "0"},
               {"lowmem_reserve_pages", "[0,305,305]"},
               {"pcp_pages", "9"},
               {"all_unreclaimable", "1"}}) == 1);
  CHECK(Count(event, "zone", {{"zone", "Normal"}, {"free_kb", "93592"}}) == 1);
  CHECK(Count(event, "node", {{"node", "0"}, {"mapped_kb", "8784"}}) == 1);
  CHECK(Count(event, "mem_info_extra", {{"zone", "DMA"}, {"name", "spanned"}, {"value", "4095"}}) ==
        1);
  CHECK(Count(event, "mem_info_extra", {{"name", "workingset_nodes"}, {"value", "47"}}) == 1);
}

TEST_CASE("A zone without its marks leaves zoneinfo incomplete") {
  const std::string text(kZoneinfo);
  const test::TextSink sink = Import(text.substr(0, text.find("        high     2042")));
  REQUIRE(sink.events().size() == 1);
  CHECK_FALSE(sink.events()[0].complete);
}

TEST_CASE("vmstat gives a value per line, and its lines are not zoneinfo's") {
  const std::string vmstat = test::ReadFile("samples/proc/vmstat.txt");
  const test::TextSink sink = Import(kZoneinfo + vmstat);
  REQUIRE(sink.events().size() == 2);
  CHECK(sink.events()[1].kind == "vmstat");
  CHECK(sink.events()[1].complete);
  CHECK(Count(sink.events()[1], "proc_value", {{"name", "nr_zspages"}}) == 1);
  CHECK(sink.events()[1].rows.size() == 173);
}

TEST_CASE("pagetypeinfo gives a row per type and order, and one per type's blocks") {
  const test::TextSink sink = Import(
      "Page block order: 9\nPages per block:  512\n\n"
      "Free pages count per migrate type at order       0      1 \n"
      "Node    0, zone      DMA, type    Unmovable      1 >100000 \n"
      "Node    0, zone      DMA, type      Movable      2    555 \n\n"
      "Number of blocks type     Unmovable      Movable \n"
      "Node 0, zone      DMA            3            7 \n");
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(event.kind == "pagetypeinfo");
  CHECK(event.complete);
  CHECK(Count(event, "page_type", {}) == 6);
  CHECK(Count(event, "page_type",
              {{"migrate_type", "Unmovable"},
               {"order", "1"},
               {"count", "100000"},
               {"at_least", "1"}}) == 1);
  CHECK(Count(event, "page_type", {{"migrate_type", "Movable"}, {"blocks", "7"}}) == 1);
}

TEST_CASE("slabinfo gives objects and the memory of the slabs") {
  const test::TextSink sink = Import(
      "slabinfo - version: 2.1\n"
      "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables "
      "<limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
      "a b            1 2\n"
      "dentry            123456 123460    192   21    1 : tunables    0    0    0 : slabdata   "
      "5878 "
      "  5879      0\n");
  REQUIRE(sink.events().size() == 1);
  CHECK_FALSE(sink.events()[0].complete);  // a foreign line ends the file's output
  const test::TextSink whole = Import(
      "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
      "tunables\n"
      "dentry            123456 123460    192   21    2 : tunables    0    0    0 : slabdata   "
      "5878 "
      "  5879      0\n");
  REQUIRE(whole.events().size() == 1);
  CHECK(whole.events()[0].complete);
  CHECK(Count(whole.events()[0], "slab",
              {{"name", "dentry"},
               {"active_objs", "123456"},
               {"object_size", "192"},
               {"used_kb", "47024"},
               {"total_kb", "47032"}}) == 1);
}

TEST_CASE("swaps gives three values per area, whose name may hold blanks") {
  const test::TextSink sink = Import(
      "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
      "/swap file                              file    \t1024\t\t8\t\t-3\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "swaps");
  CHECK(Count(sink.events()[0], "proc_value",
              {{"name", "/swap file.used"}, {"value", "8"}, {"unit", "kB"}}) == 1);
  CHECK(Count(sink.events()[0], "proc_value", {{"name", "/swap file.priority"}}) == 1);
}

TEST_CASE("sysctl gives the settings that matter, each number a value") {
  const test::TextSink sink = Import(
      "kernel.panic = 10\n"
      "kernel.shmmax = 18446744073692774399\n"
      "kernel.sched_domain.cpu0.domain0.flags = 4143\n"
      "net.ipv4.tcp_mem = 9216\t12288\t18432\n"
      "vm.lowmem_reserve_ratio = 256\t256\t32\n"
      "vm.min_free_kbytes=90112\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "sysctl");
  CHECK(sink.events()[0].rows.size() == 6);
  CHECK(Count(sink.events()[0], "proc_value",
              {{"name", "kernel.shmmax"}, {"value", "1.8446744073692774e+19"}}) == 1);
  CHECK(Count(sink.events()[0], "proc_value",
              {{"name", "vm.min_free_kbytes"}, {"value", "90112"}, {"unit", "kB"}}) == 1);
  CHECK(Count(sink.events()[0], "proc_value",
              {{"name", "vm.lowmem_reserve_ratio.2"}, {"value", "32"}}) == 1);
}

TEST_CASE("a setting told again is another record, one in prose none") {
  CHECK(Import("vm.swappiness = 60\nvm.swappiness = 10\n").events().size() == 2);
  CHECK(Import("vm.swappiness = 60\nSo I set it.\nvm.panic_on_oom = 1\n").events().size() == 2);
  CHECK(Import("vm.swappiness = 60 is too much\n"
               "I have vm.swappiness = 60\n"
               "vm.swappiness\n"
               "vm.swappiness = 6")
            .events()
            .empty());
  CHECK(Import("kernel: vm.swappiness = 60\n").events().empty());
}

TEST_CASE("a file below proc/sys is named after its place") {
  const std::string content = "90112\n";
  test::StringSource file(content, 3);
  const std::unique_ptr<ByteSource> named =
      NameSysctlFile("sos.tar/proc/sys/vm/min_free_kbytes", file);
  REQUIRE((named != nullptr));
  std::string text;
  std::array<char, 4> block = {};
  for (std::size_t size = *named->Read(block); size > 0; size = *named->Read(block))
    text.append(block.data(), size);
  CHECK(text == "vm.min_free_kbytes = 90112\n");
  CHECK((NameSysctlFile("proc/sys/vm/stat_interval", file) == nullptr));
  CHECK((NameSysctlFile("min_free_kbytes", file) == nullptr));
}

TEST_CASE("free's row of all memory that a mail program broke goes on in the next line") {
  const test::TextSink sink = Import(
      "> total used free shared buffers cached\n> Mem: 830014 91036 738978 0 1058\n"
      "3946 -/+ buffers/cache: 86032 743982\n> Swap: 167772 0 167772\n");
  REQUIRE(sink.events().size() == 1);
  const RecordedEvent& event = sink.events()[0];
  CHECK(Count(event, "proc_value", {{"name", "Mem.free"}, {"value", "738978"}}) == 1);
  CHECK(Count(event, "proc_value", {{"name", "Mem.cached"}, {"value", "3946"}}) == 1);
  CHECK(Count(event, "proc_value", {{"name", "-/+ buffers/cache.used"}, {"value", "86032"}}) == 1);
  CHECK(Count(event, "proc_value", {{"name", "Swap.free"}, {"value", "167772"}}) == 1);
  for (const std::string_view below : {"3946 is what we had", "39 46", "of it", "3946 -/- x"}) {
    CAPTURE(below);
    const test::TextSink prose =
        Import("total used free shared buffers cached\nMem: 830014 91036 738978 0 1058\n" +
               std::string(below) + "\n");
    REQUIRE(prose.events().size() == 1);
    CHECK(Count(prose.events()[0], "proc_value", {{"name", "Mem.cached"}}) == 0);
    CHECK(Count(prose.events()[0], "proc_value", {}) == 5);
  }
}

TEST_CASE("free of old procps has a row without buffers and cache") {
  const test::TextSink sink = Import(
      "             total       used       free     shared    buffers     cached\n"
      "Mem:          7869       7321        547          0         88       4211\n"
      "-/+ buffers/cache:       3021       4847\n"
      "Swap:         2047         12       2035\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].rows.size() == 11);
  CHECK(Count(sink.events()[0], "proc_value",
              {{"name", "-/+ buffers/cache.free"}, {"value", "4847"}}) == 1);
}

}  // namespace
}  // namespace kautopsy
