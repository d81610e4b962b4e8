#pragma once

#include <string>
#include <vector>

#include "reports/model.h"
#include "reports/render/markdown_writer.h"

namespace kautopsy {

// Sections of the Markdown report, each left out if it has nothing to say.

void WriteProofMarkdown(const IncidentReport& report, MarkdownWriter& writer);
void WriteHistoryMarkdown(const IncidentReport& report, MarkdownWriter& writer);
// The first quote of each reference, or all of them; the file's name stands with each if there are
// several.
void WriteEvidenceMarkdown(const StoreSummary& store, const IncidentReport& report, bool all,
                           MarkdownWriter& writer);
void WriteNotReadMarkdown(const StoreSummary& store, MarkdownWriter& writer);

// `text`, which may be a log's, with its references behind: "... [2][3]".
std::string MdWithRefs(const std::string& text, const std::vector<int>& refs);

}  // namespace kautopsy
