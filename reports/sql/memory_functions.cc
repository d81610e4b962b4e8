#include <fmt/core.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "parsers/kernel/free_list.h"
#include "reports/diagnosis/piece_index.h"
#include "reports/format.h"
#include "reports/sql/arguments.h"
#include "reports/sql/function_list.h"

namespace kautopsy {
namespace {

using Arguments = std::span<const SqlArgument>;

constexpr int64_t kMaxOrder = 30;  // a block of 4 TiB; kernels stop at 10 to 13 (MAX_ORDER)
constexpr int64_t kUsualPageKb = 4;
constexpr int64_t kMaxPageKb = 1024;
constexpr int64_t kBytesPerKb = 1024;

Result<SqlValue> OrderBytes(Arguments arguments) {
  const Integer order = IntegerArgument(arguments, 0);
  const Integer page_kb = arguments.size() > 1 ? IntegerArgument(arguments, 1) : kUsualPageKb;
  if (!order || !page_kb || *order < 0 || *order > kMaxOrder) return SqlValue();
  if (*page_kb < 1 || *page_kb > kMaxPageKb) return SqlValue();
  return (*page_kb * kBytesPerKb) << *order;
}

// Rounds to whole KiB, which is what SizeText() takes.
std::string BytesText(int64_t bytes) {
  if (bytes < 0) return "-" + BytesText(bytes == INT64_MIN ? INT64_MAX : -bytes);
  if (bytes < kBytesPerKb) return fmt::format("{} B", bytes);
  return SizeText(bytes / kBytesPerKb + (bytes % kBytesPerKb >= kBytesPerKb / 2 ? 1 : 0));
}

Result<SqlValue> HumanBytes(Arguments arguments) {
  const Integer bytes = IntegerArgument(arguments, 0);
  return bytes ? SqlValue(BytesText(*bytes)) : SqlValue();
}

std::string MicrosecondsText(int64_t us) {
  if (us < 0) return "-" + MicrosecondsText(us == INT64_MIN ? INT64_MAX : -us);
  constexpr int64_t kSecond = 1000000;
  constexpr int64_t kMillisecond = 1000;
  if (us >= kSecond) return SpanText(us / kSecond);
  return us >= kMillisecond ? fmt::format("{} ms", us / kMillisecond) : fmt::format("{} us", us);
}

Result<SqlValue> HumanTime(Arguments arguments) {
  const Integer us = IntegerArgument(arguments, 0);
  return us ? SqlValue(MicrosecondsText(*us)) : SqlValue();
}

// Free blocks by order: a JSON array (free_list_line.counts), or the text of a log line. None if it
// is neither.
std::optional<std::vector<int64_t>> CountsOf(const std::string& text) {
  if (!text.starts_with('[')) {
    FreeList list;
    if (!ParseFreeList(text, list) && !ParseFreeList("Normal: " + text, list)) return std::nullopt;
    return list.counts;
  }
  const nlohmann::json array = nlohmann::json::parse(text, nullptr, false);
  if (!array.is_array() || array.size() > static_cast<std::size_t>(kMaxOrder)) return std::nullopt;
  std::vector<int64_t> counts;
  for (const nlohmann::json& count : array) {
    if (!count.is_number_integer()) return std::nullopt;
    counts.push_back(count.get<int64_t>());
  }
  return counts;
}

using Index = double (*)(const PieceSums& sums, int order);

template <Index kIndex>
Result<SqlValue> IndexOf(Arguments arguments) {
  const Text text = TextArgument(arguments, 0);
  const Integer order = IntegerArgument(arguments, 1);
  if (!text || !order || *order < 0 || *order > kMaxOrder) return SqlValue();
  const auto counts = CountsOf(*text);
  if (!counts || counts->empty()) return SqlValue();
  PieceSums sums;
  for (std::size_t i = 0; i < counts->size(); ++i)
    sums.Add(static_cast<int>(i), static_cast<double>((*counts)[i]), static_cast<int>(*order));
  return kIndex(sums, static_cast<int>(*order));
}

}  // namespace

const SqlFunction kOrderBytesFunction = {
    .name = "order_bytes",
    .min_arguments = 1,
    .max_arguments = 2,
    .signature = "order_bytes(\"order\" [, page_size_kb])",
    .meaning =
        "Bytes of a piece of 2^order pages; pages of 4 KiB unless `page_size_kb` "
        "(`event.page_size_kb`) says otherwise. NULL for an order below 0, which is none "
        "(sysrq-f prints -1).",
    .examples = "order_bytes(3)\norder_bytes(2, 64)",
    .make = [] { return SqlBody(OrderBytes); },
};

const SqlFunction kHumanBytesFunction = {
    .name = "human_bytes",
    .min_arguments = 1,
    .max_arguments = 1,
    .signature = "human_bytes(bytes)",
    .meaning =
        "A size as reports write it: in powers of 1024, at most one decimal. For a column in KiB "
        "write `human_bytes(rss_kb * 1024)`.",
    .examples = "human_bytes(126277652 * 1024)\nhuman_bytes(16384)",
    .make = [] { return SqlBody(HumanBytes); },
};

const SqlFunction kHumanTimeFunction = {
    .name = "human_time",
    .min_arguments = 1,
    .max_arguments = 1,
    .signature = "human_time(microseconds)",
    .meaning =
        "A span of time as reports write it, such as `uptime_us` or the difference of two "
        "`time_us`. Rounded down. (Moments have a text of their own: `event.time`.)",
    .examples = "human_time(413512000000)\nhuman_time(10646000)",
    .make = [] { return SqlBody(HumanTime); },
};

const SqlFunction kFragIndexFunction = {
    .name = "frag_index",
    .min_arguments = 2,
    .max_arguments = 2,
    .signature = "frag_index(free_list, \"order\")",
    .meaning =
        "Why a zone has no piece of this order: 0 = it has too little memory, 1 = it is "
        "fragmented; -1 = it has one. The kernel's own figure (`extfrag_index`; mm/vmstat.c, "
        "`__fragmentation_index()`). `free_list` is `free_list_line.counts`, or a free list as the "
        "log prints it.",
    .examples =
        "frag_index('[1648026,0,0,0,0,0,0,0,0,0,0]', 2)\n"
        "frag_index('Node 0 Normal: 12*4kB 3*8kB 1*16kB = 88kB', 2)",
    .make = [] { return SqlBody(IndexOf<&FragmentationIndex>); },
};

const SqlFunction kUnusableIndexFunction = {
    .name = "unusable_index",
    .min_arguments = 2,
    .max_arguments = 2,
    .signature = "unusable_index(free_list, \"order\")",
    .meaning =
        "Share of a zone's free memory in pieces smaller than this order, 0 to 1 "
        "(`unusable_index`; mm/vmstat.c, `unusable_free_index()`). `free_list` as in `frag_index`.",
    .examples = "unusable_index('[100,50,0,25]', 2)",
    .make = [] { return SqlBody(IndexOf<&UnusableIndex>); },
};

}  // namespace kautopsy
