#include "reports/render/html_writer.h"

#include <fmt/core.h>

#include "base/text.h"
#include "reports/format.h"

namespace kautopsy {

std::string Html(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : EscapeForTerminal(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

HtmlCell TextCell(std::string_view text) { return {Html(text), {}, false}; }

HtmlCell CodeCell(std::string_view text) { return {"<code>" + Html(text) + "</code>", {}, false}; }

HtmlCell NumberCell(const Integer& value) {
  return {value ? Thousands(*value) : std::string(kNotInLog), value, true};
}

HtmlCell SizeCell(const Integer& kb) {
  return {kb ? Html(SizeText(*kb)) : std::string(kNotInLog), kb, true};
}

HtmlCell ShareCell(const Integer& part, const Integer& whole) {
  if (!part || !whole || *whole <= 0) return {std::string(kNotInLog), {}, true};
  constexpr double kParts = 100000;
  const double share = static_cast<double>(*part) / static_cast<double>(*whole);
  return {Html(PercentNumber(static_cast<double>(*part), static_cast<double>(*whole)) + " %"),
          static_cast<int64_t>(share * kParts), true};
}

std::string HtmlWriter::Refs(const std::vector<int>& refs) const {
  std::string links;
  for (const int ref : refs)
    links += fmt::format(R"(<a class="ref" href="#{}" aria-label="evidence {}">[{}]</a>)",
                         Id(fmt::format("ref-{}", ref)), ref, ref);
  return links.empty() ? "" : " " + links;
}

void HtmlWriter::OpenSection(std::string_view id, std::string_view title) {
  const std::string whole = Id(id);
  out_ << fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n"
      "<h{1} id=\"{0}-title\">{2}</h{1}>\n",
      whole, level_, Html(title));
}

void HtmlWriter::Subheading(std::string_view text) {
  out_ << fmt::format("<h{0}>{1}</h{0}>\n", level_ + 1, Html(text));
}

void HtmlWriter::Paragraph(std::string_view text, const std::vector<int>& refs) {
  if (text.empty() && refs.empty()) return;
  out_ << "<p>" << Html(text) << Refs(refs) << "</p>\n";
}

void HtmlWriter::List(const std::vector<std::string>& items) {
  if (items.empty()) return;
  out_ << "<ul>\n";
  for (const std::string& item : items) out_ << "<li>" << Html(item) << "</li>\n";
  out_ << "</ul>\n";
}

void HtmlWriter::OpenTable(const HtmlTableHead& head) {
  // Wide tables scroll inside their box, which the keyboard reaches, too.
  out_ << fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table id=\"{1}\"{2}{3}>\n<caption>{0}</caption>\n<thead><tr>",
      Html(head.caption), head.id, head.sortable ? " class=\"sortable\"" : "", head.attributes);
  for (const HtmlColumn& column : head.columns) {
    out_ << "<th scope=\"col\"" << (column.number ? " class=\"n\"" : "");
    if (column.value) out_ << " data-v=\"" << *column.value << '"';
    out_ << '>' << Html(column.name) << "</th>";
  }
  out_ << "</tr></thead>\n<tbody>\n";
}

void HtmlWriter::Row(const std::vector<HtmlCell>& cells, std::string_view attributes) {
  out_ << "<tr" << attributes << '>';
  bool first = true;
  for (const HtmlCell& cell : cells) {
    out_ << (first ? "<th scope=\"row\"" : "<td") << (cell.number ? " class=\"n\"" : "");
    if (cell.value) out_ << " data-v=\"" << *cell.value << '"';
    out_ << '>' << cell.html << (first ? "</th>" : "</td>");
    first = false;
  }
  out_ << "</tr>\n";
}

void HtmlWriter::Chart(std::string_view kind, std::string_view table, std::string_view summary) {
  out_ << fmt::format(
      "<div class=\"chart\" data-chart=\"{}\" data-table=\"{}\" data-summary=\"{}\">"
      "<p class=\"without\">The picture needs JavaScript; the table below holds its figures.</p>"
      "</div>\n",
      kind, table, Html(summary));
}

}  // namespace kautopsy
