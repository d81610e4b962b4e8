#pragma once

#include <iosfwd>

#include "reports/model.h"
#include "reports/render/text_writer.h"
#include "reports/render/words.h"
#include "reports/report.h"

namespace kautopsy {

// One incident on two screens: result, then action, then proof, then the rest. Sections without
// anything to say are left out.
void RenderIncidentText(const StoreSummary& store, const IncidentReport& report,
                        const ReportOptions& options, std::ostream& out);

// Incidents in sum, and the worst of them.
void RenderOverviewText(const Overview& overview, const ReportOptions& options, std::ostream& out);

// The same as sentences, without bars and columns (ReportOptions::plain).
void RenderIncidentPlain(const StoreSummary& store, const IncidentReport& report,
                         const ReportOptions& options, std::ostream& out);
void RenderOverviewPlain(const Overview& overview, const ReportOptions& options, std::ostream& out);

// Sections, each in its own file.
void WriteHead(const StoreSummary& store, const IncidentReport& report, TextWriter& writer);
void WriteDamage(const StoreSummary& store, TextWriter& writer);  // of sources
void WriteVerdict(const IncidentReport& report, TextWriter& writer);
void WriteDoNow(const IncidentReport& report, TextWriter& writer);
void WriteDeaths(const IncidentReport& report, TextWriter& writer);
void WriteReruns(const IncidentReport& report, TextWriter& writer);
void WriteFreeLists(const IncidentReport& report, TextWriter& writer);
void WriteMemory(const IncidentReport& report, TextWriter& writer);
void WriteHolders(const IncidentReport& report, TextWriter& writer);
void WriteRefusals(const IncidentReport& report, TextWriter& writer);
void WriteTimeline(const IncidentReport& report, TextWriter& writer);
void WriteForGood(const IncidentReport& report, TextWriter& writer);
void WriteUnknowns(const IncidentReport& report, TextWriter& writer);
void WriteChecks(const IncidentReport& report, TextWriter& writer);
void WriteEvidence(const StoreSummary& store, const IncidentReport& report, TextWriter& writer);
void WriteVerbose(const StoreSummary& store, const IncidentReport& report, TextWriter& writer);
void WriteShared(const Overview& overview, TextWriter& writer);
void WriteNotRead(const Overview& overview, TextWriter& writer);
void WriteNext(const Overview& overview, TextWriter& writer);

}  // namespace kautopsy
