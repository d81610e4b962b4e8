#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/row_reader.h"
#include "reports/model.h"

namespace kautopsy {

// What a page draws; more lines or dots cannot be told apart.
constexpr std::size_t kMostTrendHosts = 6;
constexpr std::size_t kMostTrendPoints = 400;

// The hosts of these incidents, with all their dated incidents in the store.
Result<Recurrence> ReadRecurrence(RowReader& reader, const std::vector<int64_t>& incidents);

// The boots of these incidents, with the memory reports of each that the store holds.
Result<std::vector<BootTrend>> ReadBootTrends(RowReader& reader,
                                              const std::vector<int64_t>& incidents);

}  // namespace kautopsy
