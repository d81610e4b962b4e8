#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "tests/support/files.h"
#include "tests/support/import.h"

namespace kautopsy::test {
namespace {

constexpr std::string_view kCaptures = "samples/captures/";

// Scenarios of samples/captures/lab/src/init by the event that they must give.
const std::map<std::string, std::string>& KindsOfScenarios() {
  static const std::map<std::string, std::string> kKinds = {
      {"bug", "bug"},
      {"hung", "hung_task"},
      {"list", "bug"},
      {"null", "oops"},
      {"oom", "oom"},
      {"panic", "panic"},
      {"panic_oom", "oom"},
      {"pagefail", "alloc_failure"},
      {"kmallocfail", "alloc_failure"},
      {"vmallocfail", "alloc_failure"},
      {"segv", "segfault"},
      {"sleepatomic", "bug"},
      {"softlockup", "soft_lockup"},
      {"stack", "oops"},
      {"sysrq_c", "panic"},
      {"sysrq_f", "oom"},
      {"sysrq_m", "mem_info"},
      {"warn", "warning"},
  };
  return kKinds;
}

// "6.1.0-56-amd64_oom_global.kmsg"
struct Capture {
  std::string release;
  std::string scenario;
};

Capture CaptureOf(std::string_view path) {
  path.remove_prefix(kCaptures.size());
  const std::string_view release = path.substr(0, path.find('_'));
  path.remove_prefix(release.size() + 1);
  return {std::string(release), std::string(path.substr(0, path.find('.')))};
}

std::string ExpectedKind(const std::string& scenario) {
  std::string expected;  // of the longest name, which is the last
  for (const auto& [name, kind] : KindsOfScenarios()) {
    if (scenario.starts_with(name)) expected = kind;
  }
  return expected;
}

std::vector<std::string> Captures(const std::string& suffix) {
  return FilesBelow("samples/captures", suffix);
}

// What a capture's console and its /dev/kmsg must agree on: all but places and clocks. From 5.3 to
// 6.4 the statistics of a memory cgroup are one record, of which the console prints less.
std::vector<std::string> Records(const std::string& path) {
  std::vector<std::string> records;
  const TextSink sink = Import(ReadFile(path));
  for (const RecordedEvent& event : sink.events()) {
    if (event.kind == "lost_lines") continue;  // the console's own
    const bool statistics = !CellOf(event, "memcg_stat", "name").empty();
    std::string text =
        fmt::format("{} {} {}", event.kind, statistics ? event.title : event.key, event.damage);
    for (const RecordedRow& row : event.rows) {
      if (row.relation == "memcg_stat") continue;
      text += "\n" + row.relation;
      for (const auto& [column, value] : row.cells) {
        if (column != "log_line") text += fmt::format(" {}={}", column, value);
      }
    }
    records.push_back(text);
  }
  return records;
}

// A kind of record as a reader tells them apart: oom_report, page_alloc_failure and memcg hold
// several.
std::string RecordName(const RecordedEvent& event) {
  const std::string trigger = CellOf(event, "oom_report", "trigger");
  const std::string constraint = CellOf(event, "oom_report", "constraint_kind");
  const std::string outcome = CellOf(event, "oom_report", "outcome");
  const std::string failure = CellOf(event, "page_alloc_failure", "kind");
  std::string name = event.kind;
  if (!failure.empty() && failure != "failure") name += ", " + failure;
  if (constraint != "none" && !constraint.empty()) name += ", " + constraint;
  if (trigger == "sysrq") name += ", SysRq-f";
  if (outcome == "panicked") name += ", panic";
  return name;
}

// "6.1" of "6.1.0-56-amd64", "2.6.32" of "2.6.32-431.el6.x86_64".
std::string GenerationOf(std::string_view release) {
  const std::size_t dots = release.starts_with("2.6.") ? 3 : 2;
  std::size_t end = 0;
  for (std::size_t i = 0; i < dots && end != std::string_view::npos; ++i)
    end = release.find_first_of(".-", end + (i > 0 ? 1 : 0));
  return std::string(release.substr(0, end));
}

std::string ReleaseOf(const RecordedEvent& event) {
  for (const auto& [column, value] : event.facts.cells) {
    if (column == "kernel_release") return value;
  }
  return "";
}

// The kernel of the event, else the one that the log saw booting.
std::string ReleaseOf(const RecordedEvent& event, const TextSink& sink) {
  std::string release = ReleaseOf(event);
  for (const RecordedEvent& other : sink.events()) {
    if (release.empty() && other.kind == "boot") release = ReleaseOf(other);
  }
  return release;
}

bool Before(const std::string& one, const std::string& other) {
  const auto numbers = [](std::string_view text) {
    std::vector<int64_t> parts;
    while (const auto number = ConsumeInteger(text)) {
      parts.push_back(*number);
      ConsumePrefix(text, ".");
    }
    return parts;
  };
  return numbers(one) < numbers(other);
}

struct Generations {
  bool operator()(const std::string& one, const std::string& other) const {
    return Before(one, other);
  }
};

// Files by record and kernel generation. "" is a kernel that the log does not name.
using Matrix = std::map<std::string, std::map<std::string, std::set<std::string>, Generations>>;

Matrix ReadSamples() {
  Matrix matrix;
  for (const std::string& path : FilesBelow("samples", "")) {
    if (path.ends_with(".md") || path.find("/lab/") != std::string::npos) continue;
    const TextSink sink = Import(ReadFile(path));
    for (const RecordedEvent& event : sink.events()) {
      if (!event.complete) continue;
      const std::string file = path.substr(std::string_view("samples/").size());
      matrix[RecordName(event)][GenerationOf(ReleaseOf(event, sink))].insert(file);
    }
  }
  return matrix;
}

std::string ToMarkdown(const Matrix& matrix) {
  std::set<std::string, Generations> generations;
  for (const auto& [record, files] : matrix) {
    for (const auto& [generation, names] : files) generations.insert(generation);
  }
  std::string text =
      "# Support matrix\n\n"
      "Written by the tests from what they find in `samples/` (`UPDATE_GOLDEN=1 scripts/test`): "
      "how "
      "many samples hold a\nwhole record of a kind, by the kernel that printed it. `-`: the sample "
      "does not name its kernel, as pasted output of\ncommands seldom does.\n\n| record |";
  for (const std::string& generation : generations)
    text += fmt::format(" {} |", generation.empty() ? "-" : generation);
  text += "\n|---|";
  for (std::size_t i = 0; i < generations.size(); ++i) text += "---:|";
  for (const auto& [record, files] : matrix) {
    text += fmt::format("\n| {} |", record);
    for (const std::string& generation : generations) {
      const auto found = files.find(generation);
      text += found == files.end() ? "  |" : fmt::format(" {} |", found->second.size());
    }
  }
  text += "\n\nOne sample for each cell:\n";
  for (const auto& [record, files] : matrix) {
    for (const auto& [generation, names] : files)
      text += fmt::format("- {} of {}: `{}`\n", record,
                          generation.empty() ? "an unnamed kernel" : generation, *names.begin());
  }
  return text;
}

}  // namespace

TEST_CASE(
    "Every capture gives the record of its scenario, whole, with the kernel that was booted") {
  const std::vector<std::string> paths = Captures("");
  std::size_t checked = 0;
  for (const std::string& path : paths) {
    if (path.find("/lab/") != std::string::npos) continue;
    CAPTURE(path);
    const Capture capture = CaptureOf(path);
    const std::string kind = ExpectedKind(capture.scenario);
    REQUIRE_FALSE(kind.empty());
    const TextSink sink = Import(ReadFile(path));
    const bool found =
        std::any_of(sink.events().begin(), sink.events().end(), [&](const RecordedEvent& event) {
          return event.kind == kind && event.complete && ReleaseOf(event, sink) == capture.release;
        });
    CHECK(found);
    ++checked;
  }
  CHECK(checked >= 100);
}

TEST_CASE("A capture's console and its /dev/kmsg give the same rows") {
  for (const std::string& path : Captures(".kmsg")) {
    CAPTURE(path);
    const std::string stem = path.substr(0, path.size() - std::string_view(".kmsg").size());
    const std::vector<std::string> kmsg = Records(path);
    const std::vector<std::string> console = Records(stem + ".console.log");
    REQUIRE(kmsg.size() == console.size());
    for (std::size_t i = 0; i < kmsg.size(); ++i) CHECK(kmsg[i] == console[i]);
  }
}

TEST_CASE("The support matrix says what the samples hold") {
  CheckGolden("docs/support-matrix.md", ToMarkdown(ReadSamples()));
}

}  // namespace kautopsy::test
