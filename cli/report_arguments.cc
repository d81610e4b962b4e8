#include "cli/report_arguments.h"

#include <unistd.h>

#include <algorithm>

#include "cli/terminal.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr int kNarrowest = 40;
constexpr int kWidest = 1000;

}  // namespace

void AddReportOptions(po::options_description& options) {
  auto add = options.add_options();
  add("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  add("incident", po::value<int64_t>()->value_name("N"),
      "only this incident, by its number in the overview");
  add("width", po::value<int>()->value_name("N"), "columns of the text (40 to 1000)");
  add("color", po::value<std::string>()->default_value("auto")->value_name("WHEN"),
      "auto, always or never");
  add("ascii", po::bool_switch(), "no characters beyond ASCII in bars and signs");
  add("verbose", po::bool_switch(), "every sum and every line of evidence");
}

Result<ReportOptions> ReadReportOptions(const po::variables_map& arguments) {
  ReportOptions options;
  const std::string& format = arguments["format"].as<std::string>();
  const std::optional<ReportFormat> known_format = ParseReportFormat(format);
  if (!known_format) return Fail("unknown format " + format + ": it is text or json");
  options.format = *known_format;
  const std::string& when = arguments["color"].as<std::string>();
  const std::optional<bool> colour = DecideColour(when, STDOUT_FILENO);
  if (!colour) return Fail("unknown word " + when + " for --color: it is auto, always or never");
  options.colour = *colour;
  options.width = std::clamp(TerminalWidth(STDOUT_FILENO), kNarrowest, kWidest);
  if (arguments.count("width") > 0) {
    options.width = arguments["width"].as<int>();
    if (options.width < kNarrowest || options.width > kWidest) {
      return Fail("--width must lie between 40 and 1000");
    }
  }
  if (arguments.count("incident") > 0) options.incident = arguments["incident"].as<int64_t>();
  options.unicode = UnicodeLocale() && !arguments["ascii"].as<bool>();
  options.verbose = arguments["verbose"].as<bool>();
  return options;
}

}  // namespace kautopsy
