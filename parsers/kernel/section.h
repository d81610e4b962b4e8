#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row.h"
#include "parsers/stream/block.h"

namespace kautopsy {

// A part that several kinds of records share: Mem-Info stands in an OOM report, in a failed
// allocation and alone; so do call traces. A section claims lines as a Block does.
class Section {
 public:
  virtual ~Section() = default;
  virtual Claim Offer(const LogLine& line) = 0;
};

// Offers lines to the sections of a block. The one that took the last line is asked first, since
// sections are printed one after the other; no line may fit two of them.
class SectionList {
 public:
  // The sections must outlive the list.
  SectionList(std::initializer_list<Section*> sections) : sections_(sections) {}

  Claim Offer(const LogLine& line) {
    for (Section*& section : sections_) {
      const Claim claim = section->Offer(line);
      if (claim == Claim::kNone) continue;
      std::swap(sections_[0], section);
      return claim;
    }
    return Claim::kNone;
  }

 private:
  std::vector<Section*> sections_;
};

// Gives an event its rows of one relation; none if there are none.
template <class Row>
void AddRows(EventRecord& event, std::vector<Row>&& rows) {
  if (!rows.empty()) event.rows.push_back(std::make_unique<RowsOf<Row>>(std::move(rows)));
}

// Collects what a record lacks, for `event.damage`.
class Damage {
 public:
  void AddIf(bool missing, std::string_view what) {
    if (!missing) return;
    if (!text_.empty()) text_ += "; ";
    text_ += what;
  }
  void StoreIn(EventRecord& event) const {
    event.complete = text_.empty();
    if (!text_.empty()) event.damage = text_;
  }

 private:
  std::string text_;
};

}  // namespace kautopsy
