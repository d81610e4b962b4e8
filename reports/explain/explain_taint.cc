#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/kernel/taint.h"
#include "reports/explain/explain.h"

namespace kautopsy {
namespace {

// Where a flag stands in /proc/sys/kernel/tainted, the newest release that is known to lack it and
// the oldest that is known to have it: kernel/panic.c, print_tainted(), tnts[] and taint_flags[]
// of several releases (2.6.18, 2.6.24, one before staging drivers, 3.x, 4.x, 6.x). Where one
// follows the other the flag came with the latter.
struct TaintBit {
  int bit;
  char letter;
  KernelVersion lacks = {};  // unknown: all have it
  KernelVersion has = {};
};
constexpr KernelVersion Of26(int patch) { return {.major = 2, .minor = 6, .patch = patch}; }
constexpr auto kTaintBits =
    std::to_array<TaintBit>({{0, 'P'},
                             {1, 'F'},
                             {2, 'S'},
                             {3, 'R'},
                             {4, 'M'},
                             {5, 'B'},
                             {6, 'U', Of26(20), Of26(21)},
                             {7, 'D', Of26(23), Of26(24)},
                             {8, 'A', Of26(24), Of26(27)},
                             {9, 'W', Of26(24), Of26(27)},
                             {10, 'C', Of26(27), Of26(28)},
                             {11, 'I', Of26(32), Of26(35)},
                             {12, 'O', {.major = 3}, {.major = 3, .minor = 4}},
                             {13, 'E', {.major = 3, .minor = 14}, {.major = 3, .minor = 15}},
                             {14, 'L', {.major = 3, .minor = 16}, {.major = 3, .minor = 17}},
                             {15, 'K', {.major = 3, .minor = 19}, {.major = 4}},
                             {16, 'X', {.major = 4, .minor = 4}, {.major = 4, .minor = 15}},
                             {17, 'T', {.major = 4, .minor = 4}, {.major = 4, .minor = 17}},
                             {18, 'N', {.major = 5, .minor = 19}, {.major = 6, .minor = 1}},
                             {19, 'J', {.major = 6, .minor = 14}, {.major = 6, .minor = 19}},
                             {28, 'H'},  // include/linux/kernel.h of EL6 and EL7; bit 29 is their T
                             {29, 'T'}});
constexpr int kFirstOfRedHat = 28;

std::string ReleaseText(const KernelVersion& kernel) {
  return kernel.major == 2 ? fmt::format("2.6.{}", kernel.patch)
                           : fmt::format("{}.{}", kernel.major, kernel.minor);
}

bool ComesWith(const TaintBit& flag) {
  const KernelVersion& lacks = flag.lacks;
  const KernelVersion& has = flag.has;
  const int step = has.major == 2 ? has.patch - lacks.patch : has.minor - lacks.minor;
  constexpr int kLastOf3 = 19;
  const bool next_series = has.minor == 0 && has.major == 4 && lacks.minor == kLastOf3;
  return (has.major == lacks.major && step == 1) || next_series;
}

// "since 2.6.24", "2.6.27 at the latest", "Red Hat only"; empty for those of all kernels.
std::string SinceText(const TaintBit& flag) {
  if (flag.bit >= kFirstOfRedHat) return "Red Hat only";
  if (!flag.has.known()) return "";
  const std::string release = ReleaseText(flag.has);
  return ComesWith(flag) ? "since " + release : release + " at the latest";
}

enum class Presence { kThere, kUnsure, kAbsent };

// EL5's print_tainted() knows six letters and T, whatever newer kernels have (kernel/panic.c of
// 2.6.18-194.el5).
Presence PresenceOn(const KernelVersion& kernel, const TaintBit& flag) {
  constexpr int kLastWithPreviews = 7;
  if (!kernel.known()) return Presence::kThere;
  if (flag.bit >= kFirstOfRedHat)
    return kernel.el >= 5 && kernel.el <= kLastWithPreviews && (flag.letter == 'T' || kernel.el > 5)
               ? Presence::kThere
               : Presence::kAbsent;
  const KernelVersion& has = flag.has;
  const KernelVersion& lacks = flag.lacks;
  if (!has.known() || kernel.AtLeast(has.major, has.minor, has.patch)) return Presence::kThere;
  if (kernel.el > 5) return Presence::kUnsure;
  const bool newer = kernel.AtLeast(lacks.major, lacks.minor + (lacks.major == 2 ? 0 : 1),
                                    lacks.major == 2 ? lacks.patch + 1 : 0);
  return newer ? Presence::kUnsure : Presence::kAbsent;
}

Presence PresenceOn(const KernelVersion& kernel, char letter) {
  Presence best = Presence::kAbsent;
  bool found = false;
  for (const TaintBit& flag : kTaintBits) {
    if (flag.letter != letter) continue;
    found = true;
    best = std::min(best, PresenceOn(kernel, flag));
  }
  return found ? best : Presence::kUnsure;
}

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

// What the named kernel has to do with the letter; empty if it has it.
std::string AbsenceText(const KernelVersion& kernel, const TaintBit& flag) {
  const Presence presence = PresenceOn(kernel, flag.letter);
  if (presence == Presence::kThere) return "";
  KernelVersion base = kernel;
  base.el = 0;
  const bool absent = PresenceOn(base, flag.letter) == Presence::kAbsent;
  const std::string release = ReleaseText(kernel);
  std::string text = absent ? fmt::format("{} itself has no such letter", release)
                            : fmt::format("whether {} itself has it is not settled", release);
  if (presence == Presence::kUnsure && kernel.el > 0) text += ", Red Hat's kernel may";
  return text + ". Elsewhere: ";
}

ExplainedItem ItemOf(const Taint& taint, const KernelVersion& kernel) {
  const char letter = taint.letter ? (*taint.letter)[0] : ' ';
  std::string text = taint.meaning.value_or("a distribution's or vendor's own letter");
  if (taint.name) text += fmt::format(" [{}]", *taint.name);
  if (const TaintBit* const bit = FindLetter(letter)) {
    text = AbsenceText(kernel, *bit) + text;
    text += fmt::format("; bit {} = {}", bit->bit, int64_t{1} << bit->bit);
    const std::string since = SinceText(*bit);
    if (!since.empty()) text += fmt::format(", {}", since);
  }
  const std::string_view advice = AdviceOf(letter);
  if (!advice.empty()) text += fmt::format(". So {}", advice);
  return {std::string(1, letter), text};
}

Explanation DescribeLetters(std::string_view letters, const KernelVersion& kernel) {
  Explanation explanation;
  ExplainedSection section{"LETTERS", {}};
  std::vector<std::string> codes;
  if (letters.find('G') != std::string_view::npos) {
    section.items.push_back(
        {"G", "no module under another licence than the GPL: it stands where P would"});
  }
  int64_t mask = 0;
  for (const Taint& taint : DecodeTaint(letters)) {
    section.items.push_back(ItemOf(taint, kernel));
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

Explanation AllLetters(const KernelVersion& kernel) {
  std::string letters;
  std::string absent;
  for (const TaintBit& bit : kTaintBits) {
    if ((letters + absent).find(bit.letter) != std::string::npos) continue;
    (PresenceOn(kernel, bit.letter) == Presence::kAbsent ? absent : letters) += bit.letter;
  }
  Explanation explanation = DescribeLetters(letters, kernel);
  explanation.title = "taint: letters behind \"Tainted:\", what had happened to a kernel before";
  explanation.facts.pop_back();
  if (!absent.empty()) {
    explanation.sections.push_back({"",
                                    {{"", fmt::format("{} itself has no {}.", ReleaseText(kernel),
                                                      fmt::join(absent, ", "))}}});
  }
  explanation.sections.push_back(
      {"",
       {{"",
         "The letters stand in fixed places, blanks between; \"Not tainted\" means none. T is a "
         "technology preview on Red Hat's kernels up to EL7, and a random layout of structures "
         "since 4.17."}}});
  return explanation;
}

Result<Explanation> DescribeNumber(std::string_view text, const KernelVersion& kernel) {
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
  Explanation explanation = DescribeLetters(letters, kernel);
  explanation.title = fmt::format("taint {}{}{}", *number, letters.empty() ? "" : " = ", letters);
  if (unknown != 0) {
    explanation.sections.push_back(
        {"", {{"", fmt::format("{:#x} holds flags that this program does not know.", unknown)}}});
  }
  explanation.facts.back().second = *number;
  return explanation;
}

}  // namespace

Result<Explanation> ExplainTaint(std::string_view text, const ExplainRequest& request) {
  const KernelVersion kernel = KernelOf(request);
  text = TrimBlanks(text);
  constexpr std::string_view kHead = "Tainted:";
  if (const std::size_t at = text.find(kHead); at != std::string_view::npos) {
    // In a line of a crash the kernel's release follows.
    text = TrimBlanks(text.substr(at + kHead.size()));
    text = TrimBlanks(text.substr(0, text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ -")));
  }
  if (text.empty()) return AllLetters(kernel);
  if (text == "Not tainted") return DescribeLetters("", kernel);
  if (IsDigit(text.front())) return DescribeNumber(text, kernel);
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
  return DescribeLetters(letters, kernel);
}

}  // namespace kautopsy
