#include <re2/re2.h>

#include <set>

#include "reports/diagnosis/rules/holder.h"
#include "reports/known_causes.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

// Codes that stand in the source of the rules.
std::set<std::string> CausesOfRules() {
  static const RE2 kCause(R"re((?:DraftCause\(|cause = )[^;]*?"([a-z_]+)")re");
  std::set<std::string> causes = {"unknown"};
  for (const std::string& file : FilesBelow("reports/diagnosis", ".cc")) {
    const std::string source = ReadFile(file);
    re2::StringPiece rest(source);
    for (std::string cause; RE2::FindAndConsume(&rest, kCause, &cause);) causes.insert(cause);
  }
  for (const HolderKind kind :
       {HolderKind::kSlab, HolderKind::kShmem, HolderKind::kLocked, HolderKind::kHugePages,
        HolderKind::kPageTables, HolderKind::kUnaccounted})
    causes.emplace(HolderCause(kind));
  return causes;
}

ReportOptions With(IncidentFilter filter) {
  ReportOptions options;
  options.filter = std::move(filter);
  return options;
}

bool Finds(Database& database, const IncidentFilter& filter) {
  std::ostringstream out;
  return PrintReport(database, With(filter), out).has_value();
}

TEST_CASE("the causes that can be asked for are those of the rules") {
  const std::vector<std::string_view> known = KnownCauses();
  const std::set<std::string> expected = CausesOfRules();
  CHECK(std::set<std::string>(known.begin(), known.end()) == expected);
  CHECK(known.size() == expected.size());
  CHECK(std::is_sorted(known.begin(), known.end()));
}

TEST_CASE("a filter takes patterns, names as they are, and several of them") {
  Database database = StoreOf("samples/seed/paste.txt");
  for (const char* const guest : {"wl52", "wl*", "w[kl]5?", "w[!k]5?", "w[^k]52"})
    CHECK(Finds(database, {.guests = {guest}}));
  for (const char* const guest : {"wl51", "wl", "WL52", "%", "[", "w[!l]52"})
    CHECK_FALSE(Finds(database, {.guests = {guest}}));
  CHECK(Finds(database, {.guests = {"nobody", "wl52"}}));
  CHECK(Finds(database, {.comms = {"qemu_*"}}));
  CHECK_FALSE(Finds(database, {.comms = {"qemu_"}}));
  CHECK(Finds(database, {.hosts = {"x", "wv2-*"}, .kinds = {"panic", "oom"}}));
  CHECK_FALSE(Finds(database, {.kinds = {"panic", "oops"}}));
  CHECK(Finds(database, {.causes = {"manual", "fragmentation"}}));
  CHECK_FALSE(Finds(database, {.hosts = {"wv2-*"}, .causes = {"manual"}}));
}

TEST_CASE("a name with signs of a pattern is found as it stands") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(database.Execute("UPDATE oom_kill SET guest = 'web[1]', comm = 'a\"]*'"));
  CHECK(Finds(database, {.guests = {"web[1]"}}));
  CHECK(Finds(database, {.comms = {"a\"]*"}}));
  CHECK_FALSE(Finds(database, {.guests = {"web1"}}));
}

}  // namespace
}  // namespace kautopsy::test
