#include "cli/year_argument.h"

namespace kautopsy {
namespace {

constexpr int kFirstYear = 1970;  // times count from there
constexpr int kLastYear = 9999;   // ISO 8601 has four digits

}  // namespace

void AddYearOption(boost::program_options::options_description& options) {
  options.add_options()("year", boost::program_options::value<int>()->value_name("YEAR"),
                        "the year of times that are printed without one");
}

Result<std::optional<int>> ReadYear(const boost::program_options::variables_map& arguments) {
  if (arguments.count("year") == 0) return std::optional<int>();
  const int year = arguments["year"].as<int>();
  if (year < kFirstYear || year > kLastYear) return Fail("--year must lie between 1970 and 9999");
  return std::optional<int>(year);
}

}  // namespace kautopsy
