#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "reports/model.h"
#include "reports/process_table.h"

namespace kautopsy {

struct IncidentPage {
  IncidentReport report;
  std::vector<ProcessTable> tables;
};

// What one page shows.
struct HtmlReport {
  Overview overview;
  std::vector<IncidentPage> incidents;
  Recurrence recurrence;         // of their hosts, and of the other hosts of the overview
  std::vector<BootTrend> boots;  // of these incidents
  int64_t left_out = 0;          // incidents that were asked for and are not on the page
  std::string json;              // the same as the JSON report, ASCII only
};

// Incidents that a page holds in full; more would make it too large to attach to a ticket.
constexpr std::size_t kMostHtmlIncidents = 20;

// Writes one self-contained page: style, scripts and data are in it, nothing is loaded, and its
// content security policy allows no other script or style. Without scripts all texts and tables
// show. Text of logs stands in it escaped, control characters and overrides of the writing
// direction visibly so.
void RenderHtml(const HtmlReport& report, std::ostream& out);

}  // namespace kautopsy
