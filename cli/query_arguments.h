#pragma once

#include <boost/program_options.hpp>
#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/query.h"

namespace kautopsy {

// The options of a query beside its text. Of its output: --format, --timeout and --redact. Of its
// parameters: --param and the short ways to name the usual ones (--host X is --param host=X).
void AddOutputOptions(boost::program_options::options_description& options);
void AddParameterOptions(boost::program_options::options_description& options);

// The store of --db; with --redact, all that is read out of it is redacted.
Result<Database> OpenAsAsked(const boost::program_options::variables_map& arguments);

// Reads those of output, or all. Errors are of usage. `interrupted` is left to the caller.
Result<QueryOptions> ReadOutputOptions(const boost::program_options::variables_map& arguments);
Result<QueryOptions> ReadQueryOptions(const boost::program_options::variables_map& arguments);

// The number of seconds that --timeout takes: "10", "0.5".
Result<std::chrono::milliseconds> ReadTimeout(const std::string& text);

// One line per recipe: its name and its title.
void PrintRecipeList(std::ostream& out);

// "name=value" as a parameter; an error without a name or a '=', and for a since or until that is
// no time.
Result<QueryParameter> ReadParameter(const std::string& text);

}  // namespace kautopsy
