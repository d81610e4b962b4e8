#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reports/report.h"

namespace kautopsy {

// What `kautopsy explain` says: plain sentences for people, facts for programs. Whatever came from
// the user's arguments is safe for a terminal here.

struct ExplainedItem {
  std::string term;  // empty: the text is a paragraph of its own
  std::string text;
};

struct ExplainedSection {
  std::string heading;  // "WHAT IT MAY DO"; empty for the first lines
  std::vector<ExplainedItem> items;
};

using ExplainedValue = std::variant<bool, int64_t, std::string, std::vector<std::string>>;

struct Explanation {
  std::string title;
  std::vector<ExplainedSection> sections;
  std::vector<std::pair<std::string, ExplainedValue>> facts;  // keys are part of the JSON
  std::vector<std::string> sources;  // "mm/page_alloc.c, gfp_to_alloc_flags()"
};

// Prints text that fits `options.width`, or one JSON object.
void PrintExplanation(const Explanation& explanation, const ReportOptions& options,
                      std::ostream& out);

}  // namespace kautopsy
