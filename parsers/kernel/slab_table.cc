#include "parsers/kernel/slab_table.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxSlabs =
    65536;  // a few hundred; more where each memory cgroup has its own

}  // namespace

Claim SlabTableSection::Offer(const LogLine& line) {
  const std::string_view text = line.text;
  if (text == "Unreclaimable slab info:") {
    if (seen_) return Claim::kConflict;
    seen_ = true;
    return Claim::kTaken;
  }
  if (text == "excessive unreclaimable slab but cannot dump stats") return Claim::kTaken;
  if (text.starts_with("Name ") && CollapseBlanks(text) == "Name Used Total") {
    if (columns_) return Claim::kConflict;
    columns_ = true;
    return Claim::kTaken;
  }
  if (!text.ends_with("KB") || slabs_.size() >= kMaxSlabs) return Claim::kNone;
  static const LogPattern kRow(R"re((\S(?:.*\S)?) +(\d+)KB +(\d+)KB)re");
  const auto groups = MatchAll<3>(text, kRow);
  if (!groups) return Claim::kNone;
  const auto& [name, used, total] = *groups;
  SlabCache slab;
  slab.name = std::string(name);
  slab.used_kb = ParseInteger(used);
  slab.total_kb = ParseInteger(total);
  slab.log_line = static_cast<int64_t>(line.place.line);
  slabs_.push_back(std::move(slab));
  return Claim::kTaken;
}

void SlabTableSection::NoteMissing(Damage& damage) const {
  if (empty()) return;
  damage.AddIf(!seen_ || !columns_, "no header of the slab table");
  damage.AddIf(slabs_.empty(), "no rows of the slab table");
}

void SlabTableSection::AddTo(EventRecord& event) {
  if (slabs_.empty()) return;
  event.rows.push_back(std::make_unique<RowsOf<SlabCache>>(std::move(slabs_)));
}

}  // namespace kautopsy
