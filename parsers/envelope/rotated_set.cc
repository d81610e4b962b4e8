#include "parsers/envelope/rotated_set.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>

namespace kautopsy {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kHalfYear = 183 * kDay;
// Lines at a file's ends may be late, and a host's clock may be wrong, by as much.
constexpr int64_t kLate = 7 * kDay;
// A copy of a folder of logs takes less.
constexpr int64_t kCopiedWithin = kHour;
// A file is changed when its last line is written: see YearOfNewest().
constexpr int64_t kChangedWithin = 2 * kDay;
// Local time may be ahead of mtime, which is UTC; see year_finder.cc.
constexpr int64_t kZoneSlack = 15 * kHour;
// Linux is younger: such an mtime (0, or 1980 of a zip) was never a file's.
constexpr int64_t kFirstMtime = 662688000;  // 1 January 1991

std::optional<int64_t> Seconds(PrintedTime time, std::optional<int> first_year) {
  if (!time.year && first_year) time.year = *first_year + time.new_years;
  const std::optional<int64_t> micros = MicrosecondsSinceEpoch(time);
  return micros ? std::optional(*micros / 1'000'000) : std::nullopt;
}

// The year in which `time` lies closest before (or behind) `moment`, being `kLate` at most on its
// other side; none if the two are half a year apart.
std::optional<int> YearBeside(PrintedTime time, int64_t moment, bool before) {
  const int year = *FromUnixSeconds(moment).year;
  for (time.year = year - 1; *time.year <= year + 1; ++*time.year) {
    const std::optional<int64_t> seconds = Seconds(time, {});
    if (!seconds) continue;
    const int64_t gap = before ? moment - *seconds : *seconds - moment;
    if (gap >= -kLate && gap < kHalfYear) return time.year;
  }
  return std::nullopt;
}

bool IsMtime(std::optional<int64_t> mtime) { return mtime && *mtime >= kFirstMtime; }

class SetDater {
 public:
  explicit SetDater(const std::vector<SetMember>& members)
      : members_(members), years_(members.size()) {}

  std::vector<std::optional<FoundYear>> Date() {
    for (std::size_t i = 0; i < members_.size(); ++i) years_[i] = Own(i);
    DropAgesOutOfOrder();
    const std::vector<std::optional<int>> before = CountBack();
    const std::vector<std::optional<int>> behind = CountOn();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (IsKnown(i) || (before[i] && behind[i] && *before[i] != *behind[i])) continue;
      const std::optional<int> year = before[i] ? before[i] : behind[i];
      if (year && !EndsBehindMtime(i, *year)) years_[i] = {*year, YearFrom::kSet};
    }
    return std::move(years_);
  }

 private:
  bool HasYears(std::size_t i) const { return members_[i].span.first.year.has_value(); }
  bool IsKnown(std::size_t i) const { return HasYears(i) || years_[i]; }
  std::optional<int> YearOf(std::size_t i) const {
    return years_[i] ? std::optional(years_[i]->year) : std::nullopt;
  }

  // What the file tells of its year itself.
  std::optional<FoundYear> Own(std::size_t i) const {
    const SetMember& member = members_[i];
    if (HasYears(i)) return std::nullopt;
    if (member.given_year) return FoundYear{*member.given_year, YearFrom::kOption};
    const PrintedTime& newest = member.span.newest;
    if (const auto year = YearOfNewest(newest, member.path, {}))
      return FoundYear{*year - newest.new_years, YearFrom::kName};
    // Text of any kind holds dates: they count for logs only, which have neighbours.
    if (member.text_year && members_.size() > 1)
      return FoundYear{*member.text_year, YearFrom::kText};
    if (IsMtime(member.mtime) && !IsCopied(i)) {
      if (const auto year = YearOfNewest(newest, "", member.mtime))
        return FoundYear{*year - newest.new_years, YearFrom::kMtime};
    }
    if (const auto year = YearOfNewest(newest, "", member.collected))
      return FoundYear{*year - newest.new_years, YearFrom::kCollected};
    return std::nullopt;
  }

