#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// An event of the store that a source tells once more.
struct KnownEvent {
  int64_t event_id = 0;
  Integer boot_id;
  Integer incident_id;
  bool less_whole = false;  // it lacks lines that the new source has
  bool new_clock = false;   // the new source has a clock by which it is not known yet
};

// Knows the record again that another source has told already: messages and its rotated copy, or
// kern.log, or the journal. Same record means same text (`event_key`), same host as far as it is
// named, and same clocks as far as both have them. A record of which one source has less, as lines
// were lost or rsyslog cut a long message, is known by its first line and the process that it is
// about, if the lines that both have are equal; one that its log's end cut, by its first line at
// the same moment. Within one source equal records are different events: each event of the store is
// found once per source at most.
class KnownEvents {
 public:
  // `database` must outlive it.
  static Result<std::unique_ptr<KnownEvents>> Create(Database& database);

  Status BeginSource(int64_t source_id);
  // The event that `event` is, if the store has it. The caller notes the place in event_source.
  Result<std::optional<KnownEvent>> Find(const EventRecord& event);
  // Notes an event that is new, or has rows of another source now, so that later sources find it.
  Status Add(int64_t event_id, const EventRecord& event);
  // Notes the clocks by which the source at hand tells an event that it has in common with others.
  Status AddClocks(const KnownEvent& known, const EventRecord& event);
  // Undoes Add() of the source at hand.
  Status TakeBack(int64_t event_id);
  Status EndSource();

 private:
  struct Window {
    int64_t from_us = 0;
    int64_t to_us = 0;
    bool same_reading = false;  // holds nothing but readings of the same moment
  };
  // How much of the text must be equal: all; who it is about, and the lines that both have; the
  // first line.
  enum class Match { kWhole, kSubject, kHead };

  explicit KnownEvents(Database& database) : database_(database) {}
  Status Prepare();
  std::vector<Window> WindowsOf(const EventRecord& event);
  Result<std::optional<KnownEvent>> Search(const EventRecord& event, const Window& window,
                                           Match match);
  // Of the candidate that search_ stands on.
  bool Fits(const EventRecord& event, Match match);
  bool ClocksFit(const EventRecord& event, Match match);
  Result<bool> LinesFit(const EventRecord& event, Match match);
  bool Drifts() const;
  bool IsInUtc(int64_t wall_us) const;
  bool WallFits(const PrintedTime& time, int64_t wall_us, int64_t tolerance_us);
  KnownEvent TakeFound(const EventRecord& event, Match match);
  bool HasNewClock(const EventRecord& event) const;
  Status NoteClocks(int64_t event_id, const EventRecord& event);
  Status InsertClocks(int64_t head, int64_t event_id, const EventRecord& event);

  Database& database_;
  Statement any_;
  Statement search_;
  Statement insert_clock_;
  Statement keep_clocks_;
  Statement clear_clocks_;
  Statement insert_sketch_;
  Statement select_sketch_;
  Statement take_back_;
  int64_t source_id_ = 0;
  bool any_events_ = false;  // in older sources
  // Where the last event of a key was found: storms repeat a text thousands of times.
  std::unordered_map<std::string, std::pair<int64_t, int64_t>> found_at_;  // clock, event
  std::set<int64_t> overlaps_;  // older sources with which events were found in common
  Integer zone_us_;  // what the other kind of source's clock is ahead, once that is known
  int zone_searches_ = 0;
};

}  // namespace kautopsy
