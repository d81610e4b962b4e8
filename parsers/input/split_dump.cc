#include "parsers/input/split_dump.h"

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "parsers/input/temporary_file.h"

namespace kautopsy {
namespace {

// makedumpfile's diskdump_mod.h: struct disk_dump_header, and, a block behind, kdump_sub_header.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kBlockSizeAt = 428;
constexpr std::size_t kHeaderBytes = kBlockSizeAt + 4;
constexpr std::size_t kSplitAt = 12;
constexpr std::size_t kRangeAt = 80;  // start_pfn_64 and end_pfn_64, from version 6 on
constexpr std::size_t kSubHeaderBytes = kRangeAt + 16;
constexpr int32_t kFirstWithSplit = 2;
constexpr int32_t kFirstWithRange = 6;
constexpr int32_t kLeastPage = 4096;
constexpr int32_t kLargestPage = 65536;

template <class T>
T NumberAt(std::string_view bytes, std::size_t at) {
  T number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace

std::optional<std::string> AdviceForSplitDump(int file) {
  std::array<char, kHeaderBytes> header = {};
  std::array<char, kSubHeaderBytes> sub_header = {};
  if (ReadAt(file, header, 0).value_or(0) < header.size()) return std::nullopt;
  const std::string_view head(header.data(), header.size());
  const auto version = NumberAt<int32_t>(head, kVersionAt);
  const auto block_size = NumberAt<int32_t>(head, kBlockSizeAt);
  if (!head.starts_with("KDUMP   ") || version < kFirstWithSplit || block_size < kLeastPage ||
      block_size > kLargestPage)
    return std::nullopt;
  const auto at = static_cast<uint64_t>(block_size);
  if (ReadAt(file, sub_header, at).value_or(0) < sub_header.size()) return std::nullopt;
  const std::string_view sub(sub_header.data(), sub_header.size());
  if (NumberAt<int32_t>(sub, kSplitAt) != 1) return std::nullopt;
  std::string range;
  if (version >= kFirstWithRange)
    range = fmt::format(", with the pages from {:#x} to {:#x}", NumberAt<uint64_t>(sub, kRangeAt),
                        NumberAt<uint64_t>(sub, kRangeAt + 8));
  return fmt::format(
      "this is one part of a dump that was split{}; join all parts: makedumpfile --reassemble "
      "PART1 PART2 ... DUMP",
      range);
}

}  // namespace kautopsy
