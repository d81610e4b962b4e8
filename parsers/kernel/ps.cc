// The processes of a machine as ps or top told them, pasted beside logs or in a file of a
// sosreport:
//   USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
//   root           1  0.0  0.1 169464 13312 ?        Ss   Nov23   0:06 /sbin/init
// and what top prints above that.
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/process_table.h"
#include "parsers/kernel/top_head.h"

namespace kautopsy {
namespace {

class PsBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    const Claim claim = table_begun_ ? Claim::kNone : head_.Offer(line);
    if (claim != Claim::kNone) return claim;
    const Claim row = table_.Offer(line);
    table_begun_ = table_begun_ || row == Claim::kTaken;
    return row;
  }

  void Finish(EventRecord& event) override {
    // A header without a row tells nothing.
    if (head_.empty() && table_.empty()) {
      event.kind.clear();
      return;
    }
    event.title = head_.empty() && !table_.is_top() ? "ps" : "top";
    Damage damage;
    if (!head_.empty()) head_.NoteMissing(damage);
    damage.StoreIn(event);
    head_.AddTo(event);
    table_.AddTo(event);
  }

 private:
  TopHeadSection head_;
  ProcessTableSection table_;
  bool table_begun_ = false;
};

bool StartsTop(const LogLine& line) { return !line.prefixed && StartsTopHead(line.text); }

bool StartsTable(const LogLine& line) { return !line.prefixed && IsProcessTableHeader(line.text); }

}  // namespace

RecordKind PsKind() {
  return {.name = "ps",
          .openers = {{"load average: ", StartsTop, true},
                      {"total, ", StartsTop, true},
                      {"PID ", StartsTable, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<PsBlock>()); },
          .max_lines = kMaxLinesWithTable};
}

}  // namespace kautopsy
