#include "store/known_events.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "base/time.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr int64_t kSecond = 1000000;  // [us]
constexpr int64_t kHour = 3600 * kSecond;

// rsyslog, journald and dmesg -T read clocks of their own, up to a second apart, and some cut the
// fraction off.
constexpr int64_t kTolerance = 2 * kSecond;
// All renderings print the same uptime.
constexpr int64_t kSameInstant = kSecond / 1000;
// A daemon stamps what was printed before it was started with the time of its start. Where the
// uptime says that it is the same record, the wall clock only tells one boot from another.
constexpr int64_t kBootTolerance = 60 * kSecond;
// Zones are multiples of a quarter of an hour and at most 14 hours from UTC (tz database).
constexpr int64_t kZoneStep = kHour / 4;
constexpr int64_t kLargestZone = 14 * kHour;
// A source without any record of another kind of source is searched with its first records only.
constexpr int kMaxZoneSearches = 100;
constexpr int kMaxRowsPerSearch = 1000;
constexpr std::size_t kMaxKeysAtHand = 10000;
// So many lines, with the pids, addresses and counters in them, are not printed twice: if one
// source has only the uptime and the other only the time, they are enough.
constexpr int64_t kFingerprintLines = 8;

// What the source at hand adds is merged, sorted, when it ends: single rows would fall all over the
// tree. Until then this also keeps a source's own events out of the search.
constexpr char kCreateFresh[] =
    "CREATE TEMP TABLE IF NOT EXISTS fresh_clock"
    " (head_hash INTEGER, clock_us INTEGER, event_id INTEGER, wall_us INTEGER)";
constexpr char kAny[] = "SELECT EXISTS (SELECT 1 FROM event_clock)";
constexpr char kSearch[] =
    "SELECT k.clock_us, k.event_id, k.wall_us, e.host, e.uptime_us, e.time_us, e.time_quality,"
    " e.boot_id, e.incident_id, e.complete, e.log_lines"
    " FROM event_clock AS k JOIN event AS e USING (event_id)"
    " WHERE k.head_hash = ?1 AND (k.clock_us, k.event_id) > (?2, ?3) AND k.clock_us <= ?4"
    " AND e.kind = ?5 AND (e.event_key = ?6) = ?7 AND NOT EXISTS (SELECT 1 FROM event_source AS s"
    " WHERE s.event_id = k.event_id AND s.source_id = ?8)"
    " ORDER BY k.clock_us, k.event_id";
constexpr char kInsertClock[] = "INSERT INTO temp.fresh_clock VALUES (?, ?, ?, ?)";
constexpr char kKeepClocks[] =
    "INSERT INTO event_clock (head_hash, clock_us, event_id, wall_us)"
    " SELECT * FROM temp.fresh_clock ORDER BY head_hash, clock_us, event_id";
constexpr char kClearClocks[] = "DELETE FROM temp.fresh_clock";
constexpr char kTakeBack[] = "DELETE FROM temp.fresh_clock WHERE event_id = ?1";
constexpr char kForget[] = "DELETE FROM event_clock WHERE head_hash = ?1 AND event_id = ?2";

// Uptimes and times within a year are kept in one column.
int64_t UptimeClock(int64_t uptime_us) { return uptime_us - (int64_t{1} << 62); }
constexpr int64_t kFirstClock = std::numeric_limits<int64_t>::min();
constexpr int64_t kNoClock = std::numeric_limits<int64_t>::max();

// Printed before the log daemon was started.
bool IsEarly(const Integer& uptime_us) { return uptime_us && *uptime_us < kBootTolerance; }

// A host is named with or without its domain.
bool SameHost(std::string_view one, std::string_view other) {
  if (one.size() > other.size()) std::swap(one, other);
  return other.starts_with(one) && (one.size() == other.size() || other[one.size()] == '.');
}

}  // namespace

