// Runs every tests/sql/*.sql on a store of the samples that its first line names ("--
// seed/messages") and compares the rows, as CSV, with the .expected file beside it.
#include <doctest/doctest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "parsers/import_source.h"
#include "reports/diagnosis/diagnose.h"
#include "store/database.h"
#include "store/query.h"
#include "store/sqlite_sink.h"
#include "tests/support/files.h"
#include "tests/support/string_source.h"

namespace kautopsy::test {
namespace {

// Stops the running test with the error's message.
template <class T>
void RequireOk(const Result<T>& result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
}

void Ingest(Database& database, const std::string& sample) {
  const std::string text = ReadFile("samples/" + sample);
  StringSource source(text);
  const std::unique_ptr<EventSink> sink = NewSqliteSink(database);
  RequireOk(ImportSource(source, sample, "file", {}, *sink));
}

// The samples that the first line of a query names, separated by blanks.
std::istringstream SamplesOf(const std::string& sql) {
  constexpr std::string_view kMark = "-- ";
  REQUIRE(sql.starts_with(kMark));
  return std::istringstream(sql.substr(kMark.size(), sql.find('\n') - kMark.size()));
}

// The rows of a query, as CSV.
std::string Rows(Database& database, const std::string& sql) {
  std::ostringstream rows;
  RequireOk(RunQuery(database, sql, QueryFormat::kCsv, rows));
  return rows.str();
}

std::string Run(const std::string& sql) {
  Result<Database> database = Database::OpenTemporary();
  RequireOk(database);
  std::istringstream samples = SamplesOf(sql);
  for (std::string sample; samples >> sample;) Ingest(*database, sample);
  RequireOk(UpdateIncidents(*database));
  return Rows(*database, sql);
}

}  // namespace

TEST_CASE("Every query on a sample gives the rows that were reviewed") {
  const std::vector<std::string> files = FilesBelow("tests/sql", ".sql");
  REQUIRE_FALSE(files.empty());
  for (const std::string& file : files) {
    CAPTURE(file);
    CheckGolden(file.substr(0, file.size() - 4) + ".expected", Run(ReadFile(file)));
  }
}

TEST_CASE("Every sample can be stored, and every row refers to rows that are there") {
  Result<Database> database = Database::OpenTemporary();
  RequireOk(database);
  for (const std::string& sample : SampleNames()) Ingest(*database, sample);
  RequireOk(UpdateIncidents(*database));
  Result<Statement> orphans = database->Prepare("PRAGMA foreign_key_check");
  RequireOk(orphans);
  const Result<bool> any = orphans->Step();
  RequireOk(any);
  CHECK_FALSE(*any);
  CHECK(Rows(*database, "SELECT count(*) AS sources FROM source") ==
        "sources\n" + std::to_string(SampleNames().size()) + "\n");
}

}  // namespace kautopsy::test
