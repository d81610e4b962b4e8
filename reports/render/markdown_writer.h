#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace kautopsy {

// Writes blocks of Markdown, a blank line between them. All texts but those of CodeBlock are
// Markdown already: what a log says has gone through Md(). `out` must outlive the writer.
class MarkdownWriter {
 public:
  explicit MarkdownWriter(std::ostream& out) : out_(out) {}

  void Heading(int level, std::string_view text);
  void Paragraph(std::string_view text);
  // An item of a list; `level` 0 is the outermost. Items that follow each other are one list.
  void Item(std::string_view text, int level = 0);
  void NumberedItem(int number, std::string_view text);
  // Lines as they are, safe from ending the block. In the item before it, if there is one and
  // `in_item`.
  void CodeBlock(std::string_view language, const std::vector<std::string>& lines,
                 bool in_item = false);
  // The first column is set to the left, the others to the right if `numbers`. Cells of a row that
  // are missing are empty.
  void Table(const std::vector<std::string>& columns,
             const std::vector<std::vector<std::string>>& rows, bool numbers = false);

 private:
  enum class Block { kNone, kList, kOther };

  void Begin(Block block);  // ends the block before

  std::ostream& out_;
  Block last_ = Block::kNone;
};

// Text that may be a log's, as Markdown that shows it.
std::string Md(std::string_view text);

}  // namespace kautopsy
