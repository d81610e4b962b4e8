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

TEST_CASE("Lines of two hosts are two records, in the order of their first lines") {
  CHECK(Records({At("10:00:00", "begin", "a"), At("10:00:00", "begin", "b"),
                 At("10:00:00", "more", "b"), At("10:00:00", "more", "a")}) ==
        std::vector<std::string>{"1,4", "2,3"});
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

LogLine Parse(std::string_view raw) {
  LogLine line;
  line.raw = raw;
  line.text = raw;
  LatestHead latest;
  ParsePrefixes(line, latest);
  return line;
}

TEST_CASE(
    "A boot begins with the banner or where the uptime falls back, not where lines overtake") {
  BootTracker boots;
  const auto boot_of = [&](std::string_view raw) { return boots.OnLine(Parse(raw)); };
  CHECK(boot_of("Nov 20 10:00:00 h kernel: [  100.000000] x") == 0);
  CHECK(boot_of("Nov 20 10:00:00 h kernel: [   99.900000] x") == 0);
  CHECK(boot_of("Nov 20 10:05:00 h kernel: [    2.000000] x") == 1);
  CHECK(boot_of("Nov 20 10:06:00 h kernel: Linux version 2.6.32 (x)") == 2);
  CHECK(boot_of("Nov 20 10:06:00 other kernel: x") == 3);
}

TEST_CASE("The journal's id of a boot decides alone, and an earlier one is known again") {
  const std::string one(32, '1');
  const std::string two(32, '2');
  BootTracker boots;
  const auto boot_of = [&](std::string_view host, std::string_view id, int64_t uptime_us) {
    LogLine line = Parse("x");
    line.host = host;
    line.boot_id = id;
    line.uptime_us = uptime_us;
    return boots.OnLine(line);
  };
  constexpr int64_t kMinuteUs = 60 * 1000000;
  CHECK(boot_of("h", one, kMinuteUs) == 0);
  CHECK(boot_of("h", one, 0) == 0);
  CHECK(boot_of("h", two, kMinuteUs) == 1);
  CHECK(boot_of("h", one, kMinuteUs) == 0);
  CHECK(boot_of("other", one, kMinuteUs) == 2);
  CHECK(boot_of("h", two, kMinuteUs) == 1);
  CHECK(boot_of("", two, kMinuteUs) == 3);
  CHECK(boot_of("", two, kMinuteUs) == 3);
  SUBCASE("A boot that syslog told of gets its id once the journal tells it") {
    CHECK(boot_of("h2", "", kMinuteUs) == 4);
    CHECK(boot_of("h2", one, 2 * kMinuteUs) == 4);
    CHECK(boot_of("h2", two, 3 * kMinuteUs) == 5);
    CHECK(boot_of("h2", one, 2 * kMinuteUs) == 4);
  }
  SUBCASE("What is no id is none") {
    CHECK(boot_of("h2", "1", kMinuteUs) == 4);
    CHECK(boot_of("h2", std::string(32, 'x'), kMinuteUs) == 4);
    CHECK(boot_of("h2", "", 0) == 5);
  }
  const std::vector<BootRecord> taken = boots.TakeBoots();
  CHECK(taken[0].journal_boot_id == one);
  CHECK(taken[1].journal_boot_id == two);
  CHECK(taken[3].host == std::nullopt);
}

TEST_CASE("Lines without a host have a boot only behind a banner of their form") {
  BootTracker boots;
  const auto boot_of = [&](std::string_view raw) { return boots.OnLine(Parse(raw)); };
  CHECK(boot_of("[    5.000000] x") == std::nullopt);
  CHECK(boot_of("[    0.000000] Linux version 6.1.0 (x)") == 0);
  CHECK(boot_of("[    9.000000] x") == 0);
  CHECK(boot_of("[    8.900000] x") == 0);
  CHECK(boot_of("bare") == std::nullopt);
  CHECK(boot_of("Linux version 6.1.0 (x)") == std::nullopt);
  CHECK(boot_of("[   10.000000] x") == 0);
  CHECK(boot_of("[    0.000000] Linux version 6.1.0 (x)") == 1);
  CHECK(boot_of("[   30.000000] x") == 1);
  SUBCASE("nor once the uptime fell back") {
    CHECK(boot_of("[   20.000000] x") == std::nullopt);
    CHECK(boot_of("[   31.000000] x") == std::nullopt);
  }
  SUBCASE("nor once a line named a host") {
    CHECK(boot_of("Nov 20 10:00:00 h kernel: [   31.000000] x") == 2);
    CHECK(boot_of("[   32.000000] x") == std::nullopt);
  }
  const std::vector<BootRecord> taken = boots.TakeBoots();
  CHECK_FALSE(taken[0].host.has_value());
}

TEST_CASE("A bare banner begins a boot once its record says that it is one") {
  BootTracker boots;
  CHECK(boots.OnLine(Parse("Linux version 4.14.0 (x)")) == std::nullopt);
  EventRecord boot;
  boot.kind = "boot";
  boots.OnEvent(boot);
  CHECK(boot.boot == 0);
  CHECK(boots.OnLine(Parse("bare")) == 0);
  CHECK(boots.OnLine(Parse("[    9.000000] x")) == std::nullopt);
}

TEST_CASE("What a memory report tells of the RAM wins over the boot's own line") {
  for (const bool report_first : {false, true}) {
    BootTracker boots;
    EventRecord boot;
    boot.kind = "boot";
    boot.boot = boots.OnLine(Parse("[    0.000000] Linux version 6.1.0 (x)"));
    boot.boot_facts = std::make_unique<BootRecord>();
    boot.boot_facts->ram_kb = 261624;
    boot.boot_facts->ram_from = "memory_line";
    EventRecord report;
    report.boot = boot.boot;
    report.ram_kb = 217988;
    boots.OnEvent(report_first ? report : boot);
    boots.OnEvent(report_first ? boot : report);
    const std::vector<BootRecord> taken = boots.TakeBoots();
    CHECK(taken.at(0).ram_kb == 217988);
    CHECK(taken.at(0).ram_from == "mem_info");
  }
}

// A log of one boot and the beginning of the next, record by record.
class TwoBoots {
 public:
  TwoBoots() { Line("04:00:00", "Linux version 6.1.0 (x)"); }
  void Line(std::string_view time, std::string_view text, uint64_t lines_between = 0) {
    raw_ = At(time, text);
    line_ = Parse(raw_);
    number_ += lines_between + 1;
    line_.place = {number_, 1};
    boot_ = boots_.OnLine(line_);
  }
  // The line given last was this event's.
  EventRecord Event(std::string_view kind) {
    EventRecord event;
    event.kind = kind;
    event.boot = boot_;
    event.lines.Add(line_.place, line_.raw);
    return event;
  }
  void Give(EventRecord event) { boots_.OnEvent(event); }
  void Give(std::string_view kind) { Give(Event(kind)); }
  void GiveShutdown() {
    EventRecord event = Event("");
    event.boot_facts = std::make_unique<BootRecord>();
    event.boot_facts->ended = "shutdown";
    Give(std::move(event));
  }
  std::string FirstEnded() { return boots_.TakeBoots().at(0).ended.value_or("-"); }

 private:
  BootTracker boots_;
  std::string raw_;
  LogLine line_;
  uint64_t number_ = 0;
  std::optional<uint32_t> boot_;
};

TEST_CASE("A boot has crashed if it panicked, or if the next one follows at once upon a crash") {
  constexpr std::string_view kNext = "Linux version 6.1.0 (x)";
  TwoBoots log;
  std::string expected = "-";
  SUBCASE("an oops and the next boot") {
    for (const std::string_view kind : {"oops", "gpf", "bug", "hard_lockup"}) {
      TwoBoots crashed;
      crashed.Line("04:10:00", "x");
      crashed.Give(kind);
      crashed.Line("04:14:00", kNext, 10);
      CHECK(crashed.FirstEnded() == "crashed");
    }
  }
  SUBCASE("a soft lockup may pass") {
    log.Line("04:10:00", "x");
    log.Give("soft_lockup");
    log.Line("04:14:00", kNext);
  }
  SUBCASE("a panic needs no next boot, and sysrq may reset the machine behind it") {
    log.Line("04:10:00", "x");
    log.Give("panic");
    log.Line("04:11:00", "sysrq: Resetting");
    log.GiveShutdown();
    expected = "crashed";
  }
  SUBCASE("an oops alone: who wrote the log down, was still alive") {
    log.Line("04:10:00", "x");
    log.Give("oops");
  }
  SUBCASE("an oops, and something later") {
    log.Line("04:10:00", "x");
    log.Give("oops");
    log.Line("04:10:01", "Kernel logging (proc) stopped.");
    log.Line("04:14:00", kNext);
  }
  SUBCASE("an oops, and many lines that are no records") {
    log.Line("04:10:00", "x");
    log.Give("oops");
    log.Line("04:14:00", kNext, 60);
  }
  SUBCASE("an oops, and a long time") {
    log.Line("04:10:00", "x");
    log.Give("oops");
    log.Line("05:10:00", kNext);
  }
  SUBCASE("an oops, and a shutdown before the oops' record was closed") {
    log.Line("04:10:00", "x");
    EventRecord oops = log.Event("oops");
    log.Line("04:11:00", "Restarting system.");
    log.GiveShutdown();
    log.Give(std::move(oops));
    log.Line("04:14:00", kNext);
    expected = "shutdown";
  }
  SUBCASE("nothing, and the kernel that saves a crashed one's memory") {
    log.Line("04:14:00", kNext, 1000);
    EventRecord boot = log.Event("boot");
    boot.boot_facts = std::make_unique<BootRecord>();
    boot.boot_facts->crash_kernel = 1;
    log.Give(std::move(boot));
    expected = "crashed";
  }
  CHECK(log.FirstEnded() == expected);
}

TEST_CASE("Behind its shutdown a boot without a host has no more lines") {
  BootTracker boots;
  EventRecord shutdown;
  CHECK(boots.OnLine(Parse("[    0.000000] Linux version 6.1.0 (x)")) == 0);
  shutdown.boot = boots.OnLine(Parse("[    9.000000] reboot: Power down"));
  shutdown.boot_facts = std::make_unique<BootRecord>();
  shutdown.boot_facts->ended = "shutdown";
  boots.OnEvent(shutdown);
  CHECK(boots.OnLine(Parse("[   10.000000] x")) == std::nullopt);
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
  CHECK(engine.Offer(Parse("x"), ~uint64_t{0}) == LineFate::kClaimed);
  engine.Finish();
  CHECK(events == 0);
}

}  // namespace
}  // namespace kautopsy
