#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;
using test::TextSink;

constexpr char kHead[] =
    "__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1714564800123456\n__MONOTONIC_TIMESTAMP=7\n";
constexpr char kKill[] = "Killed process 1 (x) total-vm:9kB, anon-rss:8kB, file-rss:1kB";

// A field in its binary form.
std::string Binary(std::string_view name, std::string_view value) {
  std::string field(name);
  field += '\n';
  for (unsigned i = 0; i < 8; ++i) field += static_cast<char>(value.size() >> (8 * i) & 0xff);
  return field.append(value).append("\n");
}

std::string KillEntry() {
  return std::string(kHead) + "_TRANSPORT=kernel\n_HOSTNAME=h\n_SOURCE_MONOTONIC_TIMESTAMP=5\n" +
         "MESSAGE=" + kKill + "\n\n";
}

std::string Facts(const RecordedEvent& event) {
  std::string text;
  for (const auto& [column, value] : event.facts.cells)
    text.append(column).append("=").append(value).append(" ");
  return text;
}

TEST_CASE("An entry's fields count on both sides of its message") {
  const std::string message = std::string("MESSAGE=") + kKill + "\n";
  for (const std::string& entry :
       {KillEntry(), kHead + message + "_SOURCE_MONOTONIC_TIMESTAMP=5\n_HOSTNAME=h\n" +
                         "SYSLOG_IDENTIFIER=kernel\n\n"}) {
    CAPTURE(entry);
    const TextSink sink = Import(entry);
    REQUIRE(sink.events().size() == 1);
    const RecordedEvent& event = sink.events()[0];
    CHECK(event.lines.size() == 1);
    const std::string facts = Facts(event);
    CAPTURE(facts);
    CHECK(facts.find("host=h ") != std::string::npos);
    CHECK(facts.find("2024-05-01 12:00:00.123456") != std::string::npos);
    CHECK(facts.find("uptime_us=5 ") != std::string::npos);
    CHECK(sink.summary().ledger.claimed == 1);
    CHECK(sink.summary().ledger.unclaimed_kernel == 0);
  }
}

TEST_CASE("A service that calls itself kernel is not the kernel") {
  const std::string message = std::string("MESSAGE=") + kKill + "\n";
  const std::string service = "_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=kernel\n";
  const std::string reversed = "SYSLOG_IDENTIFIER=kernel\n_TRANSPORT=stdout\n";
  for (const std::string& fields : {service + message, message + reversed}) {
    CAPTURE(fields);
    std::string entries = kHead + fields + "\n";
    CHECK(Import(entries).events().empty());
    entries += KillEntry();
    CHECK(Import(entries).events().size() == 1);
  }
}

TEST_CASE("The lines of a binary message are lines of the source") {
  const std::string ten = "Mem-Info:\n";  // its size is a newline, too
  const TextSink sink = Import(std::string(kHead) + Binary("MESSAGE", ten + kKill) +
                               Binary("MESSAGE", ten) + "_TRANSPORT=kernel\n\n");
  CHECK(sink.summary().ledger.claimed >= 2);
  REQUIRE_FALSE(sink.events().empty());
  CHECK(sink.events()[0].lines.front().place.line == 5);
  CHECK(sink.events()[0].lines.front().place.column == 9);
  CHECK(sink.events()[0].lines.front().text == "Mem-Info:");
  const RecordedEvent& last = sink.events().back();
  CHECK(last.lines.back().place.line == 9);
  CHECK(last.lines.back().place.column == 8);  // seven bytes of the size stand before it
}

TEST_CASE("What other programs wrote into the journal is not the kernel's") {
  const std::string quoted = std::string("x\n[   12.345678] ") + kKill + "\n\n__CURSOR=s=1;i=2\n" +
                             "_TRANSPORT=kernel\nMESSAGE=" + kKill + "\n";
  for (const std::string& field : {std::string("MESSAGE=") + kKill + "\n",
                                   Binary("MESSAGE", quoted), Binary("COREDUMP", quoted)}) {
    CAPTURE(field);
    const TextSink sink = Import(kHead + field + "_TRANSPORT=syslog\n\n");
    CHECK(sink.events().empty());
    CHECK(sink.summary().ledger.not_kernel == sink.summary().ledger.lines);
  }
}

TEST_CASE("Kernel entries that no record claims count as such, or as noise") {
  const std::string tail = "\n_TRANSPORT=kernel\n\n";
  const TextSink sink = Import(std::string(kHead) + "MESSAGE=usb 1-1: new device" + tail + kHead +
                               "MESSAGE=x" + tail);
  CHECK(sink.summary().ledger.noise == 1);
  CHECK(sink.summary().ledger.unclaimed_kernel == 1);
  CHECK(sink.summary().ledger.damaged == 0);
}

