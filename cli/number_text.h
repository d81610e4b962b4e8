#pragma once

#include <cstdint>
#include <string>

namespace kautopsy {

std::string WithThousands(uint64_t number);  // "1,648,026"
std::string SizeText(uint64_t bytes);        // "39.6 GiB"
std::string RateText(uint64_t bytes,
                     double seconds);      // "834 MB/s", powers of 1000 as disks have them
std::string DurationText(double seconds);  // "0.4 s", "51 s", "3 min 5 s"

}  // namespace kautopsy
