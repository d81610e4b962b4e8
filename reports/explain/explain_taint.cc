#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/kernel/taint.h"
#include "reports/explain/explain.h"

namespace kautopsy {
namespace {

// Where a flag stands in /proc/sys/kernel/tainted, and since when: kernel/panic.c, tnts[] and
// taint_flags[] of several releases. Where the first is not settled, one that has it.
struct TaintBit {
  int bit;
  char letter;
  std::string_view since;
};
constexpr auto kTaintBits = std::to_array<TaintBit>({
    {0, 'P', ""},
    {1, 'F', ""},
    {2, 'S', ""},
    {3, 'R', ""},
    {4, 'M', ""},
    {5, 'B', ""},
    {6, 'U', "since 2.6.21"},
    {7, 'D', "since 2.6.24"},
    {8, 'A', ""},
    {9, 'W', ""},
    {10, 'C', "since 2.6.28"},
    {11, 'I', "in 2.6.35 at the latest"},
    {12, 'O', "in 3.4 at the latest"},
    {13, 'E', "since 3.15"},
    {14, 'L', "since 3.17"},
    {15, 'K', "since 4.0"},
    {16, 'X', "in 4.15 at the latest"},
    {17, 'T', "in 4.17 at the latest"},
    {18, 'N', "in 6.1 at the latest"},
    {19, 'J', "in 6.19 at the latest"},
    {28, 'H', "Red Hat only"},  // include/linux/kernel.h of EL6 and EL7; bit 29 is their T
    {29, 'T', "Red Hat only"},
});

// What a reader should conclude.
std::string_view AdviceOf(char letter) {
  switch (letter) {
    case 'P':
    case 'O':
      return "look at that module's maker first if it is in the call trace";
    case 'D':
    case 'W':
      return "look for the first report in the log: this one may only follow from it";
    case 'M':
      return "suspect the hardware: memory, CPU";
    case 'B':  // Documentation/admin-guide/tainted-kernels.rst, 5)
      return "suspect the hardware, or a bug of the kernel's";
    case 'L':
      return "look above for \"soft lockup\"";
    default:
      return "";
  }
}

const TaintBit* FindLetter(char letter) {
  const auto* const found = std::find_if(kTaintBits.begin(), kTaintBits.end(),
                                         [&](const TaintBit& bit) { return bit.letter == letter; });
  return found == kTaintBits.end() ? nullptr : found;
}

ExplainedItem ItemOf(const Taint& taint) {
  const char letter = taint.letter ? (*taint.letter)[0] : ' ';
  std::string text = taint.meaning.value_or("a distribution's or vendor's own letter");
  if (taint.name) text += fmt::format(" [{}]", *taint.name);
  if (const TaintBit* const bit = FindLetter(letter)) {
    text += fmt::format("; bit {} = {}", bit->bit, int64_t{1} << bit->bit);
    if (!bit->since.empty()) text += fmt::format(", {}", bit->since);
  }
  const std::string_view advice = AdviceOf(letter);
  if (!advice.empty()) text += fmt::format(". So {}", advice);
  return {std::string(1, letter), text};
}

Explanation DescribeLetters(std::string_view letters) {
  Explanation explanation;
  ExplainedSection section{"LETTERS", {}};
  std::vector<std::string> codes;
  if (letters.find('G') != std::string_view::npos) {
    section.items.push_back(
        {"G", "no module under another licence than the GPL: it stands where P would"});
  }
  int64_t mask = 0;
  for (const Taint& taint : DecodeTaint(letters)) {
    section.items.push_back(ItemOf(taint));
    codes.push_back(taint.letter.value_or(""));
    const TaintBit* const bit = FindLetter(codes.back().empty() ? ' ' : codes.back()[0]);
    if (bit != nullptr) mask |= int64_t{1} << bit->bit;
  }
  explanation.title = codes.empty() ? "taint: none of the flags is set"
                                    : fmt::format(
                                          "taint {}: what had happened to this kernel "
                                          "before",
                                          letters);
  explanation.sections.push_back(std::move(section));
  explanation.facts.emplace_back("letters", codes);
  explanation.facts.emplace_back("number", mask);
  explanation.sources = {"kernel/panic.c, taint_flags[] (tnts[] until 4.9), print_tainted()",
                         "Documentation/admin-guide/tainted-kernels.rst"};
  return explanation;
}

Explanation AllLetters() {
  std::string letters;
  for (const TaintBit& bit : kTaintBits) {
    if (letters.find(bit.letter) == std::string::npos) letters += bit.letter;
  }
  Explanation explanation = DescribeLetters(letters);
  explanation.title = "taint: letters behind \"Tainted:\", what had happened to a kernel before";
  explanation.facts.pop_back();
  explanation.sections.push_back(
      {"",
       {{"",
         "The letters stand in fixed places, blanks between; \"Not tainted\" means none. T is a "
         "technology preview on Red Hat's kernels up to EL7, and a random layout of structures "
         "since 4.17."}}});
  return explanation;
}

Result<Explanation> DescribeNumber(std::string_view text) {
  const std::optional<int64_t> number = ParseInteger(text);
  if (!number || *number < 0 || *number >= int64_t{1} << 32)
    return Fail(fmt::format("{} is no value of /proc/sys/kernel/tainted", EscapeForTerminal(text)));
  std::string letters;
  int64_t unknown = *number;
  for (const TaintBit& bit : kTaintBits) {
    if ((*number >> bit.bit & 1) == 0) continue;
    letters += bit.letter;
    unknown &= ~(int64_t{1} << bit.bit);
  }
  Explanation explanation = DescribeLetters(letters);
  explanation.title = fmt::format("taint {}{}{}", *number, letters.empty() ? "" : " = ", letters);
  if (unknown != 0) {
    explanation.sections.push_back(
        {"", {{"", fmt::format("{:#x} holds flags that this program does not know.", unknown)}}});
  }
  explanation.facts.back().second = *number;
  return explanation;
}

}  // namespace

Result<Explanation> ExplainTaint(std::string_view text, const ExplainRequest& /*request*/) {
  text = TrimBlanks(text);
  constexpr std::string_view kHead = "Tainted:";
  if (const std::size_t at = text.find(kHead); at != std::string_view::npos) {
    // In a line of a crash the kernel's release follows.
    text = TrimBlanks(text.substr(at + kHead.size()));
    text = TrimBlanks(text.substr(0, text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ -")));
  }
  if (text.empty()) return AllLetters();
  if (text == "Not tainted") return DescribeLetters("");
  if (IsDigit(text.front())) return DescribeNumber(text);
  std::string letters;
  for (const char letter : text) {
    const bool blank = letter == ' ' || letter == '\t' || letter == '-';  // EL6 prints dashes
    if (blank) continue;
    const bool is_letter = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
    if (!is_letter || letters.size() > 32) {
      return Fail(fmt::format("{} are no taint letters: write 'G W OE', P or a number",
                              EscapeForTerminal(text.substr(0, 60))));
    }
    if (letters.find(letter) == std::string::npos) letters += letter;
  }
  return DescribeLetters(letters);
}

}  // namespace kautopsy
