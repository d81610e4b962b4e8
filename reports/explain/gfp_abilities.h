#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/diagnosis/gfp_rights.h"

namespace kautopsy {

// One question about a request and its answer: first a few words, then why.
struct GfpAnswer {
  std::string_view question;  // "may it sleep?"
  std::string brief;          // "no"
  std::string reason;         // "neither of the reclaim bits ..."; may be empty
};

// What a request may do on `kernel`, whose layout is `layout`, and what happens if it fails.
std::vector<GfpAnswer> AnswersOf(const GfpMeaning& meaning, const GfpLayout& layout,
                                 const KernelVersion& kernel);

// What one bit does: "COMP" gives "pages of an order above 0 form one compound page".
std::string_view MeaningOfBit(std::string_view bit);

// The part of the min mark that the request must leave, in eighths: 8 for an ordinary one, 3 for
// GFP_ATOMIC, 0 for one that ignores the marks.
int EighthsOfMin(const GfpMeaning& meaning, const GfpLayout& layout);

}  // namespace kautopsy
