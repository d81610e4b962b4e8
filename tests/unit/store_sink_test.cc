#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

using namespace std::string_literals;

// Rows of a relation that the schema does not have.
struct WrongRow {
  Integer pid;
  static constexpr std::string_view kRelation = "no_such_relation";
  static std::span<const Field<WrongRow>> Fields() {
    static constexpr Field<WrongRow> kFields[] = {{"pid", &WrongRow::pid}};
    return kFields;
  }
};

TEST_CASE("an event is stored with its rows, its place, its text and its boot") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord event = MakeEvent();
  event.lines.Add({9, 3}, "second line");
  event.rows.push_back(std::make_unique<RowsOf<KillRow>>(
      std::vector<KillRow>{{3878, "qemu_wl52", 126277476}, {1, std::nullopt, 0}}));
  event.rows.push_back(
      std::make_unique<RowsOf<ValueRow>>(std::vector<ValueRow>{{"Mem.shared", 1.9}}));
  REQUIRE(Store(*sink, std::move(event), MakeSummary("aa")) == SourceOutcome::kStored);

  CHECK(Rows(database, "SELECT * FROM event_source") == "1,1,7,9,1,,0,1\n");
  CHECK(Rows(database, "SELECT event_id, pid, comm, anon_rss_kb, uid FROM oom_kill") ==
        "1,3878,qemu_wl52,126277476,\n1,1,,0,\n");
  CHECK(Rows(database, "SELECT event_id, name, value, unit FROM proc_value") ==
        "1,Mem.shared,1.9,\n");
  CHECK(Rows(database, "SELECT replace(text, char(10), '|') FROM event_text") ==
        "7:1:Nov 20 12:42:42 db1 kernel: Killed process 1 (init)|9:3:second line\n");
  CHECK(Rows(database,
             "SELECT kind, host, boot_id, complete, source_id, first_line, last_line, "
             "first_column, incident_id FROM event") == "oom,db1,1,0,1,7,9,1,\n");
  CHECK(Rows(database, "SELECT boot_id, host, first_time FROM boot") == "1,db1,\n");
  CHECK(Rows(database, "SELECT path, kind, bytes, lines, lines_claimed, sha256 FROM source") ==
        "messages,file,60,1,1,\n");
}

TEST_CASE("a batch of many rows is stored in its order, log text cleaned") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord event = MakeEvent();
  std::vector<KillRow> kills;
  for (int64_t pid = 1; pid <= 100; ++pid) kills.push_back({pid, "a\xFF\0"s, pid * 4});
  event.rows.push_back(std::make_unique<RowsOf<KillRow>>(std::move(kills)));
  event.rows.push_back(std::make_unique<RowsOf<ValueRow>>(std::vector<ValueRow>{{"MemFree", 1.5}}));
  event.rows.push_back(
      std::make_unique<RowsOf<KillRow>>(std::vector<KillRow>{{101, std::nullopt, 404}}));
  REQUIRE(Store(*sink, std::move(event), MakeSummary("aa")) == SourceOutcome::kStored);
  CHECK(Rows(database,
             "SELECT event_id, count(*), sum(anon_rss_kb = 4 * pid), sum(rowid = pid), "
             "count(comm), min(comm), max(comm) FROM oom_kill") ==
        "1,101,101,101,100,a\xEF\xBF\xBD\xEF\xBF\xBD,a\xEF\xBF\xBD\xEF\xBF\xBD\n");
  CHECK(Rows(database, "SELECT value FROM proc_value") == "1.5\n");
}

TEST_CASE("a long text is one row of event_text") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord event = MakeEvent();
  for (uint64_t line = 8; line < 18; ++line) event.lines.Add({line, 1}, std::string(100000, 'x'));
  const std::size_t bytes = event.lines.bytes();
  REQUIRE(event.lines.pieces().size() > 1);
  const std::size_t newlines = event.lines.pieces().size() - 1;
  REQUIRE(Store(*sink, std::move(event), MakeSummary("aa")) == SourceOutcome::kStored);
  CHECK(Rows(database, "SELECT length(text) FROM event_text") ==
        std::to_string(bytes + newlines) + "\n");
  CHECK(Rows(database,
             "SELECT instr(text, char(10) || '17:1:x') > instr(text, '16:1:x') FROM event_text") ==
        "1\n");
}

