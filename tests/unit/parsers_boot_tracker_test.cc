#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "parsers/envelope/envelope.h"
#include "parsers/stream/boot_tracker.h"

namespace kautopsy {
namespace {

std::string At(std::string_view time, std::string_view text, std::string_view host = "h") {
  return "Nov 20 " + std::string(time) + " " + std::string(host) + " kernel: " + std::string(text);
}

LogLine Parse(std::string_view raw) {
  LogLine line;
  line.raw = raw;
  line.text = raw;
  LatestHead latest;
  ParsePrefixes(line, latest);
  return line;
}

// Keeps what a tracker gives away.
class KeptBoots {
 public:
  explicit KeptBoots(std::size_t max_bytes = BootTracker::kMaxBytes)
      : tracker_([this](uint32_t index, BootRecord&& boot) { Keep(index, std::move(boot)); },
                 max_bytes) {}
  std::optional<uint32_t> OnLine(const LogLine& line) { return tracker_.OnLine(line); }
  void OnEvent(EventRecord& event) { tracker_.OnEvent(event); }
  std::size_t given() const { return given_; }
  std::vector<BootRecord> TakeBoots() {
    tracker_.Finish();
    CHECK(given_ == boots_.size());
    return boots_;
  }

 private:
  void Keep(uint32_t index, BootRecord boot) {
    ++given_;
    if (index >= boots_.size()) boots_.resize(index + 1);
    CHECK_FALSE(boots_[index].host.has_value());  // given once
    boots_[index] = std::move(boot);
  }

  std::vector<BootRecord> boots_;
  std::size_t given_ = 0;
  BootTracker tracker_;
};

TEST_CASE(
    "A boot begins with the banner or where the uptime falls back, not where lines overtake") {
  KeptBoots boots;
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
  KeptBoots boots;
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

TEST_CASE("The boots that were heard of last are kept, and no more of them than fit") {
  KeptBoots boots(20000);
  constexpr int kHosts = 1000;
  std::optional<uint32_t> always;
  for (int i = 0; i < kHosts; ++i) {
    const auto boot = boots.OnLine(Parse(At("10:00:00", "x", "host" + std::to_string(i))));
    CHECK(boot == static_cast<uint32_t>(i == 0 ? 0 : i + 1));
    const auto again = boots.OnLine(Parse(At("10:00:00", "x", "always")));
    if (!always) always = again;
    CHECK(again == always);
  }
  CHECK(boots.given() > kHosts - 20);
  // It comes late: what is said of it now is another boot's.
  CHECK(boots.OnLine(Parse(At("10:00:00", "x", "host0"))) == kHosts + 1);
  EventRecord late;
  late.kind = "panic";
  late.boot = 0;
  boots.OnEvent(late);
  const std::vector<BootRecord> taken = boots.TakeBoots();
  CHECK(taken.size() == kHosts + 2);
  CHECK(taken[0].host == "host0");
  CHECK_FALSE(taken[0].ended.has_value());
  CHECK(taken[*always].host == "always");
}

TEST_CASE("Whatever a tracker gives away early, it goes on with the rest") {
  // So little that each boot is given away when the next one begins.
  KeptBoots boots(1);
  uint32_t expected = 0;
  for (const char digit : {'1', '2', '1', '2', '3'}) {
    const std::string id(32, digit);
    const std::string raw = At("10:00:00", "Linux version 6.1.0 (x)");
    LogLine line = Parse(raw);
    line.boot_id = id;
    CHECK(boots.OnLine(line) == expected++);
    CHECK(boots.OnLine(Parse("[    0.000000] Linux version 6.1.0 (x)")) == expected++);
    EventRecord shutdown;
    shutdown.boot = expected - 1;
    shutdown.boot_facts = std::make_unique<BootRecord>();
    shutdown.boot_facts->ended = "shutdown";
    shutdown.boot_facts->banner = std::string(100000, 'x');
    boots.OnEvent(shutdown);
  }
  const std::vector<BootRecord> taken = boots.TakeBoots();
  REQUIRE(taken.size() == expected);
  CHECK(taken[1].ended == "shutdown");
}

TEST_CASE("Lines without a host have a boot only behind a banner of their form") {
  KeptBoots boots;
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
  KeptBoots boots;
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
    KeptBoots boots;
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
  KeptBoots boots_;
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
  KeptBoots boots;
  EventRecord shutdown;
  CHECK(boots.OnLine(Parse("[    0.000000] Linux version 6.1.0 (x)")) == 0);
  shutdown.boot = boots.OnLine(Parse("[    9.000000] reboot: Power down"));
  shutdown.boot_facts = std::make_unique<BootRecord>();
  shutdown.boot_facts->ended = "shutdown";
  boots.OnEvent(shutdown);
  CHECK(boots.OnLine(Parse("[   10.000000] x")) == std::nullopt);
}

}  // namespace
}  // namespace kautopsy
