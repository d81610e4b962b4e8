#include "reports/diagnosis/vmalloc_request.h"

#include <string>

namespace kautopsy {

VmallocStage StageOf(const RefusalFacts& refusal) {
  if (refusal.kind != "vmalloc") return VmallocStage::kNone;
  const std::string reason = refusal.reason.value_or("");
  // Until 5.12 __vmalloc_node_range() says only "allocation failure" of a size of 0, of one above
  // totalram_pages, and of a range that it did not get; since then it warns of 0 in other words.
  if (refusal.size_bytes == 0 || reason.starts_with("exceeds total pages"))
    return VmallocStage::kImpossible;
  if (reason.starts_with("no address space")) return VmallocStage::kNoRange;
  const bool no_area = reason.starts_with("vm_struct allocation failed");
  return no_area || reason == "allocation failure" ? VmallocStage::kUnclear : VmallocStage::kPages;
}

bool RefusedBeforePages(const EventFacts& event) {
  if (!event.refusal) return false;
  const VmallocStage stage = StageOf(*event.refusal);
  return stage == VmallocStage::kImpossible || stage == VmallocStage::kNoRange;
}

}  // namespace kautopsy