TEST_CASE("Entries below a damaged or overlong value are read") {
  std::string no_size = Binary("COREDUMP", "x");
  no_size.replace(9, 8, 8, '\x7f');
  std::string huge(3 << 20, 'x');
  for (const std::string& field : {no_size, Binary("COREDUMP", huge + "\nMESSAGE=y")}) {
    ImportOptions options;
    for (const std::size_t chunk_bytes : {512 << 10, 100}) {
      options.chunk_bytes = chunk_bytes;
      const TextSink sink = Import(kHead + field + "_TRANSPORT=syslog\n\n" + KillEntry(), options);
      REQUIRE(sink.events().size() == 1);
      CHECK(sink.events()[0].complete == Import(KillEntry()).events()[0].complete);
      CHECK(sink.summary().ledger.claimed == 1);
      CHECK(sink.summary().ledger.damaged == (field.size() > huge.size() ? 1 : 0));
    }
  }
}

TEST_CASE("A message whose size is wrong gives no record, and its lines count as damaged") {
  const std::string message = std::string(kKill) + "\n_TRANSPORT=kernel\n\n" + KillEntry();
  std::string field = Binary("MESSAGE", message);
  field[8] = static_cast<char>(message.size() - 40);  // ends within the next entry
  field[9] = static_cast<char>((message.size() - 40) >> 8);
  const TextSink sink = Import(kHead + field);
  for (const RecordedEvent& event : sink.events()) CHECK(event.lines.front().place.line > 8);
  CHECK(sink.summary().ledger.damaged > 0);
}

TEST_CASE("A message of blank lines takes no more memory than others") {
  const TextSink sink =
      Import(kHead + Binary("MESSAGE", std::string(300000, '\n')) + "_TRANSPORT=kernel\n\n");
  CHECK(sink.summary().ledger.noise < 70000);
}

TEST_CASE("The journal's boot ids tell boots apart, in the export and in JSON") {
  const std::string ids[] = {std::string(32, 'a'), std::string(32, 'b')};
  std::string entries;
  std::string objects;
  for (const int boot : {0, 1, 0, 1}) {
    entries += std::string(kHead) + "_BOOT_ID=" + ids[boot] + "\n_TRANSPORT=kernel\n_HOSTNAME=h\n" +
               "MESSAGE=" + kKill + "\n\n";
    objects += R"({"_TRANSPORT":"kernel","_HOSTNAME":"h","_BOOT_ID":")" + ids[boot] +
               R"(","MESSAGE":")" + kKill + "\"}\n";
  }
  for (const std::string& text : {entries, objects}) {
    const TextSink sink = Import(text);
    CHECK(sink.events().size() == 4);
    REQUIRE(sink.boots().size() == 2);
    CHECK(sink.boots()[0].journal_boot_id == ids[0]);
    CHECK(sink.boots()[1].journal_boot_id == ids[1]);
  }
}

TEST_CASE("What systemd-oomd wrote into the journal is its kill") {
  const TextSink sink =
      Import(std::string(kHead) + "_TRANSPORT=journal\n_HOSTNAME=h\n" +
             "SYSLOG_IDENTIFIER=systemd-oomd\nMESSAGE=Killed /a.slice/b.service " +
             "due to memory pressure for /a.slice being 61.42% > 50.00% for > " +
             "20s with reclaim activity\n\n");
  REQUIRE(sink.events().size() == 1);
  CHECK(sink.events()[0].kind == "userspace_kill");
}

TEST_CASE("An export may stand among logs of other formats") {
  const std::string syslog = std::string("Nov 20 12:42:42 h kernel: ") + kKill + "\n";
  CHECK(Import(syslog + KillEntry() + syslog + KillEntry()).events().size() == 4);
}

TEST_CASE("An export that is cut or lost lines says nothing new") {
  const std::string whole = test::ReadFile("samples/formats/k.export");
  const std::string all = Import(whole).ToText();
  for (std::size_t size = 0; size < whole.size(); size += 1009) {
    CAPTURE(size);
    const TextSink cut = Import(whole.substr(0, size));
    for (const RecordedEvent& event : cut.events())
      CHECK((!event.complete || all.find(event.key) != std::string::npos));
    const std::size_t end = whole.find('\n', size) + 1;
    const TextSink lost = Import(whole.substr(0, size) + whole.substr(end));
    CHECK(lost.events().size() >= 2);
    for (const RecordedEvent& event : lost.events()) CHECK(event.kind == "oom");
  }
}

TEST_CASE("An export gives the same in chunks of any size") {
  const std::string whole = test::ReadFile("samples/formats/k.export");
  const std::string expected = Import(whole).ToText();
  for (const std::size_t chunk_bytes : {1, 100, 4096}) {
    ImportOptions options;
    options.chunk_bytes = chunk_bytes;
    options.scan_threads = 2;
    CHECK(Import(whole, options, 7).ToText() == expected);
  }
}

}  // namespace
}  // namespace kautopsy
