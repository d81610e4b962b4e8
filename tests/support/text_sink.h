#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/event_sink.h"

namespace kautopsy::test {

// A row as text: the cells that are not NULL, by column.
struct RecordedRow {
  std::string relation;
  std::vector<std::pair<std::string, std::string>> cells;
};

// The rows of all relations, in the order they were written.
std::vector<RecordedRow> RowsOfEvent(const EventRecord& event);

// A boot as a row, without its times.
RecordedRow RowOfBoot(const BootRecord& boot);

// An event as the importer wrote it, with its rows as text.
struct RecordedEvent {
  std::string kind;
  std::string key;
  std::string title;
  bool complete = false;
  std::string damage;  // empty if there is none
  RecordedRow facts;   // the other columns of `event` that were given
  std::vector<RawLine> lines;
  std::vector<RecordedRow> rows;  // of all relations, in the order they were written
};

// The cells of one column, of the event's rows of `relation` that have it.
std::vector<std::string> CellsOf(const RecordedEvent& event, std::string_view relation,
                                 std::string_view column);

// The first of them; empty if there is none.
std::string CellOf(const RecordedEvent& event, std::string_view relation, std::string_view column);

// An EventSink without a database: keeps everything as text, for golden and damage tests.
class TextSink final : public EventSink {
 public:
  Status BeginSource(std::string_view path, std::string_view kind) override;
  Status Write(EventRecord&& event) override;
  Status WriteBoot(uint32_t index, BootRecord&& boot) override;
  Status WriteUnclaimed(uint64_t line, std::string_view text) override;
  Result<SourceCounts> EndSource(const SourceSummary& summary) override;
  void AbandonSource() override;

  const std::vector<RecordedEvent>& events() const { return events_; }
  const SourceSummary& summary() const { return summary_; }
  const std::vector<BootRecord>& boots() const { return boots_; }
  bool ended() const { return ended_; }

  // All of it for a reader: one paragraph per event, one line per row, the ledger last.
  std::string ToText() const;

 private:
  std::vector<RecordedEvent> events_;
  std::vector<std::pair<uint64_t, std::string>> unclaimed_;
  SourceSummary summary_;
  std::vector<BootRecord> boots_;  // by number
  bool ended_ = false;
};

}  // namespace kautopsy::test
