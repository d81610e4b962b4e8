#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "parsers/ordered_sinks.h"

namespace kautopsy {
namespace {

// Notes the calls it gets; not thread-safe, so that the sanitizers see an overlap.
class NotingSink final : public EventSink {
 public:
  Status BeginSource(std::string_view path, std::string_view) override {
    calls.push_back("begin " + std::string(path));
    return {};
  }
  Status Write(EventRecord&& event) override {
    if (event.title == fails_at) return Fail("disk full");
    calls.push_back(event.title);
    return {};
  }
  Status WriteBoot(uint32_t, BootRecord&&) override { return {}; }
  Status WriteUnclaimed(uint64_t, std::string_view) override { return {}; }
  Result<SourceCounts> EndSource(const SourceSummary&) override {
    calls.emplace_back("end");
    return SourceCounts();
  }
  void AbandonSource() override { calls.emplace_back("abandon"); }

  std::vector<std::string> calls;
  std::string fails_at = "none";
};

// Writes `events` events into a source named after its turn; false if that failed.
bool WriteSource(OrderedSinks& sinks, std::size_t turn, int events) {
  const std::unique_ptr<EventSink> sink = sinks.ForTurn(turn);
  const std::string name = std::to_string(turn);
  Status status = sink->BeginSource(name, "file");
  for (int i = 0; status && i < events; ++i) {
    EventRecord event;
    event.title = name + "." + std::to_string(i);
    event.lines.Add({1, 1}, std::string(10000, 'x'));
    status = sink->Write(std::move(event));
  }
  const bool stored = status && sink->EndSource({});
  if (!stored) sink->AbandonSource();
  sinks.WaitFor(turn);
  sinks.EndTurn();
  return stored;
}

TEST_CASE("Sources that are read at once are written one after the other, in order") {
  constexpr int kEvents = 600;  // more than is kept ahead of a turn
  constexpr std::size_t kTurns = 6;
  NotingSink sink;
  OrderedSinks sinks(sink);
  std::vector<std::thread> threads;
  for (std::size_t turn = kTurns; turn-- > 0;)
    threads.emplace_back([&sinks, turn] { WriteSource(sinks, turn, kEvents); });
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> expected;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    expected.push_back("begin " + std::to_string(turn));
    for (int i = 0; i < kEvents; ++i)
      expected.push_back(std::to_string(turn) + "." + std::to_string(i));
    expected.emplace_back("end");
  }
  CHECK((sink.calls == expected));
}

TEST_CASE("Once the sink has failed nothing more is written, and nobody waits for ever") {
  NotingSink sink;
  sink.fails_at = "1.3";
  OrderedSinks sinks(sink);
  std::vector<char> stored(4);
  std::vector<std::thread> threads;
  for (std::size_t turn = 4; turn-- > 0;)
    threads.emplace_back([&, turn] { stored[turn] = WriteSource(sinks, turn, 10) ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  CHECK(stored == std::vector<char>{1, 0, 0, 0});
  CHECK(sink.calls.back() == "abandon");
}

}  // namespace
}  // namespace kautopsy