Result<std::unique_ptr<KnownEvents>> KnownEvents::Create(Database& database) {
  std::unique_ptr<KnownEvents> known(new KnownEvents(database));
  if (Status ready = known->Prepare(); !ready) return tl::unexpected(ready.error());
  return known;
}

Status KnownEvents::Prepare() {
  if (Status created = database_.Execute(kCreateFresh); !created) return created;
  const std::pair<const char*, Statement*> statements[] = {{kAny, &any_},
                                                           {kSearch, &search_},
                                                           {kInsertClock, &insert_clock_},
                                                           {kKeepClocks, &keep_clocks_},
                                                           {kClearClocks, &clear_clocks_},
                                                           {kForget, &forget_},
                                                           {kTakeBack, &take_back_}};
  for (const auto& [sql, target] : statements) {
    Result<Statement> statement = database_.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    *target = std::move(*statement);
  }
  return {};
}

Status KnownEvents::BeginSource(int64_t source_id) {
  source_id_ = source_id;
  found_at_.clear();
  zone_us_.reset();
  zone_searches_ = 0;
  const Result<bool> row = any_.Step();
  if (row) any_events_ = any_.GetInteger(0) == 1;
  any_.Reset();
  return row ? Status() : tl::unexpected(row.error());
}

Result<std::optional<KnownEvent>> KnownEvents::Find(const EventRecord& event) {
  Result<std::optional<KnownEvent>> found;
  if (!any_events_) return found;
  const std::vector<Window> windows = WindowsOf(event);
  for (const Match match : {Match::kWhole, Match::kHead}) {
    for (const Window& window : windows) {
      found = Search(event, window, match);
      if (!found || *found) return found;
    }
  }
  return found;
}

// Where in event_clock the event may be found: the likeliest place first.
std::vector<KnownEvents::Window> KnownEvents::WindowsOf(const EventRecord& event) {
  std::vector<Window> windows;
  const auto around = [&windows](int64_t at, int64_t reach) {
    windows.push_back({at - reach, at + reach});
  };
  // Where a storm's log goes on in another file, the reach would take its last records for others.
  if (event.uptime_us) {
    around(UptimeClock(*event.uptime_us), 0);
    around(UptimeClock(*event.uptime_us), kTolerance);
  }
  if (event.time) {
    const int64_t at = MicrosecondsOfYear(*event.time);
    around(at, 0);
    around(at, kTolerance);
    if (IsEarly(event.uptime_us) || event.kind == "boot") around(at, kBootTolerance);
    if (zone_us_)
      around(at + *zone_us_, kTolerance);
    else if (zone_searches_++ < kMaxZoneSearches)
      around(at, kLargestZone);
  }
  if (event.log_lines >= kFingerprintLines) windows.push_back({kFirstClock, kNoClock});
  return windows;
}

Result<std::optional<KnownEvent>> KnownEvents::Search(const EventRecord& event,
                                                      const Window& window, Match match) {
  std::pair<int64_t, int64_t> behind = {window.from_us, 0};
  const auto last = match == Match::kWhole ? found_at_.find(event.key) : found_at_.end();
  if (last != found_at_.end() && last->second > behind && last->second.first <= window.to_us)
    behind = last->second;
  int parameter = 0;
  for (const int64_t number :
       {static_cast<int64_t>(event.head_hash), behind.first, behind.second, window.to_us})
    search_.Bind(parameter++, number);
  search_.Bind(parameter++, event.kind);
  search_.Bind(parameter++, event.key);
  search_.Bind(parameter++, match == Match::kWhole);
  search_.Bind(parameter, source_id_);
  std::optional<KnownEvent> found;
  Result<bool> row = search_.Step();
  for (int rows = 0; row && *row && !found && rows < kMaxRowsPerSearch; ++rows) {
    if (Fits(event, match))
      found = TakeFound(event, match);
    else
      row = search_.Step();
  }
  search_.Reset();
  if (!row) return tl::unexpected(row.error());
  return found;
}

