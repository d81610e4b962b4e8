#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_rights.h"

namespace kautopsy {

// One question about a request and its answer: first a few words, then why.
struct GfpAnswer {
  std::string_view question;  // "may it sleep?"
  std::string brief;          // "no"
  std::string reason;         // "neither of the reclaim bits ..."; may be empty
};

// What a request may do on `kernel`, and what happens if it fails. REQUIRES: a known kernel.
std::vector<GfpAnswer> AnswersOf(const GfpMeaning& meaning, const KernelVersion& kernel);

// Where some answers change though the bits do not; in rising order.
std::span<const KernelVersion> AnswerChanges();

// What one bit does: "COMP" gives "pages of an order above 0 form one compound page".
std::string_view MeaningOfBit(std::string_view bit);

// The part of the min mark that the request must leave, in eighths: 8 for an ordinary one, 3 for
// GFP_ATOMIC, 0 for one that ignores the marks.
int EighthsOfMin(const GfpMeaning& meaning, const KernelVersion& kernel);

}  // namespace kautopsy
