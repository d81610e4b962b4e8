#include "parsers/envelope/date_finder.h"

#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr uint64_t kMaxBytes = 1 << 20;

}  // namespace

void DateFinder::Look(std::string_view text) {
  if (bytes_seen_ >= kMaxBytes) return;
  bytes_seen_ += text.size() + 1;
  static const LogPattern kPattern(
      R"((?:^|[^\d])((?:19|20)\d\d)[-/](\d\d?)[-/](\d\d?)(?:[^\d]|$))");
  re2::StringPiece rest(text.data(), text.size());
  int year = 0;
  int month = 0;
  int day = 0;
  while (RE2::FindAndConsume(&rest, kPattern, &year, &month, &day)) {
    if (month < 1 || month > 12 || day < 1 || day > 31) continue;
    const auto [entry, added] = years_.try_emplace({month, day}, year);
    if (!added && entry->second != year) entry->second = 0;
  }
}

std::map<std::pair<int, int>, int> DateFinder::Years() const {
  std::map<std::pair<int, int>, int> sure;
  for (const auto& [day, year] : years_) {
    if (year != 0) sure.emplace(day, year);
  }
  return sure;
}

}  // namespace kautopsy
