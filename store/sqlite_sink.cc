#include "store/sqlite_sink.h"

#include <cassert>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/boot_writer.h"
#include "store/cell_text.h"
#include "store/event_completer.h"
#include "store/known_events.h"
#include "store/row_inserter.h"
#include "store/run_statement.h"
#include "store/source_writer.h"
#include "store/time_quality.h"
#include "store/undated_events.h"

namespace kautopsy {
namespace {

constexpr char kInsertEvent[] =
    "INSERT INTO event (event_id, event_key, kind, host, boot_id, time, time_us, local_time, "
    "time_quality, uptime_us, comm, pid, kernel_release, page_size_kb, page_size_from, title, "
    "complete, log_lines, damage, source_id, first_line, last_line, first_column) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertEventSource[] = "INSERT INTO event_source VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertText[] = "INSERT INTO event_text_part (event_id, text) VALUES (?, ?)";
constexpr char kInsertUnclaimed[] =
    "INSERT INTO unclaimed_line (source_id, line, text) VALUES (?, ?, ?)";
constexpr char kMovePlace[] =
    "UPDATE event_source SET event_id = ?1 WHERE event_id = ?2 AND source_id = ?3";
constexpr char kSetIncident[] = "UPDATE event SET incident_id = ?2 WHERE event_id = ?1";
constexpr char kOutdateIncident[] = "UPDATE incident SET outdated = 1 WHERE incident_id = ?1";
constexpr char kSelectRelations[] =
    "SELECT t.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' "
    "AND c.name = 'event_id' AND t.name NOT IN ('event_source', 'event_clock') ORDER BY t.name";
constexpr char kNextIds[] =
    "SELECT (SELECT coalesce(max(source_id), 0) + 1 FROM source), "
    "(SELECT coalesce(max(event_id), 0) + 1 FROM event), "
    "(SELECT coalesce(max(boot_id), 0) + 1 FROM boot)";

class SqliteSink final : public EventSink {
 public:
  SqliteSink(Database& database, std::optional<int> year) : database_(database), year_(year) {}
  ~SqliteSink() override {
    AbandonSource();
    static_cast<void>(Flush());
  }
  SqliteSink(const SqliteSink&) = delete;
  SqliteSink& operator=(const SqliteSink&) = delete;

  Status BeginSource(std::string_view path, std::string_view kind) override {
    AbandonSource();
    if (Status status = Prepare(); !status) return status;
    path_ = path;
    kind_ = kind;
    counts_ = SourceCounts();
    // Takes the lock for writing now: a second ingest is told so before it reads anything.
    if (Status status = BeginUnit(); !status) return status;
    return Guard(ReadNextIds().and_then([&] { return known_->BeginSource(source_id_); }));
  }

  Status Write(EventRecord&& event) override {
    assert(!event.lines.empty());
    if (!IsOpen()) return NotOpen();
    const Result<std::optional<KnownEvent>> known = known_->Find(event);
    if (!known) return Guard(tl::unexpected(known.error()));
    if (!*known) {
      ++counts_.new_events;
      boots_->NoteNew(event, next_event_id_);
      return Guard(WriteNew(next_event_id_++, event));
    }
    ++counts_.known_events;
    boots_->NoteKnown(event, (*known)->boot_id);
    return Guard((*known)->less_whole ? Replace(**known, event) : Complete(**known, event));
  }

  Status WriteBoot(uint32_t index, BootRecord&& boot) override {
    if (!IsOpen()) return NotOpen();
    return Guard(StoreBoot(index, boot));
  }

  Status WriteUnclaimed(uint64_t line, std::string_view text) override {
    if (!IsOpen()) return NotOpen();
    return Guard(Run(insert_unclaimed_, source_id_, line, text));
  }

  Result<SourceCounts> EndSource(const SourceSummary& summary) override {
    if (!IsOpen()) return tl::unexpected(NotOpen().error());
    if (const Result<Integer> known = sources_->Find(summary, path_); !known || *known) {
      AbandonSource();
      if (!known) return tl::unexpected(known.error());
      Status noted = sources_->WritePath(Here(**known), summary).and_then([&] {
        return sources_->Update(**known, summary);
      });
      if (!noted) return tl::unexpected(noted.error());
      return SourceCounts{SourceOutcome::kAlreadyKnown, 0,
                          counts_.new_events + counts_.known_events};
    }
    const Status stored =
        Guard(sources_->Write(Here(source_id_), summary, boots_->merged())
                  .and_then([&] { return sources_->WritePath(Here(source_id_), summary); })
                  .and_then([&] {
                    return year_ ? undated_->Forget() : undated_->Resolve(source_id_, summary);
                  })
                  .and_then([&] { return known_->EndSource(); })
                  .and_then([&] { return EndUnit(); }));
    if (!stored) return tl::unexpected(stored.error());
    return counts_;
  }

