#include <doctest/doctest.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;
using test::TextSink;

constexpr char kBoot[] = "281b2ca48d2a4a0cb973ec48acd03e84";

// An entry of the journal; `message` holds several lines joined by newlines.
struct JournalEntry {
  std::string transport, message;
};

const std::vector<JournalEntry> kEntries = {
    {"kernel", "Killed process 1 (x) total-vm:9kB, anon-rss:8kB, file-rss:1kB"},
    {"kernel", "a line that no record claims"},
    {"kernel", "usb 1-1: new high-speed USB device number 2 using xhci_hcd"},
    {"stdout", "Killed process 2 (x) total-vm:9kB, anon-rss:8kB, file-rss:1kB"},
    {"kernel",
     "first of two lines\nKilled process 3 (x) total-vm:9kB, anon-rss:8kB, file-rss:1kB"}};

// `text` with another one before each of its further lines.
std::string Indented(std::string text, std::string_view with) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    text.insert(at + 1, with);
  return text;
}

std::string Escaped(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n'))
    text.replace(at, 1, "\\n");
  return text;
}

std::string Verbose(const JournalEntry& entry) {
  return fmt::format(
      "Wed 2024-05-01 14:00:00.123456 CEST [s=7a0b;i=1;b={};m=29b5aaf;t=6176339db1240;x=29fa]\n"
      "    _TRANSPORT={}\n    PRIORITY=4\n    _HOSTNAME=h\n    MESSAGE={}\n"
      "    _SOURCE_MONOTONIC_TIMESTAMP=5\n",
      kBoot, entry.transport, Indented(entry.message, "            "));
}

std::string Json(const JournalEntry& entry, std::string_view between, std::string_view blank) {
  const auto member = [&](std::string_view name, std::string_view value) {
    return fmt::format("\"{}\"{}:{}\"{}\"", name, blank, blank, value);
  };
  return member("_TRANSPORT", entry.transport) + "," + std::string(between) +
         member("_HOSTNAME", "h") + "," + std::string(between) + member("_BOOT_ID", kBoot) + "," +
         std::string(between) + member("__REALTIME_TIMESTAMP", "1714564800123456") + "," +
         std::string(between) + member("_SOURCE_MONOTONIC_TIMESTAMP", "5") + "," +
         std::string(between) + member("MESSAGE", Escaped(entry.message));
}

std::string Pretty(const JournalEntry& entry) {
  return "{\n\t" + Json(entry, "\n\t", " ") + "\n}\n";
}

std::string Lines(const JournalEntry& entry) { return "{" + Json(entry, "", "") + "}\n"; }
std::string Sequence(const JournalEntry& entry) { return "\x1E" + Lines(entry); }
std::string ServerSent(const JournalEntry& entry) { return "data: " + Lines(entry) + "\n"; }

std::string LogOf(std::string (*form)(const JournalEntry&)) {
  std::string log;
  for (const JournalEntry& entry : kEntries) log += form(entry);
  return log;
}

std::string CellOf(const RecordedEvent& event, std::string_view name) {
  for (const auto& [column, value] : event.facts.cells) {
    if (column == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("Every form in which journalctl writes whole entries gives the same events and ledger") {
  for (const auto form : {Verbose, Pretty, Lines, Sequence, ServerSent}) {
    const std::string log = LogOf(form);
    CAPTURE(log);
    const TextSink sink = Import(log);
    REQUIRE(sink.events().size() == 2);
    for (const RecordedEvent& event : sink.events()) {
      CHECK(CellOf(event, "host") == "h");
      CHECK(CellOf(event, "time").find("2024-05-01 12:00:00.123456") != std::string::npos);
      CHECK(CellOf(event, "uptime_us") == "5");
    }
    const LineLedger& ledger = sink.summary().ledger;
    CHECK(ledger.unclaimed_kernel == 2);  // the first of two lines is one
    CHECK(ledger.noise == 1);
    CHECK(ledger.claimed == 2);
    CHECK(ledger.lines ==
          static_cast<uint64_t>(std::ranges::count(log, '\n')) + (form == Verbose ? 0 : 1));
  }
}

TEST_CASE("A message of several lines in JSON that nothing claims counts as many") {
  const JournalEntry entry = {"kernel", "nothing\nthat is\nknown"};
  for (const auto form : {Verbose, Pretty, Lines}) {
    const TextSink sink = Import(form(entry) + form(kEntries[0]));
    CHECK(sink.summary().ledger.unclaimed_kernel == 3);
    CHECK(sink.summary().ledger.claimed == 1);
    REQUIRE(sink.events().size() == 1);
    CHECK(sink.events()[0].lines.front().place.line > 1);
  }
  const TextSink lines = Import(Lines(entry) + Lines(kEntries[0]));
  CHECK(lines.events()[0].lines.front().place.line == 2);
}

TEST_CASE("A message that json-pretty writes as bytes is read") {
  std::string bytes;
  for (const char c : kEntries[0].message) bytes += fmt::format("\t\t{},\n", static_cast<int>(c));
  bytes.erase(bytes.size() - 2, 1);
  const TextSink sink =
      Import("{\n\t\"MESSAGE\" : [\n" + bytes +
             "\t],\n\t\"_TRANSPORT\" : \"kernel\",\n\t\"_HOSTNAME\" : \"h\"\n}\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(CellOf(sink.events()[0], "host") == "h");
}

TEST_CASE("Entries of the verbose form that were cut anywhere give no wrong record") {
  const std::string log = LogOf(Verbose);
  const std::string whole = Verbose(kEntries[0]);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const TextSink sink = Import(whole.substr(0, size) + "\n" + log);
    CHECK(sink.events().size() <= 3);
    for (const RecordedEvent& event : sink.events()) CHECK(CellOf(event, "host") != "x");
  }
}

}  // namespace kautopsy
