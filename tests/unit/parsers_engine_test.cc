#include <doctest/doctest.h>

#include "parsers/envelope/envelope.h"
#include "parsers/stream/block_engine.h"

namespace kautopsy {
namespace {

// A kind of record that begins with "begin", goes on with "more N" and may be resumed by "rest".
class FakeBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (line.text == "begin" || line.text == "rest") {
      if (begun_) return Claim::kConflict;
      begun_ = true;
      return Claim::kTaken;
    }
    return line.text.starts_with("more") ? Claim::kTaken : Claim::kNone;
  }
  void Finish(EventRecord& event) override { event.complete = true; }

 private:
  bool begun_ = false;
};

const std::vector<RecordKind>& FakeKinds() {
  static const std::vector<RecordKind> kKinds = {
      {.name = "fake",
       .openers = {{"begin", [](const LogLine& line) { return line.text == "begin"; }, false},
                   {"rest", [](const LogLine& line) { return line.text == "rest"; }, true}},
       .open = [] { return std::unique_ptr<Block>(std::make_unique<FakeBlock>()); },
       .max_foreign_lines = 2}};
  return kKinds;
}

// Feeds syslog lines and gives each event as its lines' numbers: "1,2,4".
std::vector<std::string> Records(const std::vector<std::string>& lines) {
  std::vector<std::string> records;
  BlockEngine engine(FakeKinds(), [&](EventRecord&& event) {
    std::string numbers;
    for (const RawLine& line : event.lines.Split())
      numbers += (numbers.empty() ? "" : ",") + std::to_string(line.place.line);
    records.push_back(numbers);
  });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    LogLine line;
    line.raw = lines[i];
    line.place = {i + 1, 1};
    line.text = line.raw;
    LatestHead latest;
    ParsePrefixes(line, latest);
    engine.Offer(line, ~uint64_t{0});
  }
  engine.Finish();
  return records;
}

std::string At(std::string_view time, std::string_view text, std::string_view host = "h") {
  return "Nov 20 " + std::string(time) + " " + std::string(host) + " kernel: " + std::string(text);
}

TEST_CASE("A record goes on over foreign lines within its limit, and ends behind them") {
  const std::string f = At("10:00:00", "foreign");
  CHECK(Records({At("10:00:00", "begin"), f, f, At("10:00:00", "more"), f, f, f,
                 At("10:00:00", "more")}) == std::vector<std::string>{"1,4"});
}

TEST_CASE("A record that grows without end is closed, and says so") {
  std::vector<EventRecord> records;
  BlockEngine engine(FakeKinds(),
                     [&](EventRecord&& event) { records.push_back(std::move(event)); });
  for (std::size_t i = 0; i < kMaxLines + 10; ++i) {
    LogLine line;
    line.place = {i + 1, 1};
    line.raw = line.text = i == 0 ? "begin" : "more";
    const LineFate fate = engine.Offer(line, ~uint64_t{0});
    REQUIRE((fate == LineFate::kClaimed) == (i < kMaxLines));
  }
  engine.Finish();
  REQUIRE(records.size() == 1);
  CHECK(records[0].lines.size() == kMaxLines);
  CHECK_FALSE(records[0].complete);
  CHECK(records[0].damage.value_or("").find("too long") == 0);
}

TEST_CASE("Lines of two hosts are two records, in the order of their first lines") {
  CHECK(Records({At("10:00:00", "begin", "a"), At("10:00:00", "begin", "b"),
                 At("10:00:00", "more", "b"), At("10:00:00", "more", "a")}) ==
        std::vector<std::string>{"1,4", "2,3"});
}

TEST_CASE("A record whose host prints no more does not hold back those of others for long") {
  std::size_t given = 0;
  std::vector<std::string> first;
  BlockEngine engine(FakeKinds(), [&](EventRecord&& event) {
    if (++given == 1) first.push_back(*event.host);
  });
  constexpr std::size_t kRecords = 5000;
  for (std::size_t i = 0; i < kRecords; ++i) {
    LogLine line;
    line.place = {i + 1, 1};
    line.raw = line.text = "begin";
    line.host = i == 0 ? "silent" : "busy";
    engine.Offer(line, ~uint64_t{0});
    REQUIRE(i + 1 - given <= 1001);
  }
  engine.Finish();
  CHECK(given == kRecords);
  CHECK(first == std::vector<std::string>{"silent"});
}

TEST_CASE("A line more than a minute away belongs to another record") {
  CHECK(Records({At("10:00:00", "begin"), At("10:02:00", "begin"), At("10:00:30", "more"),
                 At("10:02:10", "more")}) == std::vector<std::string>{"1,3", "2,4"});
}

TEST_CASE("A place that is taken begins a new record") {
  CHECK(Records({At("10:00:00", "begin"), At("10:00:00", "rest"), At("10:00:00", "more")}) ==
        std::vector<std::string>{"1", "2,3"});
}

TEST_CASE("A log line quoted again without its prefix is no second record") {
  CHECK(Records({At("10:00:00", "rest"), "some prose", "rest"}) == std::vector<std::string>{"1"});
  CHECK(Records({"rest", "some", "more", "prose", "rest"}) == std::vector<std::string>{"1,3", "5"});
}

TEST_CASE("Equal texts have equal keys, however blanks and prefixes differ") {
  std::vector<std::string> keys;
  BlockEngine engine(FakeKinds(), [&](EventRecord&& event) { keys.push_back(event.key); });
  for (const std::string_view text : {"more  1   x", "more 1 x", "more 2 x"}) {
    LogLine begin;
    begin.raw = begin.text = "begin";
    engine.Offer(begin, ~uint64_t{0});
    LogLine line;
    line.raw = line.text = text;
    engine.Offer(line, ~uint64_t{0});
  }
  engine.Finish();
  REQUIRE(keys.size() == 3);
  CHECK(keys[0] == keys[1]);
  CHECK(keys[0] != keys[2]);
}

TEST_CASE("Lines that are no record of their own are claimed and give no event") {
  class Silent final : public Block {
   public:
    Claim Offer(const LogLine& /*line*/) override { return Claim::kTaken; }
    bool closed() const override { return true; }
    void Finish(EventRecord& event) override { event.kind.clear(); }
  };
  const std::vector<RecordKind> kinds = {
      {.name = "silent",
       .openers = {{"x", [](const LogLine&) { return true; }, false}},
       .open = [] { return std::unique_ptr<Block>(std::make_unique<Silent>()); }}};
  std::size_t events = 0;
  BlockEngine engine(kinds, [&](EventRecord&&) { ++events; });
  LogLine line;
  line.raw = line.text = "x";
  CHECK(engine.Offer(line, ~uint64_t{0}) == LineFate::kClaimed);
  engine.Finish();
  CHECK(events == 0);
}

}  // namespace
}  // namespace kautopsy
