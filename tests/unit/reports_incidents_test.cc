#include "reports/diagnosis/diagnose.h"
#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

Database StoreWith(const std::string& events) {
  Database database = OpenOrFail(Database::OpenTemporary());
  const Status done = database.Execute(
      "INSERT INTO source (path, content_hash, bytes, lines, kind, lines_claimed, lines_noise,"
      " lines_unclaimed_kernel, lines_not_kernel, lines_damaged, quotes) VALUES"
      " ('a', 'aa', 1, 1, 'file', 1, 0, 0, 0, 0, 0), ('b', 'bb', 1, 1, 'file', 1, 0, 0, 0, 0, 0);"
      "INSERT INTO event (event_key, kind, host, time_us, local_time, time_quality, uptime_us, "
      "title, log_lines, complete, source_id, first_line, last_line, first_column) VALUES " +
      events);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  return database;
}

void Update(Database& database) {
  const Status done = UpdateIncidents(database);
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
}

std::string Groups(Database& database) {
  return Rows(database,
              "SELECT group_concat(coalesce(incident_id, 'none'), ' ') FROM"
              " (SELECT incident_id FROM event ORDER BY event_id)");
}

TEST_CASE("events of one host within ten minutes are one incident") {
  Database database = StoreWith(
      "('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', 'a', 1500000000, NULL, 'exact', NULL, 't', 1, 1, 1, 2, 2, 1),"
      "('k', 'oom', 'a', 2200000001, NULL, 'exact', NULL, 't', 1, 1, 1, 3, 3, 1),"
      "('k', 'oom', 'b', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 4, 4, 1)");
  Update(database);
  CHECK(Groups(database) == "1 1 2 3\n");
}

TEST_CASE("events of two hosts that alternate are two incidents, each with its own rows") {
  Database database = StoreWith(
      "('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'segfault', 'a', 1001000000, NULL, 'exact', NULL, 't', 1, 1, 1, 2, 2, 1),"
      "('k', 'oom', 'b', 1001000000, NULL, 'exact', NULL, 't', 1, 1, 1, 3, 3, 1),"
      "('k', 'oom', 'a', 1002000000, NULL, 'exact', NULL, 't', 1, 1, 1, 4, 4, 1),"
      "('k', 'oom', 'b', 1003000000, NULL, 'exact', NULL, 't', 1, 1, 1, 5, 5, 1),"
      "('k', 'oom', 'a', 1004000000, NULL, 'exact', NULL, 't', 1, 1, 1, 6, 6, 1)");
  REQUIRE(
      database.Execute("INSERT INTO oom_kill (event_id, comm, pid) VALUES (6, 'f', 6),"
                       " (1, 'a', 1), (2, 'x', 2), (3, 'c', 3), (4, 'd', 4), (5, 'e', 5)"));
  Update(database);
  CHECK(Groups(database) == "1 1 2 1 2 1\n");
  CHECK(Rows(database, "SELECT replace(victims, ',', ' ') FROM incident ORDER BY incident_id") ==
        "a:1 d:4 f:6\nc:3 e:5\n");
}

TEST_CASE("printed times without a year are compared too") {
  Database database = StoreWith(
      "('k', 'oom', 'a', NULL, 'Nov 20 12:42:42', 'no_year', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', 'a', NULL, 'Nov 20 12:50:00', 'no_year', NULL, 't', 1, 1, 1, 2, 2, 1),"
      "('k', 'oom', 'a', NULL, 'Nov 21 12:50:00', 'no_year', NULL, 't', 1, 1, 1, 3, 3, 1)");
  Update(database);
  CHECK(Groups(database) == "1 1 2\n");
}

TEST_CASE("events without a host never join over sources") {
  Database database = StoreWith(
      "('k', 'oom', NULL, NULL, NULL, 'boot_relative', 5000000, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', NULL, NULL, NULL, 'boot_relative', 6000000, 't', 1, 1, 2, 1, 1, 1),"
      "('k', 'oom', NULL, NULL, NULL, 'none', NULL, 't', 1, 1, 1, 9, 9, 1),"
      "('k', 'oom', NULL, NULL, NULL, 'none', NULL, 't', 1, 1, 1, 10, 10, 1)");
  Update(database);
  CHECK(Groups(database) == "1 2 3 3\n");
}

TEST_CASE("a source with pasted output is a case file: one incident") {
  Database database = StoreWith(
      "('k', 'mem_info', 'a', NULL, 'Nov 20 12:42:42', 'no_year', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', 'a', NULL, 'Oct 27 12:50:00', 'no_year', NULL, 't', 1, 1, 1, 2, 2, 1),"
      "('k', 'buddyinfo', NULL, NULL, NULL, 'none', NULL, 't', 1, 1, 1, 3, 3, 1)");
  Update(database);
  CHECK(Groups(database) == "1 1 1\n");
  CHECK(Rows(database, "SELECT host FROM incident") == "a\n");
}

