#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace kautopsy::test {
namespace {

// The first line in which two texts differ, with its number, for the message of a failed test.
std::string FirstDifference(const std::string& expected, const std::string& actual) {
  std::istringstream a(expected);
  std::istringstream b(actual);
  std::string line_a;
  std::string line_b;
  for (int number = 1;; ++number) {
    const bool more_a = static_cast<bool>(std::getline(a, line_a));
    const bool more_b = static_cast<bool>(std::getline(b, line_b));
    if (!more_a && !more_b) return "only the end of the last line differs";
    if (more_a == more_b && line_a == line_b) continue;
    return "line " + std::to_string(number) + "\n  expected: " + (more_a ? line_a : "(end)") +
           "\n  actual:   " + (more_b ? line_b : "(end)");
  }
}

}  // namespace

std::string SourceRoot() { return KAUTOPSY_SOURCE_ROOT "/"; }

std::string ReadFile(const std::string& path) {
  std::ifstream file(SourceRoot() + path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::vector<std::string> FilesBelow(const std::string& folder, const std::string& suffix) {
  std::vector<std::string> paths;
  const std::string root = SourceRoot();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + folder)) {
    const std::string path = entry.path().string();
    if (entry.is_regular_file() && path.ends_with(suffix))
      paths.push_back(path.substr(root.size()));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> SampleNames() {
  constexpr std::string_view kFolder = "samples/";
  std::vector<std::string> names;
  for (const std::string& path : FilesBelow("samples", "")) {
    const bool compared =
        path.starts_with("samples/formats/") || path.starts_with("samples/captures/") ||
        path.starts_with("samples/dumps/") || path.starts_with("samples/journal/");
    if (!compared && !path.ends_with(".md")) names.push_back(path.substr(kFolder.size()));
  }
  REQUIRE_FALSE(names.empty());
  return names;
}

void CheckGolden(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::filesystem::create_directories(std::filesystem::path(SourceRoot() + path).parent_path());
    std::ofstream(SourceRoot() + path, std::ios::binary) << actual;
    return;
  }
  const std::string expected =
      std::filesystem::exists(SourceRoot() + path) ? ReadFile(path) : std::string();
  CHECK_MESSAGE(expected == actual, path << ": " << FirstDifference(expected, actual)
                                         << "\nIf this is right: UPDATE_GOLDEN=1 scripts/test");
}

}  // namespace kautopsy::test
