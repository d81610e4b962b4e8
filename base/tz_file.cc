#include "base/tz_file.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

namespace fs = std::filesystem;

constexpr char kDatabase[] = "/usr/share/zoneinfo";
constexpr std::string_view kMagic = "TZif";
constexpr std::size_t kLargest = 64 << 10;  // the tz database has none of a tenth of that

// RFC 8536, section 3.1: big-endian counts behind 20 bytes.
constexpr std::size_t kHeader = 44;
constexpr std::size_t kCounts = 20;

uint64_t ReadNumber(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

struct Header {
  uint64_t times = 0;
  uint64_t bytes_behind = 0;  // of the block that follows
};

// `time_size`: 4 bytes in the first block, 8 in the second (section 3.2).
std::optional<Header> ReadHeader(std::string_view block, uint64_t time_size) {
  if (block.size() < kHeader || !block.starts_with(kMagic)) return std::nullopt;
  uint64_t counts[6] = {};
  for (std::size_t i = 0; i < std::size(counts); ++i)
    counts[i] = ReadNumber(block.substr(kCounts + 4 * i, 4));
  const auto& [is_utc, is_standard, leaps, times, types, characters] = counts;
  return Header{times, times * time_size + times + types * 6 + characters +
                           leaps * (time_size + 4) + is_standard + is_utc};
}

struct Zone {
  std::string footer;             // a rule as TZ has it: "CET-1CEST,M3.5.0,M10.5.0/3"
  std::vector<uint64_t> changes;  // [s] since 1970
};

std::optional<Zone> ReadZone(std::string_view file) {
  const std::optional<Header> first = ReadHeader(file, 4);
  if (!first || file[kMagic.size()] < '2' || file.size() < kHeader + first->bytes_behind)
    return std::nullopt;
  file.remove_prefix(kHeader + first->bytes_behind);
  const std::optional<Header> second = ReadHeader(file, 8);
  if (!second || file.size() < kHeader + second->bytes_behind) return std::nullopt;
  Zone zone;
  for (uint64_t i = 0; i < second->times; ++i) {
    const uint64_t time = ReadNumber(file.substr(kHeader + 8 * i, 8));
    if (static_cast<int64_t>(time) > 0) zone.changes.push_back(time);
  }
  std::ranges::sort(zone.changes);
  file.remove_prefix(kHeader + second->bytes_behind);
  const std::size_t end = file.find('\n', 1);
  if (!file.starts_with('\n') || end == std::string_view::npos) return std::nullopt;
  zone.footer = file.substr(1, end - 1);
  return zone;
}

std::size_t CountCommon(const Zone& one, const Zone& other) {
  std::vector<uint64_t> common;
  std::ranges::set_intersection(one.changes, other.changes, std::back_inserter(common));
  return common.size();
}

// Names and contents of the zones, in the order of the names; aliases are links. posix/ repeats
// them, right/ counts leap seconds.
std::vector<std::pair<std::string, std::string>> ReadDatabase() {
  std::vector<std::pair<std::string, std::string>> zones;
  std::error_code error;
  fs::recursive_directory_iterator at(kDatabase, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = at->path().lexically_relative(kDatabase).string();
    if (name == "posix" || name == "right") at.disable_recursion_pending();
    std::error_code ignored;
    if (at->is_symlink(ignored) || !at->is_regular_file(ignored)) continue;
    std::ifstream file(at->path(), std::ios::binary);
    std::string contents(kLargest, '\0');
    file.read(contents.data(), static_cast<std::streamsize>(contents.size()));
    contents.resize(static_cast<std::size_t>(file.gcount()));
    if (IsTzFile(contents)) zones.emplace_back(name, std::move(contents));
  }
  std::ranges::sort(zones);
  return zones;
}

}  // namespace

bool IsTzFile(std::string_view head) { return head.starts_with(kMagic); }

std::optional<std::string> NameTzFile(std::string_view contents) {
  const std::optional<Zone> zone = ReadZone(contents);
  if (!zone || zone->footer.empty()) return std::nullopt;
  std::optional<std::string> best;
  std::size_t most = 0;
  for (const auto& [name, known] : ReadDatabase()) {
    if (known == contents) return name;
    const std::optional<Zone> candidate = ReadZone(known);
    if (!candidate || candidate->footer != zone->footer) continue;
    const std::size_t common = CountCommon(*zone, *candidate);
    if (best && common <= most) continue;
    best = name;
    most = common;
  }
  return best;
}

}  // namespace kautopsy