  void AbandonSource() override {
    if (std::exchange(open_, false) && InTransaction())
      sqlite3_exec(database_.handle(), "ROLLBACK TO source; RELEASE source", nullptr, nullptr,
                   nullptr);
  }

  Status Flush() override { return InTransaction() ? database_.Execute("COMMIT") : Status(); }

 private:
  // Committing takes longer than a small source does: those of a second are committed together.
  static constexpr auto kCommitInterval = std::chrono::seconds(1);

  bool InTransaction() const { return sqlite3_get_autocommit(database_.handle()) == 0; }
  // After a failure nothing more of the source may get in: outside a transaction it would stay.
  bool IsOpen() const { return open_ && InTransaction(); }

  Status BeginUnit() {
    if (!InTransaction()) {
      if (Status status = database_.Execute("BEGIN IMMEDIATE"); !status) return status;
      began_ = std::chrono::steady_clock::now();
    }
    Status status = database_.Execute("SAVEPOINT source");
    open_ = status.has_value();
    return status;
  }

  Status EndUnit() {
    Status status = database_.Execute("RELEASE source");
    if (status && std::chrono::steady_clock::now() - began_ >= kCommitInterval) status = Flush();
    if (status) open_ = false;
    return status;
  }

  static Status NotOpen() { return Fail("no source is open in the store: it was given up before"); }

  // A failure undoes the whole source.
  Status Guard(Status status) {
    if (!status) AbandonSource();
    return status;
  }

  Status Prepare() {
    if (undated_) return {};
    const std::pair<const char*, Statement*> statements[] = {
        {kInsertEvent, &insert_event_},
        {kInsertEventSource, &insert_event_source_},
        {kInsertText, &insert_text_},
        {kInsertUnclaimed, &insert_unclaimed_},
        {kMovePlace, &move_place_},
        {kSetIncident, &set_incident_},
        {kOutdateIncident, &outdate_incident_},
        {kNextIds, &next_ids_}};
    if (Status ready = PrepareAll(database_, statements); !ready)
      return tl::unexpected(ready.error());
    Result<BatchTable> batch_table = BatchTable::Create(database_);
    if (!batch_table) return tl::unexpected(batch_table.error());
    batch_table_ = *batch_table;
    Result<std::unique_ptr<KnownEvents>> known = KnownEvents::Create(database_);
    if (!known) return tl::unexpected(known.error());
    known_ = std::move(*known);
    Result<std::unique_ptr<BootWriter>> boots = BootWriter::Create(database_);
    if (!boots) return tl::unexpected(boots.error());
    boots_ = std::move(*boots);
    Result<SourceWriter> sources = SourceWriter::Create(database_, year_);
    if (!sources) return tl::unexpected(sources.error());
    sources_ = std::move(*sources);
    Result<EventCompleter> completer = EventCompleter::Create(database_);
    if (!completer) return tl::unexpected(completer.error());
    completer_ = std::move(*completer);
    Result<UndatedEvents> undated = UndatedEvents::Create(database_);
    if (!undated) return tl::unexpected(undated.error());
    undated_ = std::move(*undated);
    return {};
  }

  Status ReadNextIds() {
    const Result<bool> row = next_ids_.Step();
    if (row) {
      source_id_ = next_ids_.GetInteger(0).value_or(1);
      next_event_id_ = next_ids_.GetInteger(1).value_or(1);
      boots_->BeginSource(source_id_, next_ids_.GetInteger(2).value_or(1), next_event_id_);
    }
    next_ids_.Reset();
    return row ? Status() : tl::unexpected(row.error());
  }

  Status WriteNew(int64_t event_id, const EventRecord& event) {
    return WriteEvent(event_id, event)
        .and_then([&] { return WritePlace(event_id, event); })
        .and_then([&] { return WriteRows(event_id, event); })
        .and_then([&] { return known_->Add(event_id, event); });
  }

  // Notes where a known event stands, too, and what its first source did not tell of it.
  Status Complete(const KnownEvent& known, const EventRecord& event) {
    return completer_->Complete(known.event_id, event)
        .and_then([&] { return WritePlace(known.event_id, event); })
        .and_then([&] { return known_->AddClocks(known, event); });
  }

  // Writes all rows of an event anew of which the other source has less.
  Status Replace(const KnownEvent& known, const EventRecord& event) {
    const Result<EventCompleter::Known> before = completer_->Read(known.event_id);
    if (!before) return tl::unexpected(before.error());
    return DeleteRows(known.event_id)
        .and_then([&] { return WriteNew(known.event_id, event); })
        .and_then([&] { return completer_->Complete(known.event_id, *before); })
        .and_then([&] { return Run(set_incident_, known.event_id, known.incident_id); })
        .and_then([&] { return Run(outdate_incident_, known.incident_id); });
  }

