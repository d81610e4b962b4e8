#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "reports/explain/explanation.h"
#include "reports/render/text_writer.h"

namespace kautopsy {
namespace {

constexpr int kExplanationSchemaVersion = 1;
constexpr int kIndent = 2;
constexpr int kWidestTerm = 26;  // longer terms stand on a line of their own

void PrintItem(const ExplainedItem& item, int hang, TextWriter& writer) {
  const std::string margin(kIndent, ' ');
  if (item.term.empty()) {
    writer.Wrapped(margin, kIndent, item.text);
    return;
  }
  const std::string head = margin + item.term;
  if (DisplayWidth(head) + 2 <= hang) {
    writer.Wrapped(PadRight(head, hang), hang, item.text);
    return;
  }
  writer.Wrapped(margin, kIndent, item.term);
  writer.Wrapped(std::string(static_cast<std::size_t>(hang), ' '), hang, item.text);
}

void PrintText(const Explanation& explanation, const ReportOptions& options, std::ostream& out) {
  TextWriter writer(options, out);
  writer.Wrapped("", 0, explanation.title);
  for (const ExplainedSection& section : explanation.sections) {
    if (!section.heading.empty()) {
      writer.Blank();
      writer.Line(section.heading, Tone::kBold);
    }
    int widest = 0;
    for (const ExplainedItem& item : section.items) {
      const int width = DisplayWidth(item.term);
      if (width <= kWidestTerm) widest = std::max(widest, width);
    }
    for (const ExplainedItem& item : section.items) PrintItem(item, kIndent + widest + 2, writer);
  }
  if (explanation.sources.empty()) return;
  writer.Blank();
  writer.Line("KERNEL SOURCE", Tone::kBold);
  for (const std::string& source : explanation.sources) PrintItem({"", source}, kIndent, writer);
}

nlohmann::ordered_json ValueJson(const ExplainedValue& value) {
  return std::visit([](const auto& held) { return nlohmann::ordered_json(held); }, value);
}

void PrintJson(const Explanation& explanation, std::ostream& out) {
  nlohmann::ordered_json json = {{"schema_version", kExplanationSchemaVersion},
                                 {"title", explanation.title},
                                 {"facts", nlohmann::ordered_json::object()},
                                 {"sections", nlohmann::ordered_json::array()},
                                 {"sources", explanation.sources}};
  for (const auto& [key, value] : explanation.facts) json["facts"][key] = ValueJson(value);
  for (const ExplainedSection& section : explanation.sections) {
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    for (const ExplainedItem& item : section.items)
      items.push_back({{"term", item.term}, {"text", item.text}});
    json["sections"].push_back({{"heading", section.heading}, {"items", std::move(items)}});
  }
  out << json.dump(2) << '\n';
}

}  // namespace

void PrintExplanation(const Explanation& explanation, const ReportOptions& options,
                      std::ostream& out) {
  if (options.format == ReportFormat::kJson)
    PrintJson(explanation, out);
  else
    PrintText(explanation, options, out);
}

}  // namespace kautopsy
