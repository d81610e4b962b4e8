#include "store/known_events.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "base/hash.h"
#include "base/time.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr int64_t kSecond = 1000000;  // [us]
constexpr int64_t kHour = 3600 * kSecond;

// rsyslog, journald and dmesg -T read clocks of their own, up to a second apart, and some cut the
// fraction off.
constexpr int64_t kTolerance = 2 * kSecond;
// A daemon stamps what was printed before it was started with the time of its start.
constexpr int64_t kWideTolerance = 10 * kSecond;
// How far dmesg's time, which it counts from the boot on, may be off: 100 ppm (see join_boots.cc)
// are an hour a year.
constexpr int64_t kDrift = kHour;
// All renderings print the same uptime, but journalctl's short-monotonic; JSON has it as a
// fraction.
constexpr int64_t kSameInstant = 2;
constexpr int64_t kEarly = 60 * kSecond;
// Zones are multiples of a quarter of an hour and at most 14 hours from UTC (tz database).
constexpr int64_t kZoneStep = kHour / 4;
constexpr int64_t kLargestZone = 14 * kHour;
// A source without any record of another kind of source is searched with its first records only.
constexpr int kMaxZoneSearches = 100;
constexpr int kMaxRowsPerSearch = 500;
constexpr std::size_t kMaxKeysAtHand = 10000;
// So many lines, with the pids, addresses and counters in them, are not printed twice within
// seconds. If one source has only the uptime and the other only the time, they are enough.
constexpr int64_t kFingerprintLines = 8;

// What the source at hand adds is merged, sorted, when it ends: single rows would fall all over the
// tree. Until then this also keeps a source's own events out of the search.
constexpr char kCreateFresh[] =
    "CREATE TEMP TABLE IF NOT EXISTS fresh_clock"
    " (head_hash INTEGER, clock_us INTEGER, event_id INTEGER, wall_us INTEGER)";
constexpr char kAny[] = "SELECT EXISTS (SELECT 1 FROM event_clock)";
// SQLite gives the rows in the order of the inner SELECT, one by one as they are asked for; to
// order them once more would read all before the first.
constexpr char kSearch[] =
    "SELECT k.clock_us, k.event_id, k.wall_us, e.host, e.uptime_us, e.time_us, e.time_quality,"
    " e.boot_id, e.incident_id, e.complete, e.log_lines, e.source_id, e.event_key"
    " FROM (SELECT clock_us, event_id, wall_us FROM event_clock WHERE head_hash = ?1"
    " AND (clock_us, event_id) > (?2, ?3) AND clock_us <= ?4"
    " ORDER BY clock_us, event_id LIMIT ?9) AS k JOIN event AS e USING (event_id)"
    " WHERE e.kind = ?5 AND (e.event_key = ?6) = ?7 AND NOT EXISTS (SELECT 1 FROM event_source AS s"
    " WHERE s.event_id = k.event_id AND s.source_id = ?8)";
constexpr char kInsertClock[] = "INSERT INTO temp.fresh_clock VALUES (?, ?, ?, ?)";
constexpr char kKeepClocks[] =
    "INSERT OR IGNORE INTO event_clock (head_hash, clock_us, event_id, wall_us)"
    " SELECT * FROM temp.fresh_clock ORDER BY head_hash, clock_us, event_id";
constexpr char kClearClocks[] = "DELETE FROM temp.fresh_clock";
constexpr char kTakeBack[] = "DELETE FROM temp.fresh_clock WHERE event_id = ?1";
constexpr char kInsertSketch[] = "INSERT INTO event_sketch (event_id, line_hashes) VALUES (?, ?)";
constexpr char kSelectSketch[] = "SELECT line_hashes FROM event_sketch WHERE event_id = ?1";

// Uptimes and times within a year are kept in one column, and times that drift apart from others,
// so that only who looks for such reaches far.
constexpr int64_t kFirstDrifting = int64_t{1} << 61;
int64_t UptimeClock(int64_t uptime_us) { return uptime_us - (int64_t{1} << 62); }
int64_t WallClock(const PrintedTime& time) {
  return MicrosecondsOfYear(time) + (time.from_uptime ? kFirstDrifting : 0);
}
constexpr int64_t kFirstClock = std::numeric_limits<int64_t>::min();
constexpr int64_t kNoClock = std::numeric_limits<int64_t>::max();

