#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kautopsy {

// How figures are written in reports: sizes in powers of 1024 with a blank before the unit, at most
// one decimal, halves away from zero; "0" only for zero, a small share is "< 0.1".

std::string Thousands(int64_t value);                  // 1,648,026
std::string GibNumber(int64_t kb);                     // "47.7", "< 0.1", "0"
std::string SizeText(int64_t kb);                      // "47.7 GiB", "422 MiB", "15 KiB"
std::string PercentNumber(double part, double whole);  // "12.6", "< 0.1", "0"
std::string PieceSize(int64_t kb);                     // size of a block: "4 KiB", "2 MiB"
std::string PieceColumn(int64_t kb);                   // heading of a column: "4K", "2M"
std::string ShortCount(int64_t value);                 // three digits: "98", "1.65M", "10.7k"
std::string SpanText(int64_t seconds);                 // "23 d 22 h", "5 min", "12 s"
// "5 to 7 days", "20 minutes": both ends in whole units that fit the smaller one.
std::string SpanRange(int64_t from_s, int64_t to_s);

// "1 guest", "3 guests".
std::string Counted(int64_t count, std::string_view noun);

}  // namespace kautopsy
