#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

std::string Refusal(const Result<Database>& database) {
  REQUIRE_FALSE(database);
  return database.error().message;
}

void RunSql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

TEST_CASE("a missing or empty file becomes a store, which then opens for reading too") {
  const TempFolder folder;
  for (const std::string& path : {folder.File("new.db"), folder.Write("empty.db", "")}) {
    { const Database made = OpenOrFail(Database::OpenForIngest(path)); }
    { const Database again = OpenOrFail(Database::OpenForIngest(path)); }
    Database reader = OpenOrFail(Database::OpenReadOnly(path));
    CHECK(Rows(reader, "SELECT count(*) FROM event") == "0\n");
    CHECK_FALSE(reader.Execute("DELETE FROM event"));
  }
}

TEST_CASE("a store has large pages, our application id and the schema version") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> row = database.Prepare(
      "SELECT page_size, application_id, user_version FROM pragma_page_size, "
      "pragma_application_id, pragma_user_version");
  REQUIRE(row);
  REQUIRE(row->Step().value_or(false));
  CHECK(row->GetInteger(0) == 16384);
  CHECK(row->GetInteger(1) == Database::kApplicationId);
  CHECK(row->GetInteger(2) == 1);
}

TEST_CASE("a database of another program is refused and left as it is") {
  const TempFolder folder;
  const std::string path = folder.File("other.db");
  RunSql(path, "CREATE TABLE song (title TEXT)");
  const std::string expected = path + ": is a database of another program; name another file";
  CHECK(Refusal(Database::OpenForIngest(path)).starts_with(expected));
  CHECK(Refusal(Database::OpenReadOnly(path)).starts_with(expected));
  RunSql(path, "INSERT INTO song VALUES ('still here')");
}

TEST_CASE("a store of a newer schema is refused with both versions") {
  const TempFolder folder;
  const std::string path = folder.File("newer.db");
  { const Database made = OpenOrFail(Database::OpenForIngest(path)); }
  RunSql(path, "PRAGMA user_version = 2");
  for (const std::string& message :
       {Refusal(Database::OpenForIngest(path)), Refusal(Database::OpenReadOnly(path))}) {
    CHECK(message == path +
                         ": was made by a newer kautopsy (schema version 2, this one knows 1); "
                         "use that kautopsy, or ingest the logs into a new file");
  }
}

TEST_CASE("a file that is no database is refused and not overwritten") {
  const TempFolder folder;
  const std::string text = "Nov 20 12:42:42 db1 kernel: this is a log, long enough for a header\n";
  std::string content;
  for (int i = 0; i < 20; ++i) content += text;
  const std::string path = folder.Write("messages", content);
  for (const std::string& message :
       {Refusal(Database::OpenForIngest(path)), Refusal(Database::OpenReadOnly(path))}) {
    CHECK(message.find("messages: file is not a database; name another file") != std::string::npos);
  }
  CHECK(std::filesystem::file_size(path) == content.size());
}

TEST_CASE("folders, missing folders, missing files and empty names are told apart") {
  const TempFolder folder;
  const std::string here = folder.File("");
  CHECK(Refusal(Database::OpenForIngest(here)).find("is a directory; name a file in it") !=
        std::string::npos);
  CHECK(Refusal(Database::OpenForIngest(folder.File("no/such.db"))).find("there is no folder") !=
        std::string::npos);
  CHECK(Refusal(Database::OpenReadOnly(folder.File("none.db"))) ==
        folder.File("none.db") +
            ": No such file or directory; make the store first: kautopsy ingest --db " +
            folder.File("none.db") + " LOG...");
  CHECK(Refusal(Database::OpenReadOnly(folder.Write("empty.db", "")))
            .find("is empty; fill it first") != std::string::npos);
  CHECK(Refusal(Database::OpenForIngest("")).starts_with("the name of the store is empty"));
}

