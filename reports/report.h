#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "reports/incident_filter.h"
#include "store/database.h"

namespace kautopsy {

enum class ReportFormat { kText, kJson, kHtml, kMarkdown };

// "text", "json", "html" or "markdown"; none for other words.
std::optional<ReportFormat> ParseReportFormat(std::string_view word);

struct ReportOptions {
  ReportFormat format = ReportFormat::kText;
  IncidentFilter filter;  // one incident: its report; several: an overview of them
  bool last = false;      // only the newest of them
  int width = 80;         // columns of the terminal
  bool colour = false;
  bool unicode = true;    // false: bars and signs in ASCII
  bool plain = false;     // text: sentences rather than bars and columns
  bool redact = false;    // names of machines, users, guests replaced
  bool verbose = false;   // every sum and every evidence line
  bool of_paths = false;  // no store is kept: another report is got by reading the files again
};

// Prints what a store (after UpdateIncidents) says. An unknown incident is an error that names the
// ones there are, and so is a filter that nothing matches. A store without incidents gives a report
// that says so.
Status PrintReport(Database& database, const ReportOptions& options, std::ostream& out);

}  // namespace kautopsy
