// A device that got no memory it can reach: no room in the bounce buffers [swiotlb]
// (kernel/dma/swiotlb.c, lib/swiotlb.c until 4.17: swiotlb_tbl_map_single() and swiotlb_full()), or
// in the pool for those who cannot wait (arch/arm/mm/dma-mapping.c and arch/arm64/mm/dma-mapping.c
// since 3.6, kernel/dma/remap.c 4.20 to 5.7, kernel/dma/pool.c since 5.8). What kernel/dma/pool.c
// prints when its pool is used up stands in a warning with a trace, which is no record of this
// kind.
#include <fmt/core.h>

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

enum class Form {
  kFull,         // until 5.0: kOut may follow
  kFullOfSlots,  // since 5.1
  kOut,
  kNoPool,
  kSmallPool,  // an advice follows
};

// What one line says: for whom, and the rest as cells.
struct DmaFailure {
  Form form = Form::kFull;
  PageAllocFailure row;
  Text device;
};

// "ahci 0000:00:12.0: swiotlb buffer is full (sz: 512 bytes)", since 5.1 with ", total 0 (slots),
// used 0 (slots)"; drivers/xen/swiotlb-xen.c printed it without the size until 4.20.
std::optional<DmaFailure> ParseFull(std::string_view text) {
  static const LogPattern kPattern(
      R"re((.+): (swiotlb buffer is full(?: \(sz: (\d+) bytes\))?(?:, total \d+ \(slots\), used \d+ \(slots\))?))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [device, reason, size] = *groups;
  DmaFailure failure;
  failure.device = std::string(device);
  failure.row.reason = std::string(reason);
  failure.row.size_bytes = ParseInteger(size);
  if (reason.ends_with(" (slots)")) failure.form = Form::kFullOfSlots;
  return failure;
}

// "DMA: Out of SW-IOMMU space for 1514 bytes at device 0000:0b:00.1" ("PCI-DMA: ..." at first), in
// 4.17 to 4.20 "ast 0000:05:00.0: DMA: Out of SW-IOMMU space for 1514 bytes".
std::optional<DmaFailure> ParseOut(std::string_view text) {
  static const LogPattern kPattern(
      R"re((?:(.+): )?(?:PCI-)?DMA: (Out of SW-IOMMU space) for (\d+) bytes(?: at device (\S+))?)re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [device, reason, size, old_device] = *groups;
  DmaFailure failure;
  failure.device = TextOf(device.empty() ? old_device : device);
  failure.row.reason = std::string(reason);
  failure.row.size_bytes = ParseInteger(size);
  failure.form = Form::kOut;
  return failure;
}

// "DMA: failed to allocate 128 KiB GFP_KERNEL|GFP_DMA pool for atomic allocation", until 5.7
// "DMA: failed to allocate 256 KiB pool for atomic coherent allocation": at boot.
std::optional<DmaFailure> ParseNoPool(std::string_view text) {
  if (!text.starts_with("DMA: failed to allocate ")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(DMA: failed to allocate (\d{1,12}) KiB (?:(\S+) )?(pool for atomic (?:coherent )?allocation))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [size, flags, reason] = *groups;
  DmaFailure failure;
  failure.form = Form::kNoPool;
  failure.row.size_bytes = *ParseInteger(size) * 1024;
  failure.row.gfp_flags = TextOf(flags);
  failure.row.reason = std::string(reason);
  return failure;
}

// "ERROR: 256 KiB atomic DMA coherent pool is too small!", told once in a boot.
std::optional<DmaFailure> ParseSmallPool(std::string_view text) {
  if (!text.starts_with("ERROR: ")) return std::nullopt;
  static const LogPattern kPattern(
      R"re(ERROR: (\d+ KiB atomic DMA coherent pool is too small!))re");
  const auto groups = MatchAll<1>(text, kPattern);
  if (!groups) return std::nullopt;
  DmaFailure failure;
  failure.form = Form::kSmallPool;
  failure.row.reason = std::string((*groups)[0]);
  return failure;
}

std::optional<DmaFailure> Parse(std::string_view text) {
  std::optional<DmaFailure> failure = ParseFull(text);
  if (!failure) failure = ParseOut(text);
  if (!failure) failure = ParseNoPool(text);
  if (!failure) failure = ParseSmallPool(text);
  return failure;
}

class DmaFailureBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = taken_ ? OfferSecond(line.text) : OfferFirst(line);
    if (claim != Claim::kTaken && !line.cut) ended_ = true;
    return claim;
  }

  // The first line is all that newer kernels print.
  bool closed() const override { return second_ || (taken_ && !MayHaveSecond()); }

  void Finish(EventRecord& event) override {
    event.title = "no memory for DMA";
    if (read_.device) event.title += " of " + *read_.device;
    if (!cut_) event.title += ": " + *read_.row.reason;
    Damage damage;
    damage.AddIf(cut_, "the line is cut");
    damage.AddIf(MayHaveSecond() && !second_ && !ended_, "nothing shows the end");
    damage.StoreIn(event);
    read_.row.kind = "failure";
    if (cut_) read_.row.reason.reset();
    event.rows.push_back(std::make_unique<RowsOf<PageAllocFailure>>(
        std::vector<PageAllocFailure>{std::move(read_.row)}));
  }

 private:
  Claim OfferFirst(const LogLine& line) {
    std::optional<DmaFailure> read = Parse(line.text);
    if (!read) return Claim::kNone;
    taken_ = true;
    cut_ = line.cut;
    read_ = *std::move(read);
    return Claim::kTaken;
  }

  // The pool's advice, or what swiotlb_full() says of the same request.
  Claim OfferSecond(std::string_view text) {
    if (text == "Please increase it with coherent_pool= kernel parameter!") {
      if (read_.form != Form::kSmallPool) return Claim::kNone;
      second_ = true;
      return Claim::kTaken;
    }
    const std::optional<DmaFailure> read = Parse(text);
    if (!read) return Claim::kNone;
    const bool same = read->form == Form::kOut && read_.form == Form::kFull &&
                      read_.row.size_bytes == read->row.size_bytes;
    if (!same) return Claim::kConflict;
    second_ = true;
    return Claim::kTaken;
  }

  bool MayHaveSecond() const {
    return cut_ || read_.form == Form::kFull || read_.form == Form::kSmallPool;
  }

  DmaFailure read_;
  bool taken_ = false;
  bool cut_ = false;
  bool second_ = false;
  bool ended_ = false;  // a line of another record has followed
};

// Bare text may be somebody's prose.
// Without a prefix only if a device is named: "ahci 0000:00:12.0", "dwc3 38200000.dwc3".
bool IsFailure(const LogLine& line) {
  const std::optional<DmaFailure> failure = Parse(line.text);
  return failure && (line.prefixed || (failure->device && failure->device->find_first_of(":.") <
                                                              failure->device->size()));
}

}  // namespace

RecordKind DmaFailureKind() {
  return {.name = "alloc_failure",
          .openers = {{": swiotlb buffer is full", IsFailure, true},
                      {"DMA: Out of SW-IOMMU space for ", IsFailure, true},
                      {"DMA: failed to allocate ", IsFailure, true},
                      {" KiB atomic DMA coherent pool is too small", IsFailure, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<DmaFailureBlock>()); }};
}

}  // namespace kautopsy
