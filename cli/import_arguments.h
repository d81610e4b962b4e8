#pragma once

#include <boost/program_options.hpp>

#include "base/result.h"
#include "cli/import_run.h"

namespace kautopsy {

// The options of commands that read logs: how they are read, and what they do not tell themselves.
void AddImportOptions(boost::program_options::options_description& options);

// Fills in what these options, and the paths, say. An error is for people.
Status ReadImportOptions(const boost::program_options::variables_map& arguments,
                         ImportRequest& request);

}  // namespace kautopsy