  bool IsCopied(std::size_t i) const {
    const std::optional<int64_t>& collected = members_[i].collected;
    if (collected && *members_[i].mtime > *collected + kZoneSlack) return true;
    return std::ranges::any_of(members_, [&](const SetMember& other) {
      const SetMember& member = members_[i];
      if (!IsMtime(other.mtime) || std::llabs(*other.mtime - *member.mtime) > kCopiedWithin)
        return false;
      const int64_t apart = SecondsBetween(member.span.newest, other.span.newest);
      return std::llabs(apart) > kChangedWithin;
    });
  }

  // A copy is younger than what was copied, never older.
  void DropAgesOutOfOrder() {
    std::optional<int64_t> begin;
    for (std::size_t i = members_.size(); i-- > 0;) {
      const LogSpan& span = members_[i].span;
      const std::optional<int64_t> end = Seconds(span.newest, YearOf(i));
      const bool late = begin && end && *end > *begin + kLate;
      if (late && years_[i] && years_[i]->from == YearFrom::kMtime) years_[i].reset();
      if (IsKnown(i)) begin = Seconds(span.first, YearOf(i));
    }
  }

  std::vector<std::optional<int>> CountBack() const {
    std::vector<std::optional<int>> years(members_.size());
    std::optional<int64_t> begin;  // of the newer file
    for (std::size_t i = members_.size(); i-- > 0;) {
      const LogSpan& span = members_[i].span;
      years[i] = YearOf(i);
      if (!IsKnown(i) && begin) {
        years[i] = YearBeside(span.newest, *begin, true);
        if (years[i]) *years[i] -= span.newest.new_years;
      }
      begin = Seconds(span.first, years[i]);
    }
    return years;
  }

  std::vector<std::optional<int>> CountOn() const {
    std::vector<std::optional<int>> years(members_.size());
    std::optional<int64_t> end;  // of the older file
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const LogSpan& span = members_[i].span;
      years[i] = YearOf(i);
      if (!IsKnown(i) && end) years[i] = YearBeside(span.first, *end, false);
      end = Seconds(span.newest, years[i]);
    }
    return years;
  }

  bool EndsBehindMtime(std::size_t i, int year) const {
    const std::optional<int64_t> end = Seconds(members_[i].span.newest, year);
    return !end || (IsMtime(members_[i].mtime) && *end > *members_[i].mtime + kZoneSlack);
  }

  const std::vector<SetMember>& members_;
  std::vector<std::optional<FoundYear>> years_;
};

}  // namespace

RotatedName ParseRotatedName(std::string_view path) {
  static const RE2 kPacked(R"(\.(?:gz|bz2|xz|zst|lz4|lzma|Z|zip)$)");
  static const RE2 kDate(R"((.*[^/])[-._]((?:19|20)\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01]))"
                         R"((?:[-_T.]?(\d{1,6}))?(\.[A-Za-z]\w*)?)");
  static const RE2 kNumber(R"((.*[^/])\.(\d{1,4})(\.[A-Za-z]\w*)?)");
  static const RE2 kEndsInNumber(R"((?:^|[./])\d+$)");
  std::string name(path);
  RE2::Replace(&name, kPacked, "");
  RotatedName rotated;
  std::string extension;
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  std::string clock;
  if (RE2::FullMatch(name, kDate, &rotated.log, &year, &month, &day, &clock, &extension)) {
    rotated.form = RotatedName::Form::kDate;
    const int64_t more = clock.empty() ? 0 : std::strtoll(clock.c_str(), nullptr, 10);
    rotated.order = ((year * 100 + month) * 100 + day) * 1'000'000 + more;
  } else if (RE2::FullMatch(name, kNumber, &rotated.log, &day, &extension) &&
             !RE2::PartialMatch(rotated.log, kEndsInNumber)) {
    rotated.form = RotatedName::Form::kNumber;
    rotated.order = -day;
  } else {
    rotated.log = name;
    return rotated;
  }
  rotated.log += extension;
  return rotated;
}

std::vector<std::optional<FoundYear>> YearsOfSet(const std::vector<SetMember>& members) {
  return SetDater(members).Date();
}

}  // namespace kautopsy
