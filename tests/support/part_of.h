#pragma once

#include "tests/support/text_sink.h"

namespace kautopsy::test {

// What a damaged log may change in the rows that are left.
enum class Allowed {
  kLess,         // cells and rows may be missing
  kConclusions,  // and what is concluded from several lines may differ, if one of them is lost
                 // unseen
};

// True if every cell of `row` stands in `whole` too. A damaged row may know less, never other
// things.
bool IsPartOf(const RecordedRow& row, const RecordedRow& whole, Allowed allowed);

}  // namespace kautopsy::test
