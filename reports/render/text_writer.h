#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.h"

namespace kautopsy {

// Columns that `text` takes on a terminal: wide East Asian characters take two. Bytes that are not
// UTF-8 count one each.
int DisplayWidth(std::string_view text);
// The head of `text` that fits `columns`, with an ellipsis if something was cut.
std::string CutToWidth(std::string_view text, int columns);
// Padded with blanks to `columns`; longer text stays as it is.
std::string PadRight(std::string_view text, int columns);
std::string PadLeft(std::string_view text, int columns);

// The share of a whole as one of eight bars; every share above zero shows.
std::string_view ShareBar(double share);

enum class Tone { kPlain, kBold, kGood, kUnsure, kWeak };

// Writes lines of at most the given width, wrapped at words. Where the terminal
// wants ASCII, texts are turned into it before they are laid out. Text that came from a log must
// have gone through Safe(). Where plain text is wanted, nothing is set to the right edge: it
// follows its line. `out` must outlive the writer.
class TextWriter {
 public:
  TextWriter(const ReportOptions& options, std::ostream& out) : options_(options), out_(out) {}

  int width() const { return options_.width; }
  // As CutToWidth, with the ellipsis of the character set.
  std::string Cut(std::string_view text, int columns) const;
  // No room for columns beside each other, or none are wanted.
  bool narrow() const { return options_.plain || options_.width < kNarrow; }
  const ReportOptions& options() const { return options_; }

  void Line(std::string_view text, Tone tone = Tone::kPlain);
  void Blank() { Line(""); }
  // "NAME  rest", the name bold, references at the right edge.
  void Heading(std::string_view name, std::string_view rest, const std::vector<int>& refs = {});
  // `head` on the first line, the words of `text` after it from column `hang` on all lines;
  // references at the right edge of the last line.
  void Wrapped(std::string_view head, int hang, std::string_view text,
               const std::vector<int>& refs = {});
  // As Line, with `tail` at the right edge in its tone.
  void LineWithTail(std::string_view text, std::string_view tail, Tone tone);

 private:
  static constexpr int kNarrow = 70;

  void Put(std::string_view text);
  std::string InCharset(std::string_view text) const;
  int GapBefore(std::string_view tail, int used) const;  // blanks, `used` columns are taken
  std::string Coloured(std::string_view text, Tone tone) const;

  ReportOptions options_;
  std::ostream& out_;
};

// Log text made safe for a terminal.
std::string Safe(std::string_view log_text);
std::string RefText(const std::vector<int>& refs);  // "[2][3]"
Tone ConfidenceTone(std::string_view confidence);

}  // namespace kautopsy
