#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <string_view>

#include "parsers/envelope/journal_json.h"
#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;
using test::TextSink;

constexpr char kKill[] = "Killed process 1 (x\\\"y) total-vm:9kB, anon-rss:8kB, file-rss:1kB";

std::string Array(std::string_view records) {
  return "{\n   \"dmesg\": [\n" + std::string(records) + "   ]\n}\n";
}

std::string Uptime(const RecordedEvent& event) {
  for (const auto& [column, value] : event.facts.cells)
    if (column == "uptime_us") return value;
  return "";
}

TEST_CASE("A record's message and uptime are read from the lines of its JSON") {
  const std::string message = fmt::format("         \"msg\": \"{}\"", kKill);
  const std::string time = "         \"time\":    43.692264";
  for (const std::string& members :
       {fmt::format("\"pri\": 4,\n{},\n\"caller\": \"T1\",\n{}\n", time, message),
        fmt::format("{},\r\n{}\r\n", message, time)}) {
    CAPTURE(members);
    const TextSink sink = Import(Array("{\n\"msg\": \"x\"\n},{\n" + members + "}\n"));
    REQUIRE(sink.events().size() == 1);
    CHECK(Uptime(sink.events()[0]) == "43692264");
    CHECK(sink.events()[0].title.find("killed x\"y (pid 1)") != std::string::npos);
    CHECK(sink.summary().ledger.claimed == 1);
    CHECK(sink.summary().ledger.unclaimed_kernel == 1);
  }
}

TEST_CASE("Members count only within the array, and other logs may follow it") {
  const std::string member = std::string("\"msg\": \"") + kKill + "\"\n";
  const std::string record = "{\n" + member + "}\n";
  CHECK(Import(Array(record) + "Nov 20 12:42:42 h kernel: Killed process 2 (y) total-vm:9kB, " +
               "anon-rss:8kB, file-rss:1kB\n" + Array(record))
            .events()
            .size() == 3);
  CHECK(Import(record).events().empty());
  CHECK(Import(Array("") + record).events().empty());
}

TEST_CASE("Numbers that are no uptime give none") {
  const std::string end = std::string(",\n\"msg\": \"") + kKill + "\"\n}\n";
  for (const std::string_view time : {"1e300", "-1.0", "\"x\"", "[Sun Nov 22 10:50:41 2026]", ""}) {
    CAPTURE(time);
    const TextSink sink = Import(Array("{\n\"time\": " + std::string(time) + end));
    REQUIRE(sink.events().size() == 1);
    CHECK(Uptime(sink.events()[0]).empty());
  }
}

TEST_CASE("A record of dmesg's JSON may stand in one line") {
  const auto line = ParseJsonLine(R"({"pri":4,"time":43.692264,"msg":"a\n b"})");
  REQUIRE(line.has_value());
  CHECK(line->kernel);
  CHECK(line->uptime_us == 43692264);
  CHECK(line->text == "a\n b");
  CHECK_FALSE(ParseJsonLine(R"({"level":"info","time":1.5,"msg":"a"})").has_value());
  CHECK_FALSE(ParseJsonLine(R"({"pri":4,"time":"1714564800","msg":"a"})").has_value());
}

TEST_CASE("dmesg's JSON that is cut says nothing new") {
  const std::string whole = test::ReadFile("samples/formats/dmesg.json");
  const std::string all = Import(whole).ToText();
  for (std::size_t size = 0; size < whole.size(); size += 211) {
    CAPTURE(size);
    const TextSink cut = Import(whole.substr(0, size));
    for (const RecordedEvent& event : cut.events())
      CHECK((!event.complete || all.find(event.key) != std::string::npos));
  }
}

}  // namespace
}  // namespace kautopsy
