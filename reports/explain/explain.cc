#include "reports/explain/explain.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "parsers/match.h"
#include "reports/explain/terms.h"

namespace kautopsy {
namespace {

struct Group {
  std::string_view name;     // file of terms/
  std::string_view heading;  // for the list of all
};
constexpr Group kGroups[] = {
    {"zones", "Mem-Info, zones"}, {"reports", "OOM reports"}, {"causes", "causes of a report"}};
constexpr std::string_view kLineKinds[] = {"zone-line", "free-list-line", "task-table"};

std::string Join(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) {
    if (!text.empty()) text += ' ';
    text += words[i];
  }
  return text;
}

Explanation ListAll() {
  Explanation explanation;
  explanation.title = "kautopsy explain WORD...: what a mask, a line or a word of a report means";
  explanation.sections.push_back(
      {"MASKS AND NUMBERS",
       {{"gfp MASK", "0x20, GFP_NOFS|__GFP_COMP, 0x40d0(GFP_KERNEL|__GFP_COMP); --kernel RELEASE"},
        {"order N", "size and fate of a request; --page-size KB"},
        {"taint LETTERS", "'G W OE', P, 4097; without letters all of them"}}});
  explanation.sections.push_back(
      {"LINES",
       {{"zone-line", "the fields of a zone's line"},
        {"free-list-line", "free pieces by size"},
        {"task-table", "the process table of an OOM report"},
        {"'LINE' or -",
         "a pasted line of these, of a request or a crash; - reads standard input"}}});
  ExplainedSection words{"WORDS", {}};
  for (const Group& group : kGroups) {
    std::vector<std::string> names;
    for (const Term& term : Terms()) {
      const bool first = names.empty() || names.back() != term.name;
      if (term.group == group.name && first) names.push_back(term.name);
    }
    words.items.push_back({std::string(group.heading), fmt::format("{}", fmt::join(names, ", "))});
    explanation.facts.emplace_back(std::string(group.name), std::move(names));
  }
  explanation.sections.push_back(std::move(words));
  return explanation;
}

std::string ShortAndSafe(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const bool cut = text.size() > kShown;
  return EscapeForTerminal(ToUtf8(text.substr(0, kShown))) + (cut ? "..." : "");
}

tl::unexpected<Error> Unknown(std::string_view text) {
  const std::vector<std::string> near = NearestTerms(text);
  const std::string hint =
      near.empty()
          ? "`kautopsy explain` lists all words"
          : fmt::format("is it {}? `kautopsy explain` lists all words", fmt::join(near, ", "));
  return Fail(fmt::format("{} is no word, mask or line that can be explained: {}",
                          ShortAndSafe(text), hint));
}

std::optional<bool> MaySleep(const Explanation& of_mask) {
  for (const auto& [key, value] : of_mask.facts) {
    if (key != "may_sleep") continue;
    if (const bool* const may = std::get_if<bool>(&value)) return *may;
  }
  return std::nullopt;
}

// A pasted line of a refused request or an OOM report: its mask, and below it what its order means.
std::optional<Result<Explanation>> ExplainRequestLine(const std::string& text,
                                                      const ExplainRequest& request) {
  static const LogPattern kMask(R"(\b(?:mode:|gfp_mask=|gfp=)(0x[0-9a-fA-F]+(?:\([^()]*\))?).*)");
  static const LogPattern kOrder(R"(\border[:=] ?(\d+))");
  std::string mask;
  std::string order;
  if (!RE2::PartialMatch(text, kMask, &mask)) return std::nullopt;
  Result<Explanation> explanation = ExplainGfp(mask, request);
  if (!explanation || !RE2::PartialMatch(text, kOrder, &order)) return explanation;
  const Result<Explanation> of_order = ExplainOrder(order, request, MaySleep(*explanation));
  if (!of_order) return explanation;
  explanation->sections.push_back({"ORDER", {{"", of_order->title}}});
  for (const ExplainedSection& section : of_order->sections)
    explanation->sections.push_back(section);
  for (const auto& fact : of_order->facts) explanation->facts.push_back(fact);
  return explanation;
}

bool LooksLikeGfp(std::string_view text) {
  const bool names = text.find("GFP_") != std::string_view::npos;
  return text.find(' ') == std::string_view::npos && (names || text.starts_with("0x"));
}

Result<Explanation> ExplainFreely(const std::string& text, const ExplainRequest& request) {
  for (const Group& group : kGroups) {
    if (text == group.name) return ExplainGroup(group.name);
  }
  if (text == "cause codes") return ExplainGroup("causes");
  const KernelVersion kernel = KernelOf(request);
  if (const Term* const term = FindTerm(text, kernel)) return ExplainTerm(*term, kernel);
  if (auto line = ExplainLine(text, request)) return *line;
  if (auto asked = ExplainRequestLine(text, request)) return *asked;
  if (LooksLikeGfp(text)) return ExplainGfp(text, request);
  if (text.starts_with("order:") || text.starts_with("order=")) return ExplainOrder(text, request);
  if (text.find("Tainted: ") != std::string::npos || text == "Not tainted")
    return ExplainTaint(text, request);
  return Unknown(text);
}

}  // namespace

KernelVersion KernelOf(const ExplainRequest& request) {
  return ParseKernelVersion(request.kernel_release);
}

std::string OnKernel(const ExplainRequest& request) {
  return request.kernel_release.empty()
             ? ""
             : fmt::format("on {}", ShortAndSafe(request.kernel_release));
}

Result<Explanation> Explain(const ExplainRequest& request) {
  if (!request.kernel_release.empty() && !KernelOf(request).known()) {
    return Fail(fmt::format("{} is no kernel release: write it as uname -r does, 2.6.32-431.el6",
                            ShortAndSafe(request.kernel_release)));
  }
  if (request.words.empty()) return ListAll();
  const std::string& first = request.words[0];
  const std::string rest = Join(request.words, 1);
  if (first == "gfp") return ExplainGfp(rest, request);
  if (first == "order") return ExplainOrder(rest, request);
  if (first == "taint") return ExplainTaint(rest, request);
  if (std::find(std::begin(kLineKinds), std::end(kLineKinds), first) != std::end(kLineKinds)) {
    if (TrimBlanks(rest).empty()) return ExplainLinesInGeneral(first, request);
    if (auto line = ExplainLine(rest, request)) return *line;
    return Fail(fmt::format("{} is no {}: `kautopsy explain {}` shows one", ShortAndSafe(rest),
                            first, first));
  }
  return ExplainFreely(Join(request.words, 0), request);
}

}  // namespace kautopsy
