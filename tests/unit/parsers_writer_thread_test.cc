#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "parsers/writer_thread.h"

namespace kautopsy {
namespace {

// Notes the calls it gets; fails at the event of a given title.
class NotingSink final : public EventSink {
 public:
  Status BeginSource(std::string_view, std::string_view) override {
    calls.emplace_back("begin");
    return {};
  }
  Status Write(EventRecord&& event) override {
    if (event.title == fails_at) return Fail("disk full");
    calls.push_back(event.title);
    return {};
  }
  Status WriteBoot(uint32_t index, BootRecord&& boot) override {
    boots.push_back(std::to_string(index) + boot.host.value_or(""));
    return {};
  }
  Status WriteUnclaimed(uint64_t line, std::string_view text) override {
    unclaimed.push_back(std::to_string(line) + std::string(text));
    return {};
  }
  Result<SourceCounts> EndSource(const SourceSummary&) override {
    calls.emplace_back("end");
    return SourceCounts();
  }
  void AbandonSource() override { calls.emplace_back("abandon"); }

  std::vector<std::string> calls;
  std::vector<std::string> boots;
  std::vector<std::string> unclaimed;
  std::string fails_at = "none";
};

EventRecord Titled(int number) {
  EventRecord event;
  event.title = std::to_string(number);
  return event;
}

BootRecord HostsBoot(const char* host) {
  BootRecord boot;
  boot.host = host;
  return boot;
}

TEST_CASE("Events of many megabytes are handed over one at a time, and all arrive") {
  NotingSink sink;
  const std::unique_ptr<EventSink> writer = NewWriterThread(sink);
  REQUIRE(writer->BeginSource("a", "file"));
  std::vector<std::string> expected = {"begin"};
  for (int i = 0; i < 10; ++i) {
    EventRecord event = Titled(i);
    event.lines.Add({1, 1}, std::string(i % 3 == 2 ? 10 : 3000000, 'x'));
    REQUIRE(writer->Write(std::move(event)));
    expected.push_back(std::to_string(i));
  }
  REQUIRE(writer->EndSource(SourceSummary()));
  expected.emplace_back("end");
  CHECK(sink.calls == expected);
}

TEST_CASE(
    "The writer thread hands over everything once and in order, for one source after the other") {
  NotingSink sink;
  const std::unique_ptr<EventSink> writer = NewWriterThread(sink);
  std::vector<std::string> expected;
  for (int source = 0; source < 2; ++source) {
    REQUIRE(writer->BeginSource("x", "file"));
    expected.emplace_back("begin");
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(writer->Write(Titled(i)));
      REQUIRE(writer->WriteUnclaimed(static_cast<uint64_t>(i), "k"));
      REQUIRE(writer->WriteBoot(static_cast<uint32_t>(i), HostsBoot("h")));
      expected.push_back(std::to_string(i));
    }
    REQUIRE(writer->EndSource({}).has_value());
    expected.emplace_back("end");
  }
  CHECK(sink.calls == expected);
  REQUIRE(sink.boots.size() == 2000);
  CHECK(sink.boots[1999] == "999h");
  CHECK(sink.unclaimed.size() == 2000);
  CHECK(sink.unclaimed[1999] == "999k");
}

TEST_CASE("A failure of the sink comes back, and nothing is written behind it") {
  for (const int last : {0, 15, 16, 17, 900}) {
    NotingSink sink;
    sink.fails_at = "0";
    const std::unique_ptr<EventSink> writer = NewWriterThread(sink);
    REQUIRE(writer->BeginSource("x", "file"));
    Status status;
    for (int i = 0; status && i <= last; ++i) status = writer->Write(Titled(i));
    const Result<SourceCounts> end = writer->EndSource({});
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().message == "disk full");
    CHECK(sink.calls == std::vector<std::string>{"begin", "abandon"});
  }
}

TEST_CASE("A source that is given up, or a writer that dies, leaves the sink abandoned") {
  NotingSink sink;
  {
    const std::unique_ptr<EventSink> writer = NewWriterThread(sink);
    REQUIRE(writer->BeginSource("x", "file"));
    REQUIRE(writer->Write(Titled(1)));
    writer->AbandonSource();
    REQUIRE(writer->BeginSource("y", "file"));
  }
  CHECK(sink.calls == std::vector<std::string>{"begin", "abandon", "begin", "abandon"});
}

}  // namespace
}  // namespace kautopsy
