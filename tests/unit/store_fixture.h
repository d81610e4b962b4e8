#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "parsers/event_sink.h"
#include "store/database.h"
#include "store/query.h"
#include "store/sqlite_sink.h"

namespace kautopsy::test {

// A folder of its own for one test, gone at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kautopsy-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }

  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(File(name), std::ios::binary) << content;
    return File(name);
  }

 private:
  std::filesystem::path path_;
};

inline Database OpenOrFail(Result<Database> database) {
  REQUIRE_MESSAGE(database.has_value(), database.error().message);
  return std::move(*database);
}

// The rows of `sql` as CSV without the heading, so that a test reads as a table.
inline std::string Rows(Database& database, const std::string& sql) {
  std::ostringstream out;
  const Status status = RunQuery(database, sql, QueryFormat::kCsv, out);
  REQUIRE_MESSAGE(status.has_value(), status.error().message);
  const std::string text = out.str();
  return text.substr(text.find('\n') + 1);
}

// Rows of `oom_kill`, a few of its columns.
struct KillRow {
  Integer pid;
  Text comm;
  Integer anon_rss_kb;

  static constexpr std::string_view kRelation = "oom_kill";
  static std::span<const Field<KillRow>> Fields() {
    static constexpr Field<KillRow> kFields[] = {
        {"pid", &KillRow::pid}, {"comm", &KillRow::comm}, {"anon_rss_kb", &KillRow::anon_rss_kb}};
    return kFields;
  }
};

// Rows of `proc_value`, for numbers with a fraction.
struct ValueRow {
  Text name;
  Real value;

  static constexpr std::string_view kRelation = "proc_value";
  static std::span<const Field<ValueRow>> Fields() {
    static constexpr Field<ValueRow> kFields[] = {{"name", &ValueRow::name},
                                                  {"value", &ValueRow::value}};
    return kFields;
  }
};

inline PrintedTime November20() {
  PrintedTime time;
  time.month = 11;
  time.day = 20;
  time.hour = 12;
  time.minute = 42;
  time.second = 42;
  return time;
}

// An event of 20 November without a year, one line long, without rows.
inline EventRecord MakeEvent() {
  EventRecord event;
  event.kind = "oom";
  event.host = "db1";
  event.boot = 0;
  event.time = November20();
  event.local_time = "Nov 20 12:42:42";
  event.title = "a kill";
  event.key = "0123456789abcdef0123456789abcdef";
  event.head_hash = 1;
  event.log_lines = 1;
  event.lines.Add({7, 1}, "Nov 20 12:42:42 db1 kernel: Killed process 1 (init)");
  return event;
}

// What the importer would know of a source of one line.
inline SourceSummary MakeSummary(const std::string& content_hash) {
  SourceSummary summary;
  summary.content_hash = content_hash;
  summary.bytes = 60;
  summary.ledger.lines = 1;
  summary.ledger.claimed = 1;
  return summary;
}

inline BootRecord MakeBoot() {
  BootRecord boot;
  boot.host = "db1";
  boot.journal_boot_id = std::string(32, '1');
  boot.first_time = November20();
  boot.last_time = November20();
  return boot;
}

// Stores one source with one event; the outcome is the caller's to check.
inline Result<SourceOutcome> Store(EventSink& sink, EventRecord event,
                                   const SourceSummary& summary) {
  REQUIRE(sink.BeginSource("messages", "file"));
  REQUIRE(sink.Write(std::move(event)));
  REQUIRE(sink.WriteBoot(0, MakeBoot()));
  return sink.EndSource(summary).map([](const SourceCounts& counts) { return counts.outcome; });
}

}  // namespace kautopsy::test
