#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/files.h"

namespace kautopsy::test {
namespace {

// Each layer may include itself and those before it. Static libraries do not enforce this.
const std::vector<std::string> kLayers = {"base", "parsers", "store", "reports", "cli"};

std::vector<std::string> SourceFiles(const std::string& layer) {
  std::vector<std::string> files = FilesBelow(layer, ".h");
  const std::vector<std::string> sources = FilesBelow(layer, ".cc");
  files.insert(files.end(), sources.begin(), sources.end());
  return files;
}

// What a file includes: `"` or `<`, then the path.
std::vector<std::string> IncludesOf(const std::string& file) {
  constexpr std::string_view kDirective = "#include ";
  std::vector<std::string> includes;
  std::istringstream lines(ReadFile(file));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kDirective)) continue;
    const std::string rest = line.substr(kDirective.size());
    includes.push_back(rest.substr(0, rest.find_first_of("\">", 1)));
  }
  return includes;
}

std::string FirstFolder(const std::string& include) {
  return include.substr(1, include.find('/') - 1);
}

}  // namespace

TEST_CASE("Includes go one way only: base, parsers, store, reports, cli") {
  std::size_t seen = 0;
  for (auto layer = kLayers.begin(); layer != kLayers.end(); ++layer) {
    for (const std::string& file : SourceFiles(*layer)) {
      for (const std::string& include : IncludesOf(file)) {
        if (include[0] != '"') continue;
        CAPTURE(file);
        CAPTURE(include);
        CHECK(std::find(kLayers.begin(), layer + 1, FirstFolder(include)) != layer + 1);
        ++seen;
      }
    }
  }
  CHECK(seen > 0);
}

TEST_CASE("Only the store knows SQLite") {
  for (const std::string& layer : kLayers) {
    for (const std::string& file : SourceFiles(layer)) {
      for (const std::string& include : IncludesOf(file)) {
        CAPTURE(file);
        CHECK((layer == "store" || include != "<sqlite3.h"));
      }
    }
  }
}

}  // namespace kautopsy::test