TEST_CASE("a folder that cannot be written is refused before anything is read") {
  CHECK(Refusal(Database::OpenForIngest("/proc/kautopsy.db")).starts_with("/proc/kautopsy.db: "));
  if (geteuid() == 0) return;  // permissions do not bind root
  const TempFolder folder;
  const std::string path = folder.File("locked/store.db");
  REQUIRE(mkdir(folder.File("locked").c_str(), 0500) == 0);
  CHECK(Refusal(Database::OpenForIngest(path)).find("cannot be written: Permission denied") !=
        std::string::npos);
}

TEST_CASE("a second writer is told that the store is in use") {
  const TempFolder folder;
  const std::string path = folder.File("store.db");
  Database first = OpenOrFail(Database::OpenForIngest(path));
  Database second = OpenOrFail(Database::OpenForIngest(path));
  sqlite3_busy_timeout(second.handle(), 1);
  REQUIRE(first.Execute("BEGIN IMMEDIATE"));
  const Status status = second.Execute("BEGIN IMMEDIATE");
  REQUIRE_FALSE(status);
  CHECK(status.error().message.find("database is locked; another process is using it") !=
        std::string::npos);
}

TEST_CASE("what an ingest left half done is undone when the store is opened for reading") {
  const TempFolder folder;
  const std::string path = folder.File("store.db");
  Database writer = OpenOrFail(Database::OpenForIngest(path));
  REQUIRE(
      writer.Execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) "
                     "INSERT INTO event_text_part SELECT i, hex(zeroblob(100)) FROM n"));
  // A copy of the files in the middle of the transaction is what a killed process leaves behind.
  const std::string copy = folder.File("copy.db");
  std::filesystem::copy_file(path, copy);
  REQUIRE(std::filesystem::exists(path + "-journal"));
  std::filesystem::copy_file(path + "-journal", copy + "-journal");
  REQUIRE(std::filesystem::file_size(copy) > 500000);

  Database reader = OpenOrFail(Database::OpenReadOnly(copy));
  CHECK(Rows(reader, "SELECT count(*) FROM event_text_part") == "0\n");
}

TEST_CASE("a statement takes every kind of value and gives NULL back as none") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> statement = database.Prepare("SELECT ?, ?, ?, ?, ?, ?");
  REQUIRE(statement);
  const std::string text = "text";
  statement->Bind(0, 1);
  statement->Bind(1, 2.5);
  statement->Bind(2, text);
  statement->Bind(3, "literal");
  statement->Bind(4, Integer());
  statement->Bind(5, true);
  REQUIRE(statement->Step().value_or(false));
  CHECK(statement->GetInteger(0) == 1);
  CHECK(statement->GetReal(1) == 2.5);
  CHECK(statement->GetText(2) == "text");
  CHECK(statement->GetText(3) == "literal");
  CHECK(statement->GetInteger(4) == std::nullopt);
  CHECK(statement->GetInteger(5) == 1);
  CHECK_FALSE(statement->Step().value_or(true));
}

TEST_CASE("a failed statement is named with its reason") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const Result<Statement> statement = database.Prepare("SELECT absent FROM event");
  REQUIRE_FALSE(statement);
  CHECK(statement.error().message ==
        "temporary store: no such column: absent, in: SELECT absent FROM event");
}

TEST_CASE("a temporary store that is full says where it is and what to do") {
  Database database = OpenOrFail(Database::OpenTemporary());
  REQUIRE(database.Execute("PRAGMA cache_size = 10; CREATE TABLE filler (bytes)"));
  REQUIRE(database.Execute("PRAGMA max_page_count = 500"));
  const Status filled = database.Execute(
      "WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < 1000) "
      "INSERT INTO filler SELECT randomblob(8000) FROM row");
  REQUIRE_FALSE(filled);
  const std::string& message = filled.error().message;
  CHECK(message.starts_with("temporary store in /"));
  CHECK(message.find("full; make room there or set SQLITE_TMPDIR") != std::string::npos);
}

}  // namespace
}  // namespace kautopsy::test
