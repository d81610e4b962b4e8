#pragma once

#include <boost/program_options.hpp>

#include "base/result.h"
#include "reports/report.h"

namespace kautopsy {

// The options of every command that prints a report.
void AddReportOptions(boost::program_options::options_description& options);

// What they ask for, completed by what the terminal and the environment can do. An error is one of
// usage.
Result<ReportOptions> ReadReportOptions(const boost::program_options::variables_map& arguments);

// Those of them that say how the page looks, for other commands that print one: --width, --color,
// --ascii and --redact.
void AddLookOptions(boost::program_options::options_description& options);
Status ReadLook(const boost::program_options::variables_map& arguments, ReportOptions& options);

}  // namespace kautopsy
