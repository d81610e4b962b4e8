// libFuzzer target for the whole line path: bytes to lines to records.
// What it asserts: no crash, the ledger adds up, every event has lines and a place in the source,
// and the result does not depend on the size of the reads.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "parsers/import_source.h"
#include "tests/support/string_source.h"
#include "tests/support/text_sink.h"

namespace kautopsy::test {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "import_fuzzer: does not hold: %s\n", what);
  std::abort();
}

TextSink ImportBytes(const std::string& bytes, std::size_t bytes_per_read) {
  StringSource source(bytes, bytes_per_read);
  TextSink sink;
  ImportOptions options;
  options.scan_threads = 0;
  Require(ImportSource(source, "fuzz", "stdin", options, sink).has_value(),
          "a source of any bytes is stored");
  return sink;
}

void CheckInvariants(const TextSink& sink, const std::string& bytes) {
  const LineLedger& ledger = sink.summary().ledger;
  Require(ledger.lines == ledger.claimed + ledger.noise + ledger.unclaimed_kernel +
                              ledger.not_kernel + ledger.damaged,
          "the ledger adds up");
  Require(sink.summary().bytes == bytes.size(), "every byte is counted");
  for (const RecordedEvent& event : sink.events()) {
    Require(!event.lines.empty(), "an event has lines");
    Require(event.complete || !event.damage.empty(), "an incomplete event says what is missing");
    for (const RawLine& line : event.lines) {
      Require(line.place.line >= 1 && line.place.line <= ledger.lines,
              "an event's line is in the source");
      Require(bytes.find(line.text) != std::string::npos, "an event's text is in the source");
    }
  }
}

}  // namespace
}  // namespace kautopsy::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using kautopsy::test::ImportBytes;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const kautopsy::test::TextSink sink = ImportBytes(bytes, SIZE_MAX);
  kautopsy::test::CheckInvariants(sink, bytes);
  kautopsy::test::Require(ImportBytes(bytes, 5).ToText() == sink.ToText(),
                          "the size of the reads changes nothing");
  return 0;
}
