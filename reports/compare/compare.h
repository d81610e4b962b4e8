#pragma once

#include <iosfwd>

#include "base/result.h"
#include "reports/compare/comparison.h"
#include "reports/compare/side.h"
#include "reports/report.h"
#include "store/database.h"

namespace kautopsy {

// A side and the store that it is in. Both sides may be in one store.
struct StoredSide {
  Database* database = nullptr;
  SidePick pick;
};

// What differs between the two. Errors as LoadSide has them.
Result<Comparison> Compare(const StoredSide& before, const StoredSide& after);

// Prints that in a format of `options`, text or JSON; of its other members only the looks and
// `redact` count.
Status PrintComparison(const StoredSide& before, const StoredSide& after,
                       const ReportOptions& options, std::ostream& out);

}  // namespace kautopsy
