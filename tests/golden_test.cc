#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "parsers/kernel/kinds.h"
#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy::test {
namespace {

void Append(const RecordedRow& row, std::string& text) {
  text += "\n" + row.relation;
  for (const auto& [column, value] : row.cells) {
    if (column != "log_line") text.append(" ").append(column).append("=").append(value);
  }
}

// What two shapes of one log must agree on: everything but the places.
std::vector<std::string> EventsWithoutPlaces(const TextSink& sink) {
  std::vector<std::string> events;
  for (const RecordedEvent& event : sink.events()) {
    std::string text = event.kind + " " + event.key + " " + event.title;
    Append(event.facts, text);
    for (const RecordedRow& row : event.rows) Append(row, text);
    events.push_back(text);
  }
  std::sort(events.begin(), events.end());
  return events;
}

}  // namespace

TEST_CASE("Every sample gives the rows that were reviewed") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    CheckGolden("tests/golden/" + name + ".txt", Import(ReadFile("samples/" + name)).ToText());
  }
}

TEST_CASE("The seed's paste and its syslog file hold the same events and rows") {
  const std::vector<std::string> paste =
      EventsWithoutPlaces(Import(ReadFile("samples/seed/paste.txt")));
  const std::vector<std::string> messages =
      EventsWithoutPlaces(Import(ReadFile("samples/seed/messages")));
  REQUIRE(paste.size() == messages.size());
  for (std::size_t i = 0; i < paste.size(); ++i) CHECK(paste[i] == messages[i]);
}

TEST_CASE("One boot gives the same records in the format of every transport") {
  const auto records = [](const std::string& path) {
    std::string text;
    const TextSink sink = Import(ReadFile(path));
    for (const RecordedEvent& event : sink.events()) {
      text += fmt::format("{} {} {} {}", event.kind, event.key, event.title, event.damage);
      for (const RecordedRow& row : event.rows) Append(row, text);
    }
    return text;
  };
  // rsyslog cuts a record after some 500 bytes, in the middle of the memory cgroup's statistics.
  const std::string whole = records("samples/formats/dmesg.txt");
  const std::string cut = records("samples/formats/kern-traditional.log");
  CHECK(whole.find("thp_collapse_alloc") != std::string::npos);
  CHECK(cut.find("oom_kill") != std::string::npos);
  const std::vector<std::string> paths = FilesBelow("samples/formats", "");
  CHECK(paths.size() >= 20);
  for (const std::string& path : paths) {
    CAPTURE(path);
    CHECK(records(path) == (path.find("/kern-") == std::string::npos ? whole : cut));
  }
}

TEST_CASE("Every kind of event that a sample has is one of the known names") {
  const std::vector<std::string_view> known = EventKindNames();
  CHECK(std::is_sorted(known.begin(), known.end()));
  for (const char* const kind : {"oom", "alloc_stall", "panic", "rcu_stall", "lockdep", "mem_info"})
    CHECK(std::find(known.begin(), known.end(), kind) != known.end());
  CHECK(std::find(known.begin(), known.end(), "shutdown") == known.end());
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const TextSink sink = Import(ReadFile("samples/" + name));
    for (const RecordedEvent& event : sink.events()) {
      CAPTURE(event.kind);
      CHECK(std::find(known.begin(), known.end(), event.kind) != known.end());
    }
  }
}

TEST_CASE("Every line of an event stands in the source at its place") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const std::vector<std::string> lines = LinesOf(text);
    const TextSink sink = Import(text);
    for (const RecordedEvent& event : sink.events()) {
      REQUIRE_FALSE(event.lines.empty());
      for (const RawLine& raw : event.lines) {
        CAPTURE(raw.text);
        REQUIRE(raw.place.line >= 1);
        REQUIRE(raw.place.line <= lines.size());
        REQUIRE(raw.place.column >= 1);
        CHECK(lines[raw.place.line - 1].substr(raw.place.column - 1).starts_with(raw.text));
      }
    }
  }
}

TEST_CASE("No two lines of events overlap: each line is claimed once") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    std::vector<RawLine> lines;
    const TextSink sink = Import(ReadFile("samples/" + name));
    for (const RecordedEvent& event : sink.events()) {
      lines.insert(lines.end(), event.lines.begin(), event.lines.end());
    }
    std::sort(lines.begin(), lines.end(), [](const RawLine& a, const RawLine& b) {
      return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    for (std::size_t i = 1; i < lines.size(); ++i) {
      CAPTURE(lines[i].text);
      if (lines[i].place.line != lines[i - 1].place.line) continue;
      CHECK(lines[i].place.column >= lines[i - 1].place.column + lines[i - 1].text.size());
    }
  }
}

TEST_CASE("The result depends neither on the size of the reads nor on the number of threads") {
  for (const std::string& name : SampleNames()) {
    CAPTURE(name);
    const std::string text = ReadFile("samples/" + name);
    const std::string expected = Import(text).ToText();
    for (const std::size_t bytes_per_read : {1, 2, 3, 7, 64, 1000, 4096}) {
      CAPTURE(bytes_per_read);
      CHECK(Import(text, {}, bytes_per_read).ToText() == expected);
    }
    for (const unsigned threads : {0U, 2U, 3U, 8U}) {
      CAPTURE(threads);
      ImportOptions options;
      options.scan_threads = threads;
      CHECK(Import(text, options).ToText() == expected);
    }
  }
}

}  // namespace kautopsy::test
