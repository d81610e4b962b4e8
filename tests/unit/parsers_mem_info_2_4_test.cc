#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

#include "parsers/kernel/mem_info_2_4.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;

constexpr char kZones[] =
    "kernel: Mem-info:\n"
    "kernel: Zone:DMA freepages:     5 min:     1 low:     2 high:     3\n"
    "kernel: Zone:Normal freepages:     5 min:     1 low:     2 high:     3\n"
    "kernel: Zone:HighMem freepages:     7 min:     1 low:     2 high:     3\n";

// The cells of the zone of that name in the only event.
std::map<std::string, std::string> ZoneCells(const std::string& text, std::string_view name) {
  const test::TextSink sink = Import(text);
  REQUIRE(sink.events().size() == 1);
  for (const test::RecordedRow& row : sink.events()[0].rows) {
    std::map<std::string, std::string> cells(row.cells.begin(), row.cells.end());
    if (row.relation == "zone" && cells["zone"] == name) return cells;
  }
  return {};
}

TEST_CASE("A zone's pages are sizes only where a list shows the size of one") {
  CHECK(ZoneCells(kZones, "HighMem").count("free_kb") == 0);
  const std::string list = "kernel: 1*16kB 1*32kB 1*64kB = 112kB)\n";
  CHECK(ZoneCells(kZones + list, "HighMem")["free_kb"] == "112");
  CHECK(ZoneCells(kZones + list, "HighMem")["free_list_kb"] == "112");
}

TEST_CASE("A list that fits two zones is named after none") {
  const std::string list = "kernel: 1*4kB 2*8kB = 20kB)\n";
  CHECK(ZoneCells(kZones + list, "DMA").count("free_list_kb") == 0);
  CHECK(ZoneCells(kZones + list, "Normal").count("free_list_kb") == 0);
  CHECK(ZoneCells(kZones + list, "Normal")["free_kb"] == "20");
}

TEST_CASE("What only resembles a line of 2.4 is none") {
  for (const std::string_view text :
       {"Zone:DMA freepages:  2904kB min:   512kB low:  1024kB high:  1536",
        "Zone:DMA freepages: 5", "Zone:Any freepages: 5 min: 1 low: 2 high: 3", "Zone: 7"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseZone24(text));
  }
  CHECK_FALSE(ParseFreeList24("1*4kB 2*8kB = 20kB"));
  CHECK_FALSE(ParseFreeList24("words = 20kB)"));
  CHECK_FALSE(ParseFreeList24("1*4kB 2*8kB )kB)"));
  CHECK_FALSE(ParseMemCounters24("( Active: me, inactive: 2, free: 3 )"));
  CHECK(Import("Zone:DMA is where free pages are\n= 0kB)\n").events().empty());
}

TEST_CASE("A victim that faults before it is dead is one death, another process is a second") {
  const std::string kill = "kernel: Out of Memory: Killed process 2817 (mysqld).\n";
  CHECK(Import(kill + "kernel: VM: killing process mysqld\n").events().size() == 1);
  CHECK(Import(kill + "kernel: VM: killing process httpd\n").events().size() == 2);
  CHECK(Import(kill + "kernel: VM: killing process mysqld(2818)\n").events().size() == 2);
  CHECK(Import("VM: killing process httpd\n").events().empty());  // prose
}

}  // namespace
}  // namespace kautopsy
