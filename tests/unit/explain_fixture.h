#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "reports/explain/explain.h"
#include "reports/render/text_writer.h"

namespace kautopsy::test {

// Asks as a user does: words, and the release of --kernel.
inline Result<Explanation> Ask(std::vector<std::string> words, std::string release = "") {
  ExplainRequest request;
  request.words = std::move(words);
  request.kernel_release = std::move(release);
  return Explain(request);
}

inline std::string Print(const Explanation& explanation, ReportFormat format = ReportFormat::kText,
                         int width = 80) {
  std::ostringstream out;
  ReportOptions options;
  options.format = format;
  options.width = width;
  PrintExplanation(explanation, options, out);
  return out.str();
}

// Lines are not wrapped here.
inline std::string Text(std::vector<std::string> words, std::string release = "") {
  const Result<Explanation> explanation = Ask(std::move(words), std::move(release));
  return explanation ? Print(*explanation, ReportFormat::kText, 10000)
                     : "error: " + explanation.error().message;
}

inline bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace kautopsy::test
