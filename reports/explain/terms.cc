#include "reports/explain/terms.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "reports/explain_terms.h"

namespace kautopsy {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';  // total-vm and total_vm are the same
  }
  return lower;
}

std::vector<std::string> SplitList(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(TrimBlanks(list.substr(0, comma)));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return parts;
}

// "2.6.36 before 4.17", "2.6.36", "before 4.12".
ReleaseRange ParseRange(std::string_view text) {
  constexpr std::string_view kBefore = "before ";
  ReleaseRange range;
  const std::size_t before = text.find(kBefore);
  range.first = ParseKernelVersion(text.substr(0, std::min(before, text.find(' '))));
  if (before != std::string_view::npos)
    range.end = ParseKernelVersion(text.substr(before + kBefore.size()));
  return range;
}

void SetKey(std::string_view key, std::string value, Term& term) {
  if (key == "term")
    term.name = std::move(value);
  else if (key == "also")
    term.also = SplitList(value);
  else if (key == "unit")
    term.unit = std::move(value);
  else if (key == "text")
    term.text = std::move(value);
  else if (key == "source")
    term.source = std::move(value);
  else if (key == "kernels")
    term.holds = ParseRange(value);
  else if (key == "printed")
    term.printed = ParseRange(value);
}

// The lines of one paragraph; a line that begins with a blank goes on with the value before it.
class TermReader {
 public:
  explicit TermReader(std::string_view group) : group_(group) {}

  void Take(std::string_view line) {
    if (line.starts_with("#")) return;
    if (line.starts_with(" ")) {
      value_.append(" ").append(TrimBlanks(line));
      return;
    }
    EndValue();
    if (line.empty()) {
      EndTerm();
      return;
    }
    const std::size_t colon = line.find(':');
    key_ = line.substr(0, colon);
    value_ = colon == std::string_view::npos ? "" : TrimBlanks(line.substr(colon + 1));
  }

  std::vector<Term> Finish() {
    EndValue();
    EndTerm();
    return std::move(terms_);
  }

 private:
  void EndValue() {
    if (!key_.empty()) SetKey(key_, std::move(value_), term_);
    key_.clear();
    value_.clear();
  }
  void EndTerm() {
    term_.group = group_;
    if (!term_.name.empty()) terms_.push_back(std::move(term_));
    term_ = {};
  }

  std::string group_;
  std::string key_;
  std::string value_;
  Term term_;
  std::vector<Term> terms_;
};

std::vector<Term> ReadFile(const EmbeddedText& file) {
  TermReader reader(file.name.substr(0, file.name.find('.')));
  std::string_view text = file.text;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.Take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.Finish();
}

std::vector<Term> ReadTerms() {
  std::vector<Term> terms;
  for (const EmbeddedText& file : kExplainTerms) {
    for (Term& term : ReadFile(file)) terms.push_back(std::move(term));
  }
  return terms;
}

// Levenshtein's distance, with one row of its table.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row.back();
}

std::string FirstSentence(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find(". "), text.find_last_not_of('.') + 1)));
}

// EL6 took the OOM killer of 2.6.36 in between its builds 131 and 220.
KernelVersion AsUpstream(KernelVersion kernel) {
  constexpr int kNewOomKiller = 220;
  if (kernel.el == 6 && kernel.el_build >= kNewOomKiller) kernel.patch = 36;
  return kernel;
}

std::string ReleaseText(const KernelVersion& kernel) {
  return kernel.major == 2 ? fmt::format("2.6.{}", kernel.patch)
                           : fmt::format("{}.{}", kernel.major, kernel.minor);
}

std::string RangeText(const ReleaseRange& range) {
  if (!range.end.known()) return fmt::format("{} and later", ReleaseText(range.first));
  const std::string end = fmt::format("before {}", ReleaseText(range.end));
  return range.first.known() ? fmt::format("{} on, {}", ReleaseText(range.first), end) : end;
}

// Empty if the kernel prints the word, or if that is not settled.
std::string NotPrinted(const Term& term, const KernelVersion& kernel) {
  const KernelVersion upstream = AsUpstream(kernel);
  const RangePlace place = PlaceOf(upstream, term.printed);
  if (!kernel.known() || place == RangePlace::kIn) return "";
  const std::string when = place == RangePlace::kBefore
                               ? fmt::format("it came with {}", ReleaseText(term.printed.first))
                               : fmt::format("it went with {}", ReleaseText(term.printed.end));
  if (kernel.el == 0) return fmt::format("{} does not print it: {}.", ReleaseText(kernel), when);
  return fmt::format(
      "{} itself does not print it: {}. Red Hat's kernel, which carries newer code, "
      "may.",
      ReleaseText(kernel), when);
}

