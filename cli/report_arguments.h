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

}  // namespace kautopsy
