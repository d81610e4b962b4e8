#pragma once

#include <boost/program_options.hpp>
#include <optional>

#include "base/result.h"

namespace kautopsy {

// --year, of every command that reads logs.
void AddYearOption(boost::program_options::options_description& options);

// The year, if one was given. An error is one of usage.
Result<std::optional<int>> ReadYear(const boost::program_options::variables_map& arguments);

}  // namespace kautopsy