// Maybe printed before the log daemon was started.
bool IsEarly(const Integer& uptime_us) { return uptime_us && *uptime_us < kEarly; }

bool IsLong(const EventRecord& event) { return event.log_lines >= kFingerprintLines; }

// Readings of one clock, of which one may lack the fraction.
bool IsSameReading(int64_t one_us, int64_t other_us) {
  if (one_us == other_us) return true;
  return one_us / kSecond == other_us / kSecond &&
         (one_us % kSecond == 0 || other_us % kSecond == 0);
}

// What the event is found by if its source has less of the text; none for what cannot be told so.
std::optional<int64_t> SubjectHash(const EventRecord& event) {
  if (!IsLong(event) || event.subject.value_or("").empty()) return std::nullopt;
  return static_cast<int64_t>(QuickHash(fmt::format("{} {}", event.head_hash, *event.subject)));
}

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
                                                           {kInsertSketch, &insert_sketch_},
                                                           {kSelectSketch, &select_sketch_},
                                                           {kTakeBack, &take_back_}};
  if (Status ready = PrepareAll(database_, statements); !ready)
    return tl::unexpected(ready.error());
  return {};
}

Status KnownEvents::BeginSource(int64_t source_id) {
  source_id_ = source_id;
  found_at_.clear();
  overlaps_.clear();
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
  for (const Match match : {Match::kWhole, Match::kSubject, Match::kHead}) {
    if (match == Match::kSubject && !SubjectHash(event)) continue;
    for (const Window& window : windows) {
      if (match == Match::kHead && !window.same_reading) continue;
      found = Search(event, window, match);
      if (!found || *found) return found;
    }
  }
  return found;
}

// Where in event_clock the event may be found: the likeliest place first.
std::vector<KnownEvents::Window> KnownEvents::WindowsOf(const EventRecord& event) {
  std::vector<Window> windows;
  const auto around = [&windows](int64_t at, int64_t reach, bool same_reading = false) {
    windows.push_back({at - reach, at + reach, same_reading});
  };
  if (event.uptime_us) around(UptimeClock(*event.uptime_us), kSameInstant, true);
  if (event.time) {
    const int64_t at = WallClock(*event.time);
    windows.push_back({at - at % kSecond, at % kSecond == 0 ? at + kSecond - 1 : at, true});
    const int64_t reach = IsLong(event) || IsEarly(event.uptime_us) ? kWideTolerance : kTolerance;
    around(at, reach);
    const bool search_zone = !zone_us_ && zone_searches_++ < kMaxZoneSearches;
    if (zone_us_) around(at + *zone_us_, reach);
    if (search_zone) around(at, kLargestZone + reach);
    if (IsLong(event)) {
      // Of two clocks one drifts, or both.
      const int64_t of_year = MicrosecondsOfYear(*event.time);
      const int64_t drift = kDrift + (search_zone ? kLargestZone : 0);
      around(of_year + kFirstDrifting + zone_us_.value_or(0), drift);
      if (event.time->from_uptime) around(of_year + zone_us_.value_or(0), drift);
    }
  }
  if (!IsLong(event)) return windows;
  if (event.uptime_us) around(UptimeClock(*event.uptime_us), kTolerance);
  // Where the other source has no clock that this one has.
  if (!event.uptime_us) windows.push_back({kFirstClock, -1});
  if (!event.time) windows.push_back({0, kNoClock - 1});
  windows.push_back({kNoClock, kNoClock});
  return windows;
}

Result<std::optional<KnownEvent>> KnownEvents::Search(const EventRecord& event,
                                                      const Window& window, Match match) {
  std::pair<int64_t, int64_t> behind = {window.from_us, 0};  // ids count from 1
  const auto last = match == Match::kWhole ? found_at_.find(event.key) : found_at_.end();
  if (last != found_at_.end() && last->second > behind && last->second.first <= window.to_us)
    behind = last->second;
  const int64_t head = match == Match::kSubject ? SubjectHash(event).value_or(0)
                                                : static_cast<int64_t>(event.head_hash);
  int parameter = 0;
  for (const int64_t number : {head, behind.first, behind.second, window.to_us})
    search_.Bind(parameter++, number);
  search_.Bind(parameter++, event.kind);
  search_.Bind(parameter++, event.key);
  search_.Bind(parameter++, match == Match::kWhole);
  search_.Bind(parameter++, source_id_);
  search_.Bind(parameter, kMaxRowsPerSearch);
  std::optional<KnownEvent> found;
  Result<bool> row = search_.Step();
  while (row && *row && !found) {
    const Result<bool> fits = Fits(event, match) ? LinesFit(event, match) : Result<bool>(false);
    if (fits && *fits)
      found = TakeFound(event, match);
    else
      row = fits ? search_.Step() : fits;
  }
  search_.Reset();
  if (!row) return tl::unexpected(row.error());
  return found;
}

