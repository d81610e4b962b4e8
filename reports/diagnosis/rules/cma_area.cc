#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// include/uapi/asm-generic/errno-base.h
constexpr int64_t kNoMemory = 12;  // ENOMEM
constexpr int64_t kBusy = 16;      // EBUSY

bool TellsWhy(const RefusalFacts& refusal) {
  const int64_t error = refusal.error.value_or(0);
  return error == kBusy || error == kNoMemory;
}

std::string AreaName(const RefusalFacts& refusal) {
  return refusal.area ? fmt::format("contiguous area [CMA {}]", *refusal.area)
                      : "contiguous area [CMA]";
}

// The list of free pages is printed a moment after the refusal, so what it has was most likely
// there.
bool HadRoom(const RefusalFacts& refusal) {
  return refusal.area_largest_pages && *refusal.area_largest_pages >= *refusal.size_pages;
}

// What the area had or lacked, for the title.
std::string LackWords(const RefusalFacts& refusal) {
  const std::string asked = Thousands(*refusal.size_pages);
  if (HadRoom(refusal)) {
    const bool more = *refusal.area_largest_pages > *refusal.size_pages;
    return fmt::format(
        "had a free run of {} pages, {} the {} asked for, {}",
        Thousands(*refusal.area_largest_pages), more ? "more than" : "as many as", asked,
        refusal.error == kBusy ? "but pages between could not be moved" : "but gave none of it");
  }
  std::string words = fmt::format("had no {} pages in one piece for a device", asked);
  if (refusal.area_largest_pages)
    return words +
           fmt::format(": its largest free run has {}", Thousands(*refusal.area_largest_pages));
  if (refusal.error == kBusy)
    return words + ": pages in the way could not be moved, or were just claimed by another";
  return words + (refusal.error == kNoMemory ? ": no hole was large enough" : "");
}

std::string StateWords(const RefusalFacts& refusal) {
  if (!refusal.area_total_pages) return "";
  std::string words =
      fmt::format(" Of its {} pages {} are free", Thousands(*refusal.area_total_pages),
                  Thousands(refusal.area_free_pages.value_or(0)));
  if (refusal.area_largest_pages)
    words += fmt::format(", the largest hole has {}", Thousands(*refusal.area_largest_pages));
  words += ".";
  if (refusal.error == kBusy && refusal.area_largest_pages &&
      *refusal.area_largest_pages < *refusal.size_pages)
    words += " So others took such holes before the list was printed.";
  return words;
}

// mm/cma.c, cma_alloc() of 4.9 and 6.x: `ret` begins as -ENOMEM and stays so where the bitmap has
// no zero area of the size; alloc_contig_range() makes it -EBUSY where a page could not be moved,
// and the search goes on behind that place.
std::string CauseWords(const RefusalFacts& refusal) {
  if (refusal.error == kBusy)
    return "It had holes of that size, but pages of programs or files lay in them that could not "
           "be "
           "moved [EBUSY]: pinned for I/O or by a driver, or in use at that moment.";
  if (refusal.error == kNoMemory && HadRoom(refusal))
    return "It told of no hole of that size [ENOMEM]: what is free now came back after the "
           "refusal, "
           "or does not begin where the device needs it.";
  if (refusal.error == kNoMemory)
    return "It had no hole of that size [ENOMEM]: most of it was given to devices already.";
  return "Why is not in the text.";
}

std::vector<Advice> Advise(const EventFacts& event) {
  const RefusalFacts& refusal = *event.refusal;
  const char* const check = "grep -c 'cma_alloc.*alloc failed' LOG";
  if (!TellsWhy(refusal)) return {};
  Advice larger;
  larger.act = "cma= at boot larger, or the area's size in the device tree";
  if (refusal.area_total_pages)
    larger.act += fmt::format(" (now {})", SizeText(*refusal.area_total_pages * event.page_kb()));
  larger.why = refusal.error == kBusy ? "a busy place is passed over, and the next one is tried"
                                      : "the device then finds a hole of its size";
  larger.risk = "less memory for what cannot be moved";
  larger.check = check;
  if (refusal.error == kNoMemory) return {larger};
  Advice again;
  again.act = "look in the lines after it whether the driver tried again or took other memory";
  again.why = "such pages are often free a moment later";
  again.check = check;
  return {again, larger};
}

}  // namespace

// A device asked for memory of the area that is set aside for devices, and got none.
std::optional<Finding> RuleCmaArea(const IncidentFacts& facts) {
  const EventFacts* found = nullptr;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !event.refusal->size_pages) continue;
    // What tells most: the area's state, then an error.
    const auto told = [](const RefusalFacts& refusal) {
      return (refusal.area_total_pages ? 2 : 0) + (refusal.error ? 1 : 0);
    };
    if (!found || told(*event.refusal) > told(*found->refusal)) found = &event;
  }
  if (!found) return std::nullopt;
  const RefusalFacts& refusal = *found->refusal;
  Finding finding = DraftCause("cma", *found);
  finding.rule = "cma_area";
  const bool told = TellsWhy(refusal);
  finding.confidence = told ? Confidence::kMedium : Confidence::kLow;
  finding.confidence_why =
      told ? "the error of the area's allocator tells it; who holds the pages is "
             "not in the text"
           : "the error is not in the text";
  finding.title =
      fmt::format("{}'s {} {}.", OnDayHost(facts, *found), AreaName(refusal), LackWords(refusal));
  finding.brief = refusal.error == kBusy ? "pages in the contiguous area were busy"
                                         : "the contiguous area had no piece of the size";
  finding.explanation = CauseWords(refusal) + StateWords(refusal);
  finding.advice = Advise(*found);
  finding.evidence.push_back(FirstLineEvidence(*found, "page_alloc_failure"));
  return finding;
}

}  // namespace kautopsy