bool Spells(const Term& term, std::string_view name) {
  return std::any_of(term.also.begin(), term.also.end(),
                     [&](const std::string& other) { return other == name; }) ||
         term.name == name;
}

}  // namespace

RangePlace PlaceOf(const KernelVersion& kernel, const ReleaseRange& range) {
  const KernelVersion& first = range.first;
  const KernelVersion& end = range.end;
  if (first.known() && kernel.Below(first.major, first.minor, first.patch))
    return RangePlace::kBefore;
  if (end.known() && kernel.AtLeast(end.major, end.minor, end.patch)) return RangePlace::kBehind;
  return RangePlace::kIn;
}

const std::vector<Term>& Terms() {
  static const std::vector<Term> kTerms = ReadTerms();
  return kTerms;
}

const Term* FindTerm(std::string_view word, const KernelVersion& kernel) {
  const std::string lower = Lower(word);
  const Term* found = nullptr;
  for (const Term& term : Terms()) {
    if (!found && Spells(term, word)) found = &term;
  }
  for (const Term& term : Terms()) {
    const bool same = Lower(term.name) == lower ||
                      std::any_of(term.also.begin(), term.also.end(),
                                  [&](const std::string& other) { return Lower(other) == lower; });
    if (!found && same) found = &term;
  }
  if (!found || !kernel.known()) return found;
  for (const Term& term : Terms()) {
    const bool holds = PlaceOf(AsUpstream(kernel), term.holds) == RangePlace::kIn;
    if (term.name == found->name && holds) return &term;
  }
  return found;
}

std::string ShortMeaning(std::string_view word) {
  const Term* const term = FindTerm(word);
  return term == nullptr ? "" : FirstSentence(term->text);
}

std::vector<std::string> NearestTerms(std::string_view word) {
  constexpr std::size_t kAtMost = 3;
  constexpr std::size_t kLongestWord = 60;  // longer ones are no misspelt term
  const std::string lower = Lower(word.substr(0, kLongestWord));
  const std::size_t far = std::max<std::size_t>(2, lower.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  const auto consider = [&](const std::string& name) {
    const std::string candidate = Lower(name);
    const bool part = lower.size() >= 3 && candidate.find(lower) != std::string::npos;
    const std::size_t distance = part ? 1 : Distance(lower, candidate);
    if (distance <= far) near.emplace_back(distance, name);
  };
  for (const std::string_view command :
       {"gfp", "order", "taint", "zone-line", "free-list-line", "task-table", "causes"})
    consider(std::string(command));
  for (const Term& term : Terms()) {
    if (FindTerm(term.name) != &term) continue;
    consider(term.name);
    for (const std::string& other : term.also) consider(other);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [distance, name] : near) {
    if (names.size() < kAtMost) names.push_back(std::move(name));
  }
  return names;
}

Explanation ExplainTerm(const Term& term, const KernelVersion& kernel) {
  Explanation explanation;
  explanation.title = term.name;
  const std::vector<std::string>& also = FindTerm(term.name)->also;
  if (!also.empty()) explanation.title += fmt::format(" (also: {})", fmt::join(also, ", "));
  const std::string not_printed = NotPrinted(term, kernel);
  ExplainedSection section;
  if (!not_printed.empty()) section.items.push_back({"", not_printed});
  section.items.push_back({"", term.text});
  if (!term.unit.empty()) section.items.push_back({"", "Unit: " + term.unit + "."});
  explanation.sections.push_back(std::move(section));
  ExplainedSection others{"ON OTHER KERNELS", {}};
  for (const Term& other : Terms()) {
    if (other.name == term.name && &other != &term)
      others.items.push_back({RangeText(other.holds), other.text});
  }
  if (!others.items.empty()) explanation.sections.push_back(std::move(others));
  explanation.facts.emplace_back("term", term.name);
  explanation.facts.emplace_back("also", also);
  explanation.facts.emplace_back("group", term.group);
  explanation.facts.emplace_back("unit", term.unit);
  explanation.facts.emplace_back("text", term.text);
  explanation.sources = {term.source};
  return explanation;
}

Explanation ExplainGroup(std::string_view group) {
  Explanation explanation;
  explanation.title = fmt::format("{}: `kautopsy explain WORD` tells more of each", group);
  ExplainedSection section;
  for (const Term& term : Terms()) {
    if (term.group == group && FindTerm(term.name) == &term)
      section.items.push_back({term.name, FirstSentence(term.text)});
  }
  explanation.sections.push_back(std::move(section));
  return explanation;
}

}  // namespace kautopsy
