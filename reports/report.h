#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

enum class ReportFormat { kText, kJson };

// "text" or "json"; none for other words.
std::optional<ReportFormat> ParseReportFormat(std::string_view word);

struct ReportOptions {
  ReportFormat format = ReportFormat::kText;
  std::optional<int64_t> incident;  // none: the only one, else an overview of all
  int width = 80;                   // columns of the terminal
  bool colour = false;
  bool unicode = true;   // false: bars and signs in ASCII
  bool verbose = false;  // every sum and every evidence line
};

// Prints what a store (after UpdateIncidents) says. An unknown incident is an error that names the
// ones there are. A store without incidents gives a report that says so.
Status PrintReport(Database& database, const ReportOptions& options, std::ostream& out);

}  // namespace kautopsy