TEST_CASE("the foreign keys of a filled store hold") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  for (const char* content_hash : {"aa", "bb"}) {
    EventRecord event = MakeEvent();
    event.rows.push_back(std::make_unique<RowsOf<KillRow>>(std::vector<KillRow>{{1, "init", 2}}));
    REQUIRE(Store(*sink, std::move(event), MakeSummary(content_hash)));
  }
  Result<Statement> check = database.Prepare("PRAGMA foreign_key_check");
  REQUIRE(check);
  CHECK_FALSE(check->Step().value_or(true));
  REQUIRE(database.Execute("DELETE FROM event WHERE event_id = 1"));
  check->Reset();
  CHECK(check->Step().value_or(false));
}

TEST_CASE("the same content again changes nothing") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  REQUIRE(Store(*sink, MakeEvent(), MakeSummary("aa")) == SourceOutcome::kStored);
  CHECK(Store(*sink, MakeEvent(), MakeSummary("aa")) == SourceOutcome::kAlreadyKnown);
  CHECK(Rows(database, "SELECT count(*) FROM event") == "1\n");
  CHECK(Rows(database, "SELECT count(*) FROM boot") == "1\n");
  EventRecord other = MakeEvent();
  other.key = "another";
  other.head_hash = 2;
  CHECK(Store(*sink, std::move(other), MakeSummary("bb")) == SourceOutcome::kStored);
  CHECK(Rows(database, "SELECT event_id, source_id, boot_id FROM event") == "1,1,1\n2,2,2\n");
}

TEST_CASE("an abandoned source leaves no trace, and the next one is stored") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  REQUIRE(sink->BeginSource("messages", "file"));
  REQUIRE(sink->Write(MakeEvent()));
  REQUIRE(sink->WriteUnclaimed(3, "some line"));
  sink->AbandonSource();
  CHECK(Rows(database, "SELECT count(*) FROM event") == "0\n");
  CHECK(Rows(database, "SELECT count(*) FROM unclaimed_line") == "0\n");
  CHECK(Store(*sink, MakeEvent(), MakeSummary("aa")) == SourceOutcome::kStored);
}

TEST_CASE("an event that does not fit the schema undoes its source but not those before") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  REQUIRE(Store(*sink, MakeEvent(), MakeSummary("aa")));
  EventRecord wrong = MakeEvent();
  wrong.rows.push_back(std::make_unique<RowsOf<WrongRow>>(std::vector<WrongRow>{{1}}));
  REQUIRE(sink->BeginSource("other", "file"));
  REQUIRE(sink->Write(MakeEvent()));
  const Status status = sink->Write(std::move(wrong));
  REQUIRE_FALSE(status);
  CHECK(status.error().message.find("no_such_relation") != std::string::npos);
  CHECK_FALSE(sink->Write(MakeEvent()));
  CHECK_FALSE(sink->WriteUnclaimed(1, "line"));
  CHECK_FALSE(sink->EndSource(MakeSummary("bb")));
  CHECK(Rows(database, "SELECT count(*) FROM event") == "1\n");
}

TEST_CASE("a full disk is told with the path and undoes only what was not flushed") {
  const TempFolder folder;
  const std::string path = folder.File("store.db");
  Database database = OpenOrFail(Database::OpenForIngest(path));
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  REQUIRE(Store(*sink, MakeEvent(), MakeSummary("aa")));
  REQUIRE(sink->Flush());
  REQUIRE(database.Execute(
      "PRAGMA max_page_count = 64"));  // SQLite then says SQLITE_FULL, as for a disk
  REQUIRE(sink->BeginSource("large", "file"));
  Status status;
  for (int i = 0; i < 100 && status; ++i) {
    EventRecord large = MakeEvent();
    large.lines.Add({8, 1}, std::string(100000, 'x'));
    status = sink->Write(std::move(large));
  }
  REQUIRE_FALSE(status);
  CHECK(status.error().message.find("store.db: database or disk is full; make room") !=
        std::string::npos);
  CHECK(Rows(database, "SELECT count(*) FROM source") == "1\n");
  CHECK(Rows(database, "SELECT count(*) FROM event") == "1\n");
}

