#pragma once

#include "reports/render/html.h"
#include "reports/render/html_writer.h"

namespace kautopsy {

// Parts of an incident on the page. Those that have nothing to say write nothing.
void WriteVerdictHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteActionsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteDeathsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteRefusalsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteForGoodHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteUnknownsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteRerunsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteFreeListsHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteMemoryHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteTasksHtml(const IncidentPage& page, HtmlWriter& writer);
void WriteTimelineHtml(const IncidentReport& report, HtmlWriter& writer);
void WriteEvidenceHtml(const IncidentReport& report, const StoreSummary& store, HtmlWriter& writer);
void WriteDataHtml(const IncidentReport& report, HtmlWriter& writer);

// What several incidents have in common, and the worst of them.
void WriteOverviewHtml(const HtmlReport& report, HtmlWriter& writer);
// Whether incidents come back, and what grows within a boot: charts where there is enough for a
// trend, else a sentence.
void WriteRecurrenceHtml(const HtmlReport& report, HtmlWriter& writer);
void WriteBootTrendsHtml(const HtmlReport& report, HtmlWriter& writer);
// Where the lines of every source went.
void WriteSourcesHtml(const StoreSummary& store, HtmlWriter& writer);
// Saved SQL that goes on where each section ends.
void WriteQueriesHtml(HtmlWriter& writer);

// The machine in a few words: "wv2-f302, 2 nodes, 378.5 GiB RAM".
std::string MachineText(const IncidentReport& report);

}  // namespace kautopsy