TEST_CASE("boots and lone commands are no incidents") {
  Database database = StoreWith(
      "('k', 'boot', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'command', NULL, NULL, NULL, 'none', NULL, 't', 1, 1, 2, 1, 1, 1)");
  Update(database);
  CHECK(Groups(database) == "none none\n");
}

TEST_CASE("a later source extends an incident, and a repeated update changes nothing") {
  Database database =
      StoreWith("('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1)");
  Update(database);
  const std::string before = Rows(database, "SELECT * FROM finding");
  Update(database);
  CHECK(Rows(database, "SELECT * FROM finding") == before);
  REQUIRE(
      database.Execute("INSERT INTO event (event_key, kind, host, time_us, time_quality, title, "
                       "log_lines, complete, "
                       "source_id, first_line, last_line, first_column) VALUES "
                       "('k', 'oom', 'a', 1300000000, 'exact', 't', 1, 1, 2, 1, 1, 1)"));
  Update(database);
  CHECK(Groups(database) == "1 1\n");
  CHECK(Rows(database, "SELECT count(*) FROM incident") == "1\n");
}

TEST_CASE("an incident of which another source told more is concluded anew, under its number") {
  Database database =
      StoreWith("('k', 'oom', NULL, NULL, NULL, 'boot_relative', 5000000, 't', 1, 1, 1, 1, 1, 1)");
  Update(database);
  REQUIRE(
      database.Execute("UPDATE event SET host = 'a', time = '2020-01-01T00:00:00Z';"
                       "UPDATE incident SET outdated = 1"));
  Update(database);
  CHECK(Rows(database, "SELECT incident_id, host, first_time, outdated FROM incident") ==
        "1,a,2020-01-01T00:00:00Z,0\n");
}

TEST_CASE("an incident whose events are dated apart later goes on with the first of them") {
  Database database = StoreWith(
      "('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', 'a', 1100000000, NULL, 'exact', NULL, 't', 1, 1, 2, 1, 1, 1),"
      "('k', 'oom', 'a', 1200000000, NULL, 'exact', NULL, 't', 1, 1, 1, 2, 2, 1)");
  Update(database);
  REQUIRE(Groups(database) == "1 1 1\n");
  REQUIRE(
      database.Execute("UPDATE event SET time_us = time_us + 86400000000 WHERE source_id = 1;"
                       "UPDATE incident SET outdated = 1"));
  Update(database);
  CHECK(Groups(database) == "1 2 1\n");
  CHECK(Rows(database, "SELECT incident_id, primary_cause IS NULL, outdated FROM incident") ==
        "1,0,0\n2,0,0\n");
}

TEST_CASE("what leaves an incident joins the one that it is near by now") {
  Database database = StoreWith(
      "('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1),"
      "('k', 'oom', 'a', 9000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 2, 2, 1),"
      "('k', 'oom', 'a', 9100000000, NULL, 'exact', NULL, 't', 1, 1, 2, 1, 1, 1)");
  Update(database);
  REQUIRE(Groups(database) == "1 2 2\n");
  REQUIRE(
      database.Execute("UPDATE event SET time_us = 1100000000 WHERE source_id = 2;"
                       "UPDATE incident SET outdated = 1 WHERE incident_id = 2"));
  Update(database);
  CHECK(Groups(database) == "1 2 1\n");
}

TEST_CASE("a storm of more events than an incident holds keeps its parts when concluded anew") {
  Database database =
      StoreWith("('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 1, 1, 1, 1, 1)");
  REQUIRE(database.Execute(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1199)"
      " INSERT INTO event (event_key, kind, host, time_us, time_quality, title, log_lines,"
      " complete, source_id, first_line, last_line, first_column)"
      " SELECT 'k', 'oom', 'a', 1000000000 + i * 10000000, 'exact', 't', 1, 1, 1, 1, 1, 1 FROM n"));
  Update(database);
  const std::string before = Rows(database, "SELECT event_id, incident_id FROM event");
  REQUIRE(Rows(database, "SELECT count(*) FROM event GROUP BY incident_id") == "500\n500\n200\n");
  REQUIRE(database.Execute("UPDATE incident SET outdated = 1 WHERE incident_id = 2"));
  Update(database);
  CHECK(Rows(database, "SELECT event_id, incident_id FROM event") == before);
}

TEST_CASE("every incident has a cause, a confidence, a severity and a headline") {
  Database database = StoreWith(
      "('k', 'oom', 'a', 1000000000, NULL, 'exact', NULL, 't', 1, 0, 1, 1, 1, 1),"
      "('k', 'free', NULL, NULL, NULL, 'none', NULL, 't', 1, 1, 2, 4, 4, 1)");
  Update(database);
  CHECK(Rows(database,
             "SELECT count(*) FROM incident WHERE primary_cause IS NULL OR confidence IS NULL"
             " OR severity IS NULL OR headline IS NULL") == "0\n");
  CHECK(Rows(database,
             "SELECT primary_cause, confidence, severity FROM incident ORDER BY incident_id") ==
        "unknown,low,major\nunknown,low,info\n");
}

}  // namespace
}  // namespace kautopsy::test
