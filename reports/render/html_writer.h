#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// Text of any origin for HTML, also inside quoted attributes: markup becomes entities; control
// characters, overrides of the writing direction and bytes that are not UTF-8 become \xNN.
std::string Html(std::string_view text);

// What a NULL of the store reads.
constexpr std::string_view kNotInLog = "not in log";

struct HtmlCell {
  std::string html;  // escaped
  Integer value;     // what scripts sort by and draw; none: by the text
  bool number = false;
};

HtmlCell TextCell(std::string_view text);
HtmlCell CodeCell(std::string_view text);   // as typed or logged
HtmlCell NumberCell(const Integer& value);  // "1,648,026"
HtmlCell SizeCell(const Integer& kb);       // "47.7 GiB"
// "1.2 %" of `whole`, worth its thousandths of a percent.
HtmlCell ShareCell(const Integer& part, const Integer& whole);

struct HtmlColumn {
  std::string_view name;
  bool number = false;
  Integer value = {};  // for scripts: what the column stands for
};

struct HtmlTableHead {
  std::string id;
  std::string_view caption;
  std::vector<HtmlColumn> columns;
  bool sortable = false;
  std::string attributes;  // escaped, with a blank before each
};

// Writes a page part by part. `out` must outlive it. Sections stand at heading level `level`;
// `prefix` keeps the ids of several incidents apart.
class HtmlWriter {
 public:
  HtmlWriter(std::ostream& out, int level, std::string prefix)
      : out_(out), level_(level), prefix_(std::move(prefix)) {}

  void Raw(std::string_view markup) { out_ << markup; }
  std::string Id(std::string_view name) const { return prefix_ + std::string(name); }
  // Links to the evidence.
  std::string Refs(const std::vector<int>& refs) const;

  void OpenSection(std::string_view id, std::string_view title);
  void CloseSection() { out_ << "</section>\n"; }
  void Subheading(std::string_view text);
  // Nothing for an empty text.
  void Paragraph(std::string_view text, const std::vector<int>& refs = {});
  // A list of texts; nothing if there is none.
  void List(const std::vector<std::string>& items);

  void OpenTable(const HtmlTableHead& head);
  // The first cell heads the row. `attributes` as in HtmlTableHead.
  void Row(const std::vector<HtmlCell>& cells, std::string_view attributes = "");
  void CloseTable() { out_ << "</tbody></table></div>\n"; }
  // Where scripts draw table `table`; `summary` says what the picture shows, for those who do not
  // see it.
  void Chart(std::string_view kind, std::string_view table, std::string_view summary);

 private:
  std::ostream& out_;
  int level_;
  std::string prefix_;
};

}  // namespace kautopsy