  Status DeleteRows(int64_t event_id) {
    if (delete_rows_.empty()) {
      Result<Statement> relations = database_.Prepare(kSelectRelations);
      if (!relations) return tl::unexpected(relations.error());
      while (relations->Step().value_or(false)) {
        Result<Statement> statement = database_.Prepare(
            "DELETE FROM " + relations->GetText(0).value_or("") + " WHERE event_id = ?");
        if (!statement) return tl::unexpected(statement.error());
        delete_rows_.push_back(std::move(*statement));
      }
    }
    Status status;
    for (Statement& statement : delete_rows_) {
      if (status) status = Run(statement, event_id);
    }
    return status;
  }

  Status StoreBoot(uint32_t index, const BootRecord& boot) {
    const Result<BootWriter::Stored> stored = boots_->Store(index, boot);
    if (!stored) return tl::unexpected(stored.error());
    Status dated = undated_->AddBoot(stored->boot_id, boot.first_time, boot.last_time);
    if (!dated || !stored->own_banner) return dated;
    --counts_.new_events;
    ++counts_.known_events;
    const Result<EventCompleter::Known> own = completer_->Read(*stored->own_banner);
    if (!own) return tl::unexpected(own.error());
    return completer_->Complete(*stored->known_banner, *own).and_then([&] {
      return MoveBanner(*stored);
    });
  }

  Status MoveBanner(const BootWriter::Stored& stored) {
    return Run(move_place_, stored.known_banner, stored.own_banner, source_id_)
        .and_then([&] { return known_->TakeBack(*stored.own_banner); })
        .and_then([&] { return DeleteRows(*stored.own_banner); });
  }

  Status WritePlace(int64_t event_id, const EventRecord& event) {
    const Place first = event.lines.first();
    Integer year;
    Integer new_years;
    if (event.time && event.time->year) year = *event.time->year;
    if (event.time && !year) new_years = event.time->new_years;
    Status status =
        Run(insert_event_source_, event_id, source_id_, first.line, event.lines.last().line,
            first.column, year, new_years, event.host.has_value());
    if (status && new_years) status = undated_->Add(event_id, *event.time);
    return status;
  }

  Status WriteEvent(int64_t event_id, const EventRecord& event) {
    const Place first = event.lines.first();
    const uint64_t last_line = event.lines.last().line;
    const PrintedTime time = event.time.value_or(PrintedTime());  // without a year: no time
    return Run(insert_event_, event_id, event.key, event.kind, event.host, boots_->IdOf(event),
               Iso8601Utc(time), MicrosecondsSinceEpoch(time), event.local_time,
               TimeQuality(event.time, event.uptime_us), event.uptime_us, event.comm, event.pid,
               event.kernel_release, event.page_size_kb, event.page_size_from, event.title,
               event.complete, event.log_lines, event.damage, source_id_, first.line, last_line,
               first.column);
  }

  Status WriteRows(int64_t event_id, const EventRecord& event) {
    Status status;
    for (const std::string& piece : event.lines.pieces()) {
      if (status) status = WriteText(event_id, piece);
    }
    for (std::size_t i = 0; status && i < event.rows.size(); ++i) {
      const RowBatch& batch = *event.rows[i];
      status = InserterFor(batch).Insert(database_, event_id, batch);
    }
    return status;
  }

  Status WriteText(int64_t event_id, const std::string& piece) {
    const bool fits = IsCellText(piece);
    if (!fits) text_ = ToCellText(piece);
    insert_text_.Bind(0, event_id);
    insert_text_.BindUncopied(1, fits ? piece : text_);
    return Run(insert_text_);
  }

  RowInserter& InserterFor(const RowBatch& batch) {
    for (RowInserter& inserter : inserters_) {
      if (inserter.Fits(batch)) return inserter;
    }
    return inserters_.emplace_back(*batch_table_, batch);
  }

  SourceWriter::Place Here(int64_t source_id) const { return {source_id, path_, kind_}; }

  Database& database_;
  const std::optional<int> year_;
  Statement insert_event_;
  Statement insert_event_source_;
  Statement insert_text_;
  Statement insert_unclaimed_;
  Statement move_place_;
  Statement set_incident_;
  Statement outdate_incident_;
  std::vector<Statement> delete_rows_;  // of one event, from all relations
  Statement next_ids_;
  std::unique_ptr<KnownEvents> known_;
  std::unique_ptr<BootWriter> boots_;
  std::optional<SourceWriter> sources_;
  std::optional<EventCompleter> completer_;
  std::optional<UndatedEvents> undated_;  // set once all statements are prepared
  std::optional<BatchTable> batch_table_;
  std::vector<RowInserter> inserters_;           // a dozen: found by looking at each
  bool open_ = false;                            // a source
  std::chrono::steady_clock::time_point began_;  // the transaction
  std::string path_;
  std::string kind_;
  SourceCounts counts_;
  std::string text_;  // bound without a copy
  int64_t source_id_ = 0;
  int64_t next_event_id_ = 0;
};

}  // namespace

std::unique_ptr<EventSink> NewSqliteSink(Database& database, std::optional<int> year) {
  return std::make_unique<SqliteSink>(database, year);
}

}  // namespace kautopsy