TEST_CASE("log text that is not UTF-8, or holds NUL, is stored as text that SQL can work with") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord event = MakeEvent();
  event.comm = std::string("caf\xE9");
  event.lines = {};
  event.lines.Add({7, 1}, "a\0b\xFF long enough for whole words"s);
  event.rows.push_back(std::make_unique<RowsOf<KillRow>>(
      std::vector<KillRow>{{1, "x\0\xC3\xA9"s, 2}, {2, "\xF0\x9F", 3}}));
  REQUIRE(Store(*sink, std::move(event), MakeSummary("aa")));
  CHECK(Rows(database, "SELECT comm FROM event") == "caf\xEF\xBF\xBD\n");
  CHECK(Rows(database, "SELECT comm FROM oom_kill") ==
        "x\xEF\xBF\xBD\xC3\xA9\n\xEF\xBF\xBD\xEF\xBF\xBD\n");
  CHECK(Rows(database, "SELECT text FROM event_text")
            .starts_with("7:1:a\xEF\xBF\xBD"
                         "b\xEF\xBF\xBD long"));
}

TEST_CASE("a year that the source gives for the day dates its events and boots at its end") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord other_day = MakeEvent();
  other_day.time->day = 21;
  other_day.local_time = "Nov 21 12:42:42";
  EventRecord fraction = MakeEvent();
  fraction.time->microsecond = 250000;
  fraction.time->fraction_digits = 3;
  SourceSummary summary = MakeSummary("aa");
  summary.years[{11, 20}] = 2014;
  REQUIRE(sink->BeginSource("paste", "stdin"));
  for (EventRecord* event : {&other_day, &fraction}) REQUIRE(sink->Write(std::move(*event)));
  REQUIRE(sink->Write(MakeEvent()));
  REQUIRE(sink->WriteBoot(0, MakeBoot()));
  REQUIRE(sink->EndSource(summary));
  CHECK(Rows(database, "SELECT time, time_us, time_quality, local_time FROM event") ==
        ",,no_year,Nov 21 12:42:42\n"
        "2014-11-20T12:42:42.250Z,1416487362250000,\"year_inferred,zone_assumed\",Nov 20 12:42:42\n"
        "2014-11-20T12:42:42Z,1416487362000000,\"year_inferred,zone_assumed\",Nov 20 12:42:42\n");
  CHECK(Rows(database, "SELECT first_time, last_time, journal_boot_id FROM boot") ==
        "2014-11-20T12:42:42Z,2014-11-20T12:42:42Z,11111111111111111111111111111111\n");
  // The next source has no such date: nothing of the first one is left to be dated.
  EventRecord other = MakeEvent();
  other.key = "another";
  other.head_hash = 2;
  REQUIRE(Store(*sink, std::move(other), MakeSummary("bb")));
  CHECK(Rows(database, "SELECT time_quality FROM event WHERE source_id = 2") == "no_year\n");
}

TEST_CASE("the quality of a time follows from what was printed") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  EventRecord with_year = MakeEvent();
  with_year.time->year = 2020;
  EventRecord uptime_only = MakeEvent();
  uptime_only.time.reset();
  uptime_only.uptime_us = 5;
  EventRecord undated = MakeEvent();
  undated.time.reset();
  EventRecord no_such_day = MakeEvent();
  no_such_day.time->year = 2019;
  no_such_day.time->month = 2;
  no_such_day.time->day = 29;
  REQUIRE(sink->BeginSource("messages", "file"));
  for (EventRecord* event : {&with_year, &uptime_only, &undated, &no_such_day}) {
    REQUIRE(sink->Write(std::move(*event)));
  }
  REQUIRE(sink->EndSource(MakeSummary("aa")));
  CHECK(Rows(database, "SELECT time, time_quality FROM event") ==
        "2020-11-20T12:42:42Z,\"year_inferred,zone_assumed\"\n,boot_relative\n,none\n,no_year\n");
}

}  // namespace
}  // namespace kautopsy::test
