#include "reports/render/markdown_writer.h"

#include <fmt/core.h>

#include <ostream>

#include "base/markdown.h"
#include "base/text.h"

namespace kautopsy {

std::string Md(std::string_view text) { return EscapeForMarkdown(EscapeForTerminal(text)); }

void MarkdownWriter::Begin(Block block) {
  const bool goes_on = block == Block::kList && last_ == Block::kList;
  if (last_ != Block::kNone && !goes_on) out_ << '\n';
  last_ = block;
}

void MarkdownWriter::Heading(int level, std::string_view text) {
  Begin(Block::kOther);
  out_ << std::string(static_cast<std::size_t>(level), '#') << ' ' << text << '\n';
}

void MarkdownWriter::Paragraph(std::string_view text) {
  Begin(Block::kOther);
  out_ << text << '\n';
}

void MarkdownWriter::Item(std::string_view text, int level) {
  Begin(Block::kList);
  out_ << std::string(static_cast<std::size_t>(2 * level), ' ') << "- " << text << '\n';
}

void MarkdownWriter::NumberedItem(int number, std::string_view text) {
  Begin(Block::kList);
  out_ << fmt::format("{}. {}\n", number, text);
}

void MarkdownWriter::CodeBlock(std::string_view language, const std::vector<std::string>& lines,
                               bool in_item) {
  Begin(in_item ? Block::kList : Block::kOther);
  const std::string_view indent = in_item ? "  " : "";
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  const std::string fence = MarkdownFence(all);
  out_ << indent << fence << language << '\n';
  for (const std::string& line : lines) out_ << indent << EscapeForTerminal(line) << '\n';
  out_ << indent << fence << '\n';
}

void MarkdownWriter::Table(const std::vector<std::string>& columns,
                           const std::vector<std::vector<std::string>>& rows, bool numbers) {
  Begin(Block::kOther);
  for (const std::string& column : columns) out_ << "| " << column << ' ';
  out_ << "|\n";
  for (std::size_t i = 0; i < columns.size(); ++i) out_ << (numbers && i > 0 ? "|---:" : "|---");
  out_ << "|\n";
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      out_ << "| " << (i < row.size() ? row[i] : "") << ' ';
    out_ << "|\n";
  }
}

}  // namespace kautopsy