KnownEvent KnownEvents::TakeFound(const EventRecord& event, Match match) {
  KnownEvent found = {.event_id = search_.GetInteger(1).value_or(0),
                      .boot_id = search_.GetInteger(7),
                      .incident_id = search_.GetInteger(8)};
  if (match == Match::kHead) {
    const bool complete = search_.GetInteger(9) == 1;
    found.less_whole =
        complete == event.complete ? search_.GetInteger(10) < event.log_lines : event.complete;
    return found;
  }
  if (found_at_.size() >= kMaxKeysAtHand) found_at_.clear();
  found_at_[event.key] = {search_.GetInteger(0).value_or(0), found.event_id};
  return found;
}

bool KnownEvents::Fits(const EventRecord& event, Match match) {
  const Text host = search_.GetText(3);
  const Integer uptime_us = search_.GetInteger(4);
  const Integer wall_us = search_.GetInteger(2);
  const bool both_uptimes = uptime_us && event.uptime_us;
  const int64_t drift = both_uptimes ? std::llabs(*uptime_us - *event.uptime_us) : 0;
  if (drift > (match == Match::kHead ? kSameInstant : kTolerance)) return false;
  if (host && event.host && !SameHost(*host, *event.host)) return false;
  // Every machine prints "Linux version" at 0 s. Several lines, or a moment, are a fingerprint.
  const bool is_long = event.log_lines >= kFingerprintLines;
  const bool has_moment = both_uptimes && *uptime_us >= kSecond;
  if (!(host && event.host) && !is_long && !has_moment) return false;
  if (wall_us && event.time) {
    const bool boot = both_uptimes || IsEarly(uptime_us) || IsEarly(event.uptime_us);
    return WallFits(*event.time, *wall_us, boot ? kBootTolerance : kTolerance);
  }
  return both_uptimes || (match == Match::kWhole && is_long);
}

bool KnownEvents::WallFits(const PrintedTime& time, int64_t wall_us, int64_t tolerance_us) {
  const Integer other_us = search_.GetInteger(5);
  const Integer time_us = MicrosecondsSinceEpoch(time);
  if (other_us && time_us && std::llabs(*other_us - *time_us) > kLargestZone + kHour) return false;
  const int64_t apart = wall_us - MicrosecondsOfYear(time);
  if (std::llabs(apart) <= tolerance_us) return true;
  const bool utc = search_.ViewText(6) == "exact";
  if (utc == time.utc || std::llabs(apart) > kLargestZone + tolerance_us) return false;
  const int64_t steps = (std::llabs(apart) + kZoneStep / 2) / kZoneStep;
  const int64_t zone_us = (apart < 0 ? -steps : steps) * kZoneStep;
  if (std::llabs(apart - zone_us) > tolerance_us) return false;
  zone_us_ = zone_us;
  return true;
}

Status KnownEvents::Add(int64_t event_id, const EventRecord& event) {
  const auto head = static_cast<int64_t>(event.head_hash);
  Integer wall_us;
  if (event.time) wall_us = MicrosecondsOfYear(*event.time);
  Status done;
  if (event.uptime_us)
    done = Run(insert_clock_, head, UptimeClock(*event.uptime_us), event_id, wall_us);
  if (done && wall_us) done = Run(insert_clock_, head, *wall_us, event_id, wall_us);
  if (done && !event.uptime_us && !wall_us)
    done = Run(insert_clock_, head, kNoClock, event_id, wall_us);
  return done;
}

Status KnownEvents::Forget(int64_t event_id, const EventRecord& event) {
  return Run(forget_, static_cast<int64_t>(event.head_hash), event_id);
}

Status KnownEvents::TakeBack(int64_t event_id) { return Run(take_back_, event_id); }

Status KnownEvents::EndSource() {
  Status done = Run(keep_clocks_);
  return done ? Run(clear_clocks_) : done;
}

}  // namespace kautopsy
