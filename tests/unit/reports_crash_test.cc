#include <string>

#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

// "kernel_bug major high" of the sample's first incident.
std::string ConclusionOf(const std::string& sample) {
  Database database = StoreOf("samples/" + sample);
  Result<Statement> incident = database.Prepare(
      "SELECT primary_cause || ' ' || severity || ' ' || confidence FROM incident"
      " ORDER BY incident_id LIMIT 1");
  REQUIRE(incident);
  REQUIRE(incident->Step().value_or(false));
  return incident->GetText(0).value_or("");
}

}  // namespace

TEST_CASE("what the kernel does wrong is its bug, or a module's") {
  CHECK(ConclusionOf("crash/oops-6.12.log") == "kernel_bug major high");
  CHECK(ConclusionOf("crash/list-corruption-6.1.log") == "kernel_bug major high");
  CHECK(ConclusionOf("crash/warning-6.1.log") == "kernel_bug minor medium");
  CHECK(ConclusionOf("captures/6.1.0-56-amd64_panic.console.log") == "kernel_bug critical high");
}

TEST_CASE("a crash that somebody asked for is nobody's bug") {
  CHECK(ConclusionOf("captures/6.12.117+deb12-amd64_sysrq_c.console.log") ==
        "manual critical high");
  // Until 5.x SysRq-c dereferenced NULL.
  CHECK(ConclusionOf("captures/4.15.0-20-generic_sysrq_c.console.log") == "manual critical high");
}

TEST_CASE("a stall may have several reasons") {
  CHECK(ConclusionOf("crash/hung-task-4.15.log") == "stall major medium");
  CHECK(ConclusionOf("crash/soft-lockup-4.15.log") == "stall major medium");
}

TEST_CASE("errors of the hardware name the hardware") {
  CHECK(ConclusionOf("mce/memory.log").starts_with("hardware "));
}

TEST_CASE("a panic for want of memory is no bug") {
  const std::string conclusion = ConclusionOf("captures/6.1.0-56-amd64_panic_oom1.console.log");
  CHECK_FALSE(Mentions(conclusion, "kernel_bug"));
}

TEST_CASE("the report of a crash names task, function and path") {
  Database database = StoreOf("samples/crash/oops-6.12.log");
  const std::string report = Report(database);
  CHECK(Mentions(report, "insmod [pid 146], in the kernel: BUG: unable to handle kernel"));
  CHECK(Mentions(report, "[module\n  provoke]"));
  CHECK(Mentions(report, "path: do_one_initcall < do_init_module < init_module_from_file"));
}

}  // namespace kautopsy::test
