#include "cli/report_arguments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/terminal.h"
#include "parsers/kernel/kinds.h"
#include "reports/known_causes.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr int kNarrowest = 40;
constexpr int kWidest = 1000;

using Names = std::vector<std::string>;

Status CheckKnown(std::string_view option, const Names& given,
                  const std::vector<std::string_view>& known) {
  for (const std::string& name : given) {
    if (std::ranges::find(known, name) == known.end())
      return Fail(
          fmt::format("there is no {} {}; there are {}", option, name, fmt::join(known, ", ")));
  }
  return {};
}

Result<IncidentFilter> ReadFilter(const po::variables_map& arguments) {
  IncidentFilter filter;
  if (arguments.count("incident") > 0) filter.incident = arguments["incident"].as<int64_t>();
  const std::pair<const char*, Names*> lists[] = {{"host", &filter.hosts},
                                                  {"kind", &filter.kinds},
                                                  {"cause", &filter.causes},
                                                  {"guest", &filter.guests},
                                                  {"comm", &filter.comms}};
  for (const auto& [name, list] : lists) {
    if (arguments.count(name) > 0) *list = arguments[name].as<Names>();
  }
  Status known = CheckKnown("kind", filter.kinds, EventKindNames());
  if (known) known = CheckKnown("cause", filter.causes, KnownCauses());
  if (!known) return tl::unexpected(known.error());
  const std::pair<const char*, Text*> moments[] = {{"since", &filter.since},
                                                   {"until", &filter.until}};
  for (const auto& [name, moment] : moments) {
    if (arguments.count(name) == 0) continue;
    Result<std::string> parsed = ParseMoment(arguments[name].as<std::string>());
    if (!parsed) return tl::unexpected(parsed.error());
    *moment = std::move(*parsed);
  }
  return filter;
}

}  // namespace

void AddReportOptions(po::options_description& options) {
  auto add = options.add_options();
  add("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text, json, markdown: for a ticket, or html: one page to attach or to open offline");
  add("incident", po::value<int64_t>()->value_name("N"),
      "only this incident, by its number in the overview");
  add("last", po::bool_switch(), "only the newest incident");
  const auto text = [] { return po::value<std::string>(); };
  const auto names = [] { return po::value<Names>(); };
  add("host", names()->value_name("NAME"),
      "only of this host; a pattern matches several: 'kvm*'. May be repeated, as kind to comm may");
  add("since", text()->value_name("DATE"), "only from this date on: 2026-11-20, 2026-11-20T09:14");
  add("until", text()->value_name("DATE"), "only up to this date, the whole of it");
  add("kind", names()->value_name("KIND"), "only with such a record: oom, alloc_failure, panic...");
  add("cause", names()->value_name("CAUSE"), "only of this primary cause: fragmentation...");
  add("guest", names()->value_name("NAME"),
      "only where a process of this guest was killed; NAME as for host");
  add("comm", names()->value_name("NAME"),
      "only where this program was killed, asked or crashed; NAME as for host");
  add("plain", po::bool_switch(), "text as sentences, without bars and columns: to be read aloud");
  AddLookOptions(options);
  add("verbose", po::bool_switch(), "every sum and every line of evidence");
}

void AddLookOptions(po::options_description& options) {
  auto add = options.add_options();
  add("width", po::value<int>()->value_name("N"), "columns of the text (40 to 1000)");
  add("color", po::value<std::string>()->default_value("auto")->value_name("WHEN"),
      "auto, always or never");
  add("ascii", po::bool_switch(), "no characters beyond ASCII in bars and signs");
  add("redact", po::bool_switch(),
      "replace names of hosts, guests and users, addresses and paths, to show it to strangers");
}

Status ReadLook(const po::variables_map& arguments, ReportOptions& options) {
  const bool plain = arguments.count("plain") > 0 && arguments["plain"].as<bool>();
  if (options.format != ReportFormat::kText && (plain || arguments.count("width") > 0))
    return Fail(fmt::format("{} has no use with --format {}: it is for text",
                            plain ? "--plain" : "--width", arguments["format"].as<std::string>()));
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
  options.unicode = UnicodeLocale() && !arguments["ascii"].as<bool>();
  options.redact = arguments["redact"].as<bool>();
  return {};
}

Result<ReportOptions> ReadReportOptions(const po::variables_map& arguments) {
  ReportOptions options;
  const std::string& format = arguments["format"].as<std::string>();
  const std::optional<ReportFormat> known_format = ParseReportFormat(format);
  if (!known_format)
    return Fail("unknown format " + format + ": it is text, json, markdown or html");
  options.format = *known_format;
  if (Status look = ReadLook(arguments, options); !look) return tl::unexpected(look.error());
  const Result<IncidentFilter> filter = ReadFilter(arguments);
  if (!filter) return tl::unexpected(filter.error());
  options.filter = *filter;
  options.last = arguments["last"].as<bool>();
  options.plain = arguments["plain"].as<bool>();
  options.verbose = arguments["verbose"].as<bool>();
  return options;
}

}  // namespace kautopsy
