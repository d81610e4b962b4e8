#pragma once

#include <iosfwd>

#include "reports/model.h"
#include "reports/report.h"

namespace kautopsy {

// The report in GitHub's Markdown, to paste into a ticket: the sections of the text report, with
// headings, lists and tables. Lines of logs stand in code blocks, commands in blocks of their own;
// whatever a log says elsewhere is escaped (EscapeForMarkdown), so that it stays text.
void RenderIncidentMarkdown(const StoreSummary& store, const IncidentReport& report,
                            const ReportOptions& options, std::ostream& out);

// Incidents in sum, and the worst of them.
void RenderOverviewMarkdown(const Overview& overview, std::ostream& out);

}  // namespace kautopsy