KnownEvent KnownEvents::TakeFound(const EventRecord& event, Match match) {
  KnownEvent found = {.event_id = search_.GetInteger(1).value_or(0),
                      .boot_id = search_.GetInteger(7),
                      .incident_id = search_.GetInteger(8),
                      .new_clock = HasNewClock(event)};
  overlaps_.insert(search_.GetInteger(11).value_or(0));
  if (match != Match::kWhole) {
    const bool complete = search_.GetInteger(9) == 1;
    const auto less = std::pair(complete, search_.GetInteger(10).value_or(0));
    const auto more = std::pair(event.complete, event.log_lines);
    // Of two that lack as much each, the same one in whatever order they come.
    found.less_whole = less < more || (less == more && event.key < search_.ViewText(12));
    return found;
  }
  if (found_at_.size() >= kMaxKeysAtHand) found_at_.clear();
  found_at_[event.key] = {search_.GetInteger(0).value_or(0), found.event_id};
  return found;
}

bool KnownEvents::HasNewClock(const EventRecord& event) const {
  if (event.uptime_us && search_.IsNull(4)) return true;
  if (!event.time) return false;
  const Integer wall_us = search_.GetInteger(2);
  return !wall_us || Drifts() != event.time->from_uptime ||
         !IsSameReading(*wall_us, MicrosecondsOfYear(*event.time));
}

bool KnownEvents::Fits(const EventRecord& event, Match match) {
  const Text host = search_.GetText(3);
  if (host && event.host && !SameHost(*host, *event.host)) return false;
  const Integer uptime_us = search_.GetInteger(4);
  const bool both_uptimes = uptime_us && event.uptime_us;
  const int64_t apart = both_uptimes ? std::llabs(*uptime_us - *event.uptime_us) : 0;
  if (apart > (IsLong(event) && match != Match::kHead ? kTolerance : kSameInstant)) return false;
  // Every machine prints "Linux version" at 0 s. Several lines, or a moment, are a fingerprint.
  const bool has_moment = both_uptimes && *uptime_us >= kSecond;
  if (!(host && event.host) && !IsLong(event) && !has_moment) return false;
  return ClocksFit(event, match);
}

bool KnownEvents::ClocksFit(const EventRecord& event, Match match) {
  const Integer uptime_us = search_.GetInteger(4);
  const bool both_uptimes = uptime_us && event.uptime_us;
  const bool fingerprint = match != Match::kHead && IsLong(event);
  const Integer wall_us = search_.GetInteger(2);
  if (!wall_us || !event.time) return both_uptimes || fingerprint;
  const bool drift = Drifts() || event.time->from_uptime;
  const int64_t wide = drift && (fingerprint || both_uptimes) ? kDrift : kWideTolerance;
  if (both_uptimes) return WallFits(*event.time, *wall_us, wide);
  // Different reports of one second may begin alike: what is whole is not the rest of another one.
  const bool one_cut = !event.complete || search_.GetInteger(9) == 0;
  if (match == Match::kHead)
    return one_cut && IsSameReading(*wall_us, MicrosecondsOfYear(*event.time));
  if (fingerprint || IsEarly(uptime_us) || IsEarly(event.uptime_us))
    return WallFits(*event.time, *wall_us, wide);
  if (IsSameReading(*wall_us, MicrosecondsOfYear(*event.time)))
    return WallFits(*event.time, *wall_us, kSecond);
  // A storm may go on in the next file: lines of its next second are others, unless the sources are
  // known to tell the same.
  const bool overlap = overlaps_.contains(search_.GetInteger(11).value_or(0));
  return WallFits(*event.time, *wall_us, overlap ? kTolerance : 0);
}

