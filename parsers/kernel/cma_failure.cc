// A contiguous area [CMA] that had no room in one piece (mm/cma.c, cma_alloc(), since 4.11;
// __cma_alloc() in newer kernels), and the list of its free pages (cma_debug_show_areas(), with
// CONFIG_CMA_DEBUG; newer kernels always). The caller may do without: "ret: -16" is
// -EBUSY, pages that could not be moved, and many callers then take ordinary pages.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/alloc_request.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

struct CmaRequest {
  Text area;  // its name, printed since 5.12 or 5.13
  Integer pages;
  Integer error;  // without its sign
  Text reason;
};

// "cma: cma_alloc: alloc failed, req-size: 900 pages, ret: -12", newer "cma: __cma_alloc:
// linux,cma: alloc failed, ...". The last number may be cut off.
std::optional<CmaRequest> ParseRequest(std::string_view text) {
  if (!text.starts_with("cma: ")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(cma: (?:__)?cma_alloc: (?:(.+): )?(alloc failed, req-size: (\d+) pages,(?: ret: -?(\d+))?))re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [area, reason, pages, error] = *groups;
  CmaRequest request;
  request.area = TextOf(area);
  request.pages = ParseInteger(pages);
  request.error = ParseInteger(error);
  if (!reason.ends_with(',')) request.reason = std::string(reason);
  return request;
}

struct FreePages {
  Integer free;  // none if more of the list follows
  Integer total;
  Integer largest;  // hole of this line
};

// Of "4@300+7@320".
Integer LargestHole(std::string_view holes) {
  Integer largest;
  while (!holes.empty()) {
    const std::size_t plus = holes.find('+');
    const std::string_view hole = holes.substr(0, plus);
    const Integer pages = ParseInteger(hole.substr(0, hole.find('@')));
    if (pages) largest = std::max(largest.value_or(0), *pages);
    holes.remove_prefix(plus == std::string_view::npos ? holes.size() : plus + 1);
  }
  return largest;
}

// "cma: number of available pages: 4@300+7@320=> 11 free of 2048 total pages", size and place of
// each hole. Since 6.15 each range of the area has a line ("cma: range 0: 4@300+7@320"), and the
// sum comes below them, without "cma: ", because it continues a line that has ended. printk breaks
// long lists, too.
std::optional<FreePages> ParseFreePages(std::string_view text) {
  const bool named = ConsumePrefix(text, "cma: ");
  static const LogPattern kPattern(
      R"re((number of available pages:|range \d+:)? ?((?:\+?\d+@\d+)*\+?)(?:=> (\d+) free of (\d+) total pages)?)re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [head, holes, free, total] = *groups;
  if (head.empty() && holes.empty() && free.empty()) return std::nullopt;
  if (!head.empty() && !named) return std::nullopt;
  return FreePages{ParseInteger(free), ParseInteger(total), LargestHole(holes)};
}

class CmaFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = OfferRequest(line);
    if (claim != Claim::kNone) return claim;
    if (OfferList(line)) return Claim::kTaken;
    if (!line.cut) ended_ = true;
    return Claim::kNone;
  }

  bool closed() const override { return free_.total.has_value(); }

  void Finish(EventRecord& event) override {
    event.title = fmt::format("contiguous area [CMA]{}: no {} pages in one piece",
                              request_.area ? " " + *request_.area : "", *request_.pages);
    if (free_.total) event.title += fmt::format(", {} of {} pages free", *free_.free, *free_.total);
    Damage damage;
    damage.AddIf(!request_.reason, "the request is cut");
    damage.AddIf(!listed_ && !ended_, "nothing shows the end");
    damage.AddIf(listed_ && !free_.total, "the list of free pages is cut");
    damage.StoreIn(event);
    PageAllocFailure failure;
    failure.kind = "failure";
    failure.reason = request_.reason;
    failure.area = request_.area;
    failure.size_pages = request_.pages;
    failure.error = request_.error;
    failure.area_free_pages = free_.free;
    failure.area_total_pages = free_.total;
    if (free_.total) failure.area_largest_pages = free_.largest;  // the list is whole
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(failure)}));
  }

 private:
  Claim OfferRequest(const LogLine& line) {
    std::optional<CmaRequest> request = ParseRequest(line.text);
    if (!request) return Claim::kNone;
    if (request_.pages) {
      ended_ = true;
      return Claim::kConflict;
    }
    request_ = *std::move(request);
    uptime_us_ = line.uptime_us;
    if (line.cut) {
      request_.reason.reset();
      request_.error.reset();
    }
    return Claim::kTaken;
  }

  bool OfferList(const LogLine& line) {
    if (listed_ && line.text == "cma:") return true;  // below the ranges
    const std::optional<FreePages> list = ParseFreePages(line.text);
    if (!list || line.cut || !IsSoon(line)) return false;
    listed_ = true;
    const Integer before = free_.largest;
    free_ = *list;
    if (before) free_.largest = std::max(free_.largest.value_or(0), *before);
    return true;
  }

  // The list is printed at once; another is of a request whose line is lost.
  bool IsSoon(const LogLine& line) const {
    constexpr int64_t kSoonUs = 1'000'000;
    if (!line.uptime_us || !uptime_us_) return true;
    const int64_t behind_us = *line.uptime_us - *uptime_us_;
    return behind_us >= 0 && behind_us <= kSoonUs;
  }

  CmaRequest request_;
  std::optional<int64_t> uptime_us_;  // of its line
  FreePages free_;
  bool listed_ = false;
  bool ended_ = false;  // a line of another record has followed
};

bool IsRequest(const LogLine& line) { return ParseRequest(line.text).has_value(); }

}  // namespace

RecordKind CmaFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{"alloc failed, req-size: ", IsRequest, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<CmaFailureBlock>()); },
          .max_foreign_lines = 5};
}

}  // namespace kautopsy
