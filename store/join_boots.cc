#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "store/boot_clocks.h"
#include "store/boot_merger.h"
#include "store/boots_of_sets.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// Log daemons stamp a line up to some seconds after the kernel printed it, and cut the fraction
// off.
constexpr int64_t kToleranceUs = 5'000'000;
// How far printk's clock, which nothing corrects, and the wall clock run apart. NTP may slew the
// latter by 500 ppm (include/linux/timex.h, MAXFREQ), but rates of real clocks differ by less; what
// lies between is not joined rather than two boots made one.
constexpr int64_t kDriftPpm = 100;

constexpr char kWithBothClocks[] =
    " FROM event WHERE boot_id IS NOT NULL AND uptime_us IS NOT NULL AND time_us IS NOT NULL "
    "AND (local_time IS NOT NULL OR time_quality NOT LIKE 'boot_relative%')";
// Others are left out: 100,000 files may tell of a boot each.
constexpr char kSelectBoots[] =
    "SELECT boot_id, host, journal_boot_id, ended FROM boot WHERE host IN (SELECT host FROM boot "
    "WHERE host IS NOT NULL GROUP BY host HAVING count(*) > 1) "
    "AND boot_id IN (SELECT boot_id{}) ORDER BY boot_id";
constexpr char kSelectClocks[] = "SELECT boot_id, uptime_us, time_us{} ORDER BY event_id";

// A moment by both clocks.
struct Clocks {
  int64_t time_us = 0;
  int64_t uptime_us = 0;

  int64_t start_us() const { return time_us - uptime_us; }
};

struct Boot {
  int64_t boot_id = 0;
  std::string host;
  Text journal_boot_id;
  bool ended = false;
  std::optional<Clocks> first;
  std::optional<Clocks> last;
};

bool Agree(const Clocks& one, const Clocks& other) {
  constexpr int64_t kMillion = 1'000'000;
  const int64_t apart_us = std::llabs(one.time_us - other.time_us);
  return std::llabs(one.start_us() - other.start_us()) <=
         kToleranceUs + apart_us / kMillion * kDriftPpm;
}

// By what stands next to each other: a machine that was suspended has several offsets.
bool IsSameBoot(const Boot& one, const Boot& other) {
  if (one.host != other.host) return false;
  if (one.journal_boot_id && other.journal_boot_id &&
      *one.journal_boot_id != *other.journal_boot_id)
    return false;
  if (one.ended && other.first->time_us > one.last->time_us) return false;
  if (other.ended && one.first->time_us > other.last->time_us) return false;
  return Agree(*one.last, *other.first) || Agree(*one.first, *other.last) ||
         Agree(*one.first, *other.first) || Agree(*one.last, *other.last);
}

class BootJoiner {
 public:
  explicit BootJoiner(Database& database) : database_(database), merger_(database) {}

  Status Run() {
    if (Status read = ReadBoots(); !read || boots_.empty()) return read;
    if (Status read = ReadClocks(); !read) return read;
    std::erase_if(boots_, [](const Boot& boot) { return !boot.first; });
    std::ranges::sort(boots_, [](const Boot& one, const Boot& other) {
      return std::tuple(std::string_view(one.host), one.first->start_us(), one.boot_id) <
             std::tuple(std::string_view(other.host), other.first->start_us(), other.boot_id);
    });
    for (std::size_t i = 1; i < boots_.size(); ++i) {
      if (!IsSameBoot(boots_[i - 1], boots_[i])) continue;
      if (Status joined = Join(boots_[i - 1], boots_[i]); !joined) return joined;
    }
    return merger_.Finish();
  }

 private:
  Status ReadBoots() {
    return ForEachRow(database_, fmt::format(kSelectBoots, kWithBothClocks),
                      [&](const Statement& row) {
                        boots_.push_back(Boot{row.GetInteger(0).value_or(0),
                                              row.GetText(1).value_or(""),
                                              row.GetText(2),
                                              !row.IsNull(3),
                                              {},
                                              {}});
                      });
  }

  Status ReadClocks() {
    const std::string sql = fmt::format(kSelectClocks, kWithBothClocks);
    return ForEachRow(database_, sql, [&](const Statement& row) {
      const int64_t boot_id = row.GetInteger(0).value_or(0);
      const auto found = std::ranges::lower_bound(boots_, boot_id, {}, &Boot::boot_id);
      if (found == boots_.end() || found->boot_id != boot_id) return;
      Boot& boot = *found;
      const Clocks clocks = {row.GetInteger(2).value_or(0), row.GetInteger(1).value_or(0)};
      if (!boot.first || clocks.uptime_us < boot.first->uptime_us) boot.first = clocks;
      if (!boot.last || clocks.uptime_us > boot.last->uptime_us) boot.last = clocks;
    });
  }

  // `two` is what both are afterwards.
  Status Join(const Boot& one, Boot& two) {
    if (Status done = merger_.Merge(one.boot_id, two.boot_id); !done) return done;
    two.boot_id = merger_.Resolve(two.boot_id);
    if (!two.journal_boot_id) two.journal_boot_id = one.journal_boot_id;
    two.ended = two.ended || one.ended;
    if (one.first->uptime_us < two.first->uptime_us) two.first = one.first;
    if (one.last->uptime_us > two.last->uptime_us) two.last = one.last;
    return {};
  }

  Database& database_;
  BootMerger merger_;
  std::vector<Boot> boots_;  // by boot_id, then in the order in which they are compared
};

}  // namespace

Status JoinBoots(Database& database) {
  return InTransaction(database, [&] {
    return BootJoiner(database).Run().and_then([&] { return JoinBootsOfSets(database); });
  });
}

}  // namespace kautopsy