// Two reports of one victim differ in the state of memory, and what was lost of one is missing in
// it only.
Result<bool> KnownEvents::LinesFit(const EventRecord& event, Match match) {
  const bool same_instant = match == Match::kHead && event.uptime_us && !search_.IsNull(4);
  if (match == Match::kWhole || same_instant) return true;
  select_sketch_.Bind(0, search_.GetInteger(1));
  const Result<bool> row = select_sketch_.Step();
  const LineSketch sketch =
      row && *row ? LineSketch::FromHex(select_sketch_.ViewText(0)) : LineSketch();
  select_sketch_.Reset();
  if (!row) return tl::unexpected(row.error());
  const LineSketch::Likeness likeness = sketch.Compare(event.sketch);
  return match == Match::kSubject ? likeness == LineSketch::Likeness::kSame
                                  : likeness != LineSketch::Likeness::kDifferent;
}

// The clock by which the candidate was found.
bool KnownEvents::Drifts() const {
  const int64_t clock_us = search_.GetInteger(0).value_or(0);
  return clock_us >= kFirstDrifting && clock_us != kNoClock;
}

// The candidate's clock is kept as its source printed it, its time may have been told by a zone
// that was found later, or by another source.
bool KnownEvents::IsInUtc(int64_t wall_us) const {
  const std::string_view quality = search_.ViewText(6);
  const Integer time_us = search_.GetInteger(5);
  const std::optional<PrintedTime> time = time_us ? FromUnixMicroseconds(*time_us) : std::nullopt;
  return time && (quality == "exact" || quality == "year_inferred" || quality == "boot_relative") &&
         MicrosecondsOfYear(*time) == wall_us;
}

bool KnownEvents::WallFits(const PrintedTime& time, int64_t wall_us, int64_t tolerance_us) {
  const Integer other_us = search_.GetInteger(5);
  const Integer time_us = MicrosecondsSinceEpoch(time);
  if (other_us && time_us && std::llabs(*other_us - *time_us) > kLargestZone + kHour) return false;
  const int64_t apart = wall_us - MicrosecondsOfYear(time);
  if (std::llabs(apart) <= tolerance_us) return true;
  if (IsInUtc(wall_us) == time.utc) return false;
  const int64_t slack = std::max(tolerance_us, kTolerance);
  if (std::llabs(apart) > kLargestZone + slack) return false;
  const int64_t steps = (std::llabs(apart) + kZoneStep / 2) / kZoneStep;
  const int64_t zone_us = (apart < 0 ? -steps : steps) * kZoneStep;
  if (std::llabs(apart - zone_us) > slack) return false;
  if (std::llabs(apart - zone_us) <= kWideTolerance) zone_us_ = zone_us;
  return true;
}

Status KnownEvents::Add(int64_t event_id, const EventRecord& event) {
  Status done = NoteClocks(event_id, event);
  return done && IsLong(event) ? Run(insert_sketch_, event_id, event.sketch.Hex()) : done;
}

Status KnownEvents::AddClocks(const KnownEvent& known, const EventRecord& event) {
  return known.new_clock ? NoteClocks(known.event_id, event) : Status();
}

Status KnownEvents::NoteClocks(int64_t event_id, const EventRecord& event) {
  Status done = InsertClocks(static_cast<int64_t>(event.head_hash), event_id, event);
  const std::optional<int64_t> subject = SubjectHash(event);
  return done && subject ? InsertClocks(*subject, event_id, event) : done;
}

Status KnownEvents::InsertClocks(int64_t head, int64_t event_id, const EventRecord& event) {
  Integer wall_us;
  if (event.time) wall_us = MicrosecondsOfYear(*event.time);
  Status done;
  if (event.uptime_us)
    done = Run(insert_clock_, head, UptimeClock(*event.uptime_us), event_id, wall_us);
  if (done && event.time)
    done = Run(insert_clock_, head, WallClock(*event.time), event_id, wall_us);
  if (done && !event.uptime_us && !wall_us)
    done = Run(insert_clock_, head, kNoClock, event_id, wall_us);
  return done;
}

Status KnownEvents::TakeBack(int64_t event_id) { return Run(take_back_, event_id); }

Status KnownEvents::EndSource() {
  Status done = Run(keep_clocks_);
  return done ? Run(clear_clocks_) : done;
}

}  // namespace kautopsy
