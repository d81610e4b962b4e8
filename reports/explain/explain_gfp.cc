#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/explain/explain.h"
#include "reports/explain/gfp_abilities.h"

namespace kautopsy {
namespace {

// "0x40d0(GFP_KERNEL|__GFP_COMP)": either part may be missing.
struct Asked {
  std::optional<uint32_t> mask;
  std::string names;
};

// A mask as some kernels read it, and how they number the bits.
struct Reading {
  const GfpLayout* layout = nullptr;
  uint32_t mask = 0;
  std::vector<std::string> names;
  std::string releases;
  KernelVersion kernel;            // one of them
  std::vector<GfpAnswer> answers;  // for that one
};

constexpr std::string_view kUsage =
    "write it as a log does: 0x20, GFP_NOFS|__GFP_COMP or 0x40d0(GFP_KERNEL|__GFP_COMP)";

// The longest text that can be a mask with all names there are.
constexpr std::size_t kLongestMask = 1000;

Result<Asked> ReadAsked(std::string_view text) {
  text = TrimBlanks(text);
  for (const std::string_view prefix : {"mode:", "gfp_mask=", "gfp="}) ConsumePrefix(text, prefix);
  while (!text.empty() && text.back() == ',') text.remove_suffix(1);
  if (text.empty() || text.size() > kLongestMask)
    return Fail(fmt::format("no gfp mask is given: {}", kUsage));
  Asked asked;
  const std::size_t open = text.find('(');
  std::string_view number = text.substr(0, open);
  if (open != std::string_view::npos) {
    if (text.back() != ')') return Fail(fmt::format("a bracket is open: {}", kUsage));
    asked.names = text.substr(open + 1, text.size() - open - 2);
  }
  const bool names_alone = number.find("GFP_") != std::string_view::npos;
  if (names_alone) {
    asked.names = number;
    return asked;
  }
  const bool hexadecimal = ConsumePrefix(number, "0x") || ConsumePrefix(number, "0X");
  const std::optional<int64_t> value = ParseHex(number);
  if (!hexadecimal && number != "0") {
    return Fail(fmt::format("{} is neither a mask nor names; {}", EscapeForTerminal(text), kUsage));
  }
  if (!value || *value < 0 || *value > UINT32_MAX)
    return Fail(fmt::format("0x{} is no number of 32 bits, which a gfp mask has",
                            EscapeForTerminal(number)));
  asked.mask = static_cast<uint32_t>(*value);
  return asked;
}

// Joined so that long lists can be wrapped.
std::string NamesText(const std::vector<std::string>& names) {
  constexpr std::size_t kLong = 45;
  if (names.empty()) return "no bit";
  const std::string joined = fmt::format("{}", fmt::join(names, "|"));
  return joined.size() <= kLong ? joined : fmt::format("{}", fmt::join(names, " | "));
}

std::vector<std::string> Sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

// Releases that number the bits alike and give the same answers.
struct Era {
  const GfpLayout* layout = nullptr;
  KernelVersion first;
  std::string last;  // "5.3"; empty: the newest
};

std::string ReleaseText(const KernelVersion& kernel) {
  return kernel.major == 2 ? fmt::format("2.6.{}", kernel.patch)
                           : fmt::format("{}.{}", kernel.major, kernel.minor);
}

// No change lies at x.0, nor at the first release of a layout that does not say where it ends.
std::string ReleaseBefore(KernelVersion kernel) {
  (kernel.major == 2 ? kernel.patch : kernel.minor) -= 1;
  return ReleaseText(kernel);
}

std::string LastOf(const GfpLayout& layout) {
  if (layout.releases.ends_with(" and later")) return "";
  const std::size_t to = layout.releases.find(" to ");
  return to == std::string::npos ? layout.releases : layout.releases.substr(to + 4);
}

// Oldest first.
std::vector<Era> Eras() {
  std::vector<Era> eras;
  for (const GfpLayout& layout : GfpLayouts()) {
    const std::string last = LastOf(layout);
    eras.push_back({&layout, layout.first, last});
    const KernelVersion end = ParseKernelVersion(last);
    for (const KernelVersion& change : AnswerChanges()) {
      const KernelVersion& first = eras.back().first;
      const bool later = change.AtLeast(first.major, first.minor, first.patch + 1);
      const bool inside = !end.known() || end.AtLeast(change.major, change.minor, change.patch);
      if (!later || !inside) continue;
      eras.back().last = ReleaseBefore(change);
      eras.push_back({&layout, change, last});
    }
  }
  return eras;
}

// "2.6.12 to 4.3".
std::string RangeOf(const Era& oldest, const Era& newest) {
  const std::string first = ReleaseText(oldest.first);
  if (newest.last.empty()) return fmt::format("{} and later", first);
  return first == newest.last ? first : fmt::format("{} to {}", first, newest.last);
}

std::optional<Reading> ReadBy(const Asked& asked, const GfpLayout& layout) {
  const Result<uint32_t> of_names = GfpMask(asked.names, layout);
  if (!asked.names.empty() && !of_names) return std::nullopt;
  if (asked.mask && !asked.names.empty() && *of_names != *asked.mask) return std::nullopt;
  const uint32_t mask = asked.mask.value_or(asked.names.empty() ? 0 : *of_names);
  return Reading{&layout, mask, GfpNames(mask, layout), layout.releases, layout.first, {}};
}

GfpMeaning MeaningOf(const Reading& reading, const KernelVersion& kernel) {
  const Text names = fmt::format("{}", fmt::join(reading.names, "|"));
  return *ReadGfp(reading.mask, names, kernel);
}

bool SameReading(const Reading& a, const Reading& b) {
  const bool same_answers = std::equal(
      a.answers.begin(), a.answers.end(), b.answers.begin(), b.answers.end(),
      [](const GfpAnswer& one, const GfpAnswer& other) { return one.brief == other.brief; });
  return a.mask == b.mask && Sorted(a.names) == Sorted(b.names) && same_answers;
}

// All kernels that can read what was asked, oldest first; those next to each other that read the
// same are one.
std::vector<Reading> ReadByAll(const Asked& asked) {
  std::vector<Reading> readings;
  Era oldest;
  bool before = false;  // the releases just before could read it
  for (const Era& era : Eras()) {
    std::optional<Reading> reading = ReadBy(asked, *era.layout);
    if (reading) {
      reading->kernel = era.first;
      reading->answers = AnswersOf(MeaningOf(*reading, era.first), era.first);
    }
    const bool goes_on = reading && before && SameReading(readings.back(), *reading);
    if (reading && !goes_on) {
      readings.push_back(*reading);
      oldest = era;
    }
    before = reading.has_value();
    if (!reading) continue;
    readings.back().layout = era.layout;
    readings.back().kernel = era.first;
    readings.back().releases = RangeOf(oldest, era);
  }
  return readings;
}

int OdditiesOf(const Reading& reading) {
  for (const GfpCandidate& candidate : RankGfpLayouts(reading.mask)) {
    if (candidate.layout == reading.layout) return candidate.oddities;
  }
  return kGfpNonsense;
}

// Most likely first. With names none is left out: they are the kernel's word.
std::vector<Reading> LikelyReadings(const Asked& asked) {
  std::vector<std::pair<int, Reading>> scored;
  for (Reading& reading : ReadByAll(asked)) {
    const int oddities = asked.names.empty() ? OdditiesOf(reading) : 0;
    scored.emplace_back(oddities, std::move(reading));
  }
  std::reverse(scored.begin(), scored.end());
  std::stable_sort(scored.begin(), scored.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Reading> likely;
  for (auto& [oddities, reading] : scored) {
    if (oddities < kGfpNonsense || likely.empty()) likely.push_back(std::move(reading));
  }
  return likely;
}

// What the names are sums of; plain bits are explained by themselves.
ExplainedSection NamesSection(const Reading& reading) {
  ExplainedSection section{"NAMES", {}};
  if (reading.names.empty())
    section.items.push_back({"0x0",
                             "no bit is set. An OOM report prints it where a page fault ran out of "
                             "memory and the request itself is not known"});
  for (const std::string& name : reading.names) {
    const std::vector<std::string> parts = GfpParts(name, reading.layout);
    if (name.starts_with("0x")) {
      section.items.push_back({name,
                               "bits without a name on these kernels: another release, a "
                               "distribution's or a vendor's own"});
    } else if (parts.size() > 1 || (parts.size() == 1 && !name.ends_with(parts[0]))) {
      section.items.push_back({name, fmt::format("= {}", fmt::join(parts, " + "))});
    }
  }
  return section;
}

ExplainedSection BitsSection(const Reading& reading, const GfpMeaning& meaning) {
  ExplainedSection section{"BITS", {}};
  for (std::size_t bit = 0; bit < reading.layout->bits.size(); ++bit) {
    const std::string_view name = reading.layout->bits[bit];
    const uint32_t value = uint32_t{1} << bit;
    if (name.empty() || (reading.mask & value) == 0 || !meaning.Has(name)) continue;
    section.items.push_back(
        {fmt::format("{:#x} {}", value, name), std::string(MeaningOfBit(name))});
  }
  return section;
}

ExplainedSection AnswersSection(const std::vector<GfpAnswer>& answers) {
  ExplainedSection section{"WHAT IT MAY DO", {}};
  for (const GfpAnswer& answer : answers) {
    const std::string reason = answer.reason.empty() ? "" : ": " + answer.reason;
    section.items.push_back({std::string(answer.question), answer.brief + reason});
  }
  return section;
}

// What other kernels make of the same mask, and where that changes an answer.
ExplainedSection OthersSection(const std::vector<Reading>& readings,
                               const std::vector<GfpAnswer>& first) {
  ExplainedSection section{"ON OTHER KERNELS", {}};
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const Reading& other = readings[i];
    const std::vector<GfpAnswer>& answers = other.answers;
    std::vector<std::string> differ;
    for (std::size_t k = 0; k < answers.size() && k < first.size(); ++k) {
      if (answers[k].brief == first[k].brief) continue;
      differ.push_back(fmt::format("{} {}", answers[k].question, answers[k].brief));
    }
    const bool same_mask = other.mask == readings[0].mask;
    std::string text = same_mask ? "" : fmt::format("{:#x} = ", other.mask);
    text += NamesText(other.names);
    if (!differ.empty()) text += fmt::format("; {}", fmt::join(differ, ", "));
    section.items.push_back({other.releases, text});
  }
  return section;
}

void AddFacts(const Reading& reading, const GfpMeaning& meaning, Explanation& explanation) {
  auto& facts = explanation.facts;
  facts.emplace_back("mask", int64_t{reading.mask});
  facts.emplace_back("mask_hex", fmt::format("{:#x}", reading.mask));
  facts.emplace_back("releases", reading.releases);
  facts.emplace_back("names", reading.names);
  facts.emplace_back("bits", meaning.parts);
  facts.emplace_back("may_sleep", meaning.may_reclaim);
  facts.emplace_back("wakes_kswapd", meaning.wakes_kswapd);
  facts.emplace_back("may_do_io", meaning.may_reclaim && meaning.io);
  facts.emplace_back("may_enter_filesystems", meaning.may_reclaim && meaning.fs);
  facts.emplace_back("eighths_of_min_to_leave", int64_t{EighthsOfMin(meaning, reading.kernel)});
  constexpr std::string_view kZones[] = {"DMA", "DMA32", "Normal", "HighMem", "Movable"};
  facts.emplace_back("highest_zone",
                     std::string(kZones[static_cast<std::size_t>(meaning.highest)]));
  facts.emplace_back("one_node_only", meaning.this_node);
  facts.emplace_back("movable", meaning.movable);
  facts.emplace_back("never_fails", meaning.no_fail);
  facts.emplace_back("warns", !meaning.no_warn);
}

Explanation Describe(const std::vector<Reading>& readings, const ExplainRequest& request) {
  Reading likeliest = readings.front();
  const bool on_kernel = KernelOf(request).known();
  if (on_kernel) likeliest.kernel = KernelOf(request);
  const GfpMeaning meaning = MeaningOf(likeliest, likeliest.kernel);
  const std::vector<GfpAnswer> answers = AnswersOf(meaning, likeliest.kernel);
  Explanation explanation;
  explanation.title =
      fmt::format("gfp mask {:#x} {}: {}", likeliest.mask,
                  on_kernel ? OnKernel(request) : fmt::format("on {}", likeliest.releases),
                  NamesText(likeliest.names));
  for (ExplainedSection section : {NamesSection(likeliest), BitsSection(likeliest, meaning)}) {
    if (!section.items.empty()) explanation.sections.push_back(std::move(section));
  }
  explanation.sections.push_back(AnswersSection(answers));
  if (readings.size() > 1) explanation.sections.push_back(OthersSection(readings, answers));
  AddFacts(likeliest, meaning, explanation);
  explanation.sources = {"include/linux/gfp.h; gfp_types.h since 6.0: the bits",
                         "include/trace/events/mmflags.h: the names, printed since 4.6",
                         "mm/page_alloc.c, gfp_to_alloc_flags(), __alloc_pages_slowpath()"};
  return explanation;
}

// Mask and names that do not agree by the numbering of `layout`. Printed names are right, whatever
// the release: distributions carry newer code under old numbers.
Result<Explanation> DescribeNames(const Asked& asked, const GfpLayout& layout,
                                  const ExplainRequest& request) {
  std::vector<Reading> readings = LikelyReadings(asked);
  std::string note;
  if (readings.empty()) {
    readings = LikelyReadings({std::nullopt, asked.names});
    if (readings.empty()) return tl::unexpected(GfpMask(asked.names, layout).error());
    note = fmt::format(
        "No kernel known here prints these names for {:#x}. The names are explained "
        "as they stand; what is said of releases is a guess.",
        *asked.mask);
  } else {
    note = fmt::format(
        "By the numbering of {} the mask would have other names. Printed names are "
        "right: this kernel numbers its bits as {} do.",
        layout.releases, readings.front().releases);
  }
  readings.resize(1);
  ExplainRequest by_names = request;
  by_names.kernel_release.clear();
  Explanation explanation = Describe(readings, by_names);
  explanation.sections.insert(explanation.sections.begin(), {"", {{"", note}}});
  return explanation;
}

}  // namespace

Result<Explanation> ExplainGfp(std::string_view text, const ExplainRequest& request) {
  const Result<Asked> asked = ReadAsked(text);
  if (!asked) return tl::unexpected(asked.error());
  if (const GfpLayout* const layout = FindGfpLayout(KernelOf(request))) {
    if (const std::optional<Reading> reading = ReadBy(*asked, *layout))
      return Describe({*reading}, request);
    if (asked->mask) return DescribeNames(*asked, *layout, request);
    return tl::unexpected(GfpMask(asked->names, *layout).error());
  }
  const std::vector<Reading> readings = LikelyReadings(*asked);
  if (!readings.empty()) return Describe(readings, request);
  if (asked->mask) return DescribeNames(*asked, GfpLayouts().back(), request);
  return tl::unexpected(GfpMask(asked->names, GfpLayouts().back()).error());
}

}  // namespace kautopsy
