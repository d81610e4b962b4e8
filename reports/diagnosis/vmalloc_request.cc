#include "reports/diagnosis/vmalloc_request.h"

#include <string>
#include <string_view>

#include "base/text.h"

namespace kautopsy {

namespace {

int PrintedOrder(std::string_view reason) {
  constexpr std::string_view kBefore = "page order ";
  const std::size_t at = reason.find(kBefore);
  if (at == std::string_view::npos) return 0;
  reason.remove_prefix(at + kBefore.size());
  return static_cast<int>(ConsumeInteger(reason).value_or(0));
}

}  // namespace

VmallocStage StageOf(const RefusalFacts& refusal) {
  if (refusal.kind != "vmalloc") return VmallocStage::kNone;
  const std::string reason = refusal.reason.value_or("");
  // Until 5.12 __vmalloc_node_range() says only "allocation failure" of a size of 0, of one above
  // totalram_pages, and of a range that it did not get; since then it warns of 0 in other words.
  if (refusal.size_bytes == 0 || reason.starts_with("exceeds total pages"))
    return VmallocStage::kImpossible;
  if (reason.starts_with("no address space")) return VmallocStage::kNoRange;
  const bool no_area = reason.starts_with("vm_struct allocation failed");
  if (no_area || reason == "allocation failure") return VmallocStage::kUnclear;
  if (reason.find("page array") != std::string::npos) return VmallocStage::kPageArray;
  return PrintedOrder(reason) > 0 ? VmallocStage::kLargePages : VmallocStage::kPages;
}

std::optional<int> OrderOfPages(const RefusalFacts& refusal) {
  const VmallocStage stage = StageOf(refusal);
  if (stage == VmallocStage::kLargePages) return PrintedOrder(refusal.reason.value_or(""));
  return stage == VmallocStage::kPages ? std::optional(0) : std::nullopt;
}

bool LacksSum(const EventFacts& event) {
  return event.refusal && StageOf(*event.refusal) == VmallocStage::kPages;
}

std::optional<int64_t> BytesHad(const RefusalFacts& refusal) {
  constexpr std::string_view kBefore = "allocated ";
  if (StageOf(refusal) != VmallocStage::kPages || !refusal.reason) return std::nullopt;
  std::string_view reason = *refusal.reason;
  if (!ConsumePrefix(reason, kBefore)) return std::nullopt;
  return ConsumeInteger(reason);
}

bool RefusedBeforePages(const EventFacts& event) {
  if (!event.refusal) return false;
  const VmallocStage stage = StageOf(*event.refusal);
  return stage == VmallocStage::kImpossible || stage == VmallocStage::kNoRange;
}

}  // namespace kautopsy
