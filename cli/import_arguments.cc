#include "cli/import_arguments.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "base/text.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr int kFirstYear = 1970;  // times count from there
constexpr int kLastYear = 9999;   // ISO 8601 has four digits
constexpr unsigned kMostJobs = 1024;

// "20G" in bytes; 0 if it is no size.
uint64_t ParseSize(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  const std::optional<int64_t> number = ConsumeInteger(text);
  if (!number || *number <= 0) return 0;
  auto bytes = static_cast<uint64_t>(*number);
  if (text.empty()) return bytes;
  const std::size_t unit = kUnits.find(text.front());
  if (text.size() != 1 || unit == std::string_view::npos) return 0;
  for (std::size_t i = 0; i <= unit; ++i) {
    if (bytes > std::numeric_limits<uint64_t>::max() / 1024) return 0;
    bytes *= 1024;
  }
  return bytes;
}

}  // namespace

void AddImportOptions(po::options_description& options) {
  auto add = options.add_options();
  add("path", po::value<std::vector<std::string>>());
  add("year", po::value<int>()->value_name("YEAR"),
      "the year of a file's first line, where times are printed without one");
  add("tz", po::value<std::string>()->value_name("ZONE"),
      "the zone of times that are printed without one: Europe/Berlin or +02:00 (default: UTC)");
  add("jobs", po::value<unsigned>()->value_name("N"),
      "read N inputs at once (default: as many as CPUs); the result is the same");
  add("max-expand", po::value<std::string>()->value_name("SIZE"),
      "unpack no more than SIZE, such as 20G, from one input (default: 1G and 200 times the "
      "input's size)");
}

Status ReadImportOptions(const po::variables_map& arguments, ImportRequest& request) {
  if (arguments.count("path") == 0) return Fail("no path is given");
  request.paths = arguments["path"].as<std::vector<std::string>>();
  if (arguments.count("year") > 0) {
    request.year = arguments["year"].as<int>();
    if (*request.year < kFirstYear || *request.year > kLastYear)
      return Fail("--year must lie between 1970 and 9999");
  }
  if (arguments.count("tz") > 0) {
    const Result<TimeZone> zone = TimeZone::Find(arguments["tz"].as<std::string>());
    if (!zone) return Fail("--tz: " + zone.error().message);
    request.zone = *zone;
  }
  request.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (arguments.count("jobs") > 0) request.jobs = arguments["jobs"].as<unsigned>();
  if (request.jobs < 1 || request.jobs > kMostJobs)
    return Fail("--jobs must lie between 1 and 1024");
  if (arguments.count("max-expand") > 0) {
    request.max_expand_bytes = ParseSize(arguments["max-expand"].as<std::string>());
    if (request.max_expand_bytes == 0)
      return Fail("--max-expand is a number, with K, M, G or T behind it: --max-expand 20G");
  }
  return {};
}

}  // namespace kautopsy
