#include "tests/support/import.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/string_source.h"

namespace kautopsy::test {
namespace {

uint64_t CountLines(const std::string& text) {
  const auto ends = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  return ends + (text.empty() || text.back() == '\n' ? 0 : 1);
}

}  // namespace

TextSink Import(const std::string& text, const ImportOptions& options, std::size_t bytes_per_read) {
  StringSource source(text, bytes_per_read);
  TextSink sink;
  const Result<ImportResult> result = ImportSource(source, "test.log", "file", options, sink);
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
  REQUIRE(sink.ended());
  const LineLedger& ledger = sink.summary().ledger;
  CHECK(ledger.lines == CountLines(text) + result->lines_in_lines);
  if (text.find("\\n") == std::string::npos) CHECK(result->lines_in_lines == 0);
  CHECK(ledger.lines == ledger.claimed + ledger.noise + ledger.unclaimed_kernel +
                            ledger.not_kernel + ledger.damaged);
  CHECK(sink.summary().bytes == text.size());
  CHECK(result->events == sink.events().size());
  return sink;
}

const RecordedEvent& TheOne(const TextSink& sink, std::string_view kind) {
  const auto found =
      std::find_if(sink.events().begin(), sink.events().end(),
                   [kind](const RecordedEvent& event) { return event.kind == kind; });
  REQUIRE(found != sink.events().end());
  return *found;
}

}  // namespace kautopsy::test
