// The output of free(1), procps and procps-ng, in any unit:
//                total        used        free      shared  buff/cache   available
//   Mem:           377G        243G         29G        1,9G        104G        132G
// Columns come from the header line.

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/proc_value.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// "1,9G": locales print a decimal comma. None if the word is not a number with a unit of free's.
std::optional<ProcValue> ParseSize(std::string_view word) {
  static const LogPattern kPattern(R"((\d+)(?:[.,](\d+))?([BKMGTP]i?)?)");
  const auto groups = MatchAll<3>(word, kPattern);
  if (!groups) return std::nullopt;
  const auto& [whole, fraction, unit] = *groups;
  ProcValue value;
  value.value = ParseDecimal(whole, fraction);
  if (!value.value) return std::nullopt;
  value.unit = TextOf(unit);
  return value;
}

class FreeBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    std::string_view text = line.text;
    if (text.starts_with("total ")) {
      if (!columns_.empty()) return Claim::kConflict;
      for (std::string_view word = ConsumeWord(text); !word.empty(); word = ConsumeWord(text)) {
        if (word.ends_with(':')) return OfferRow(word, text, line);  // pasted into one line
        columns_.emplace_back(word);
      }
      return Claim::kTaken;
    }
    if (line.text.starts_with("-/+ buffers")) return OfferAdjusted(text, line);
    if (IsRestOfRow(text)) return OfferRest(text, line);
    const std::string_view head = ConsumeWord(text);
    return columns_.empty() ? Claim::kNone : OfferRow(head, text, line);
  }

  void Finish(EventRecord& event) override {
    event.title = "free";
    Damage damage;
    damage.AddIf(values_.empty(), "no Mem: line");
    damage.StoreIn(event);
    event.rows.push_back(std::make_unique<RowsOf<ProcValue>>(std::move(values_)));
  }

 private:
  // "-/+ buffers/cache:     123456     789012": used and free without what could be dropped (procps
  // before 3.3.10).
  Claim OfferAdjusted(std::string_view text, const LogLine& line) {
    const std::size_t colon = text.find(':');
    if (columns_.empty() || colon == std::string_view::npos) return Claim::kNone;
    text.remove_prefix(colon + 1);
    for (const std::string_view column : {"used", "free"}) {
      std::optional<ProcValue> value = ParseSize(ConsumeWord(text));
      if (!value) return Claim::kTaken;
      value->name = "-/+ buffers/cache." + std::string(column);
      value->log_line = static_cast<int64_t>(line.place.line);
      values_.push_back(*std::move(value));
    }
    return Claim::kTaken;
  }

  // A mail program broke the row of all memory, which alone has a value for each column.
  bool IsRestOfRow(std::string_view text) const {
    if (row_ != "Mem" || next_column_ == columns_.size()) return false;
    for (std::size_t column = next_column_; column < columns_.size(); ++column)
      if (!ParseSize(ConsumeWord(text))) return false;
    const std::string_view next = ConsumeWord(text);
    return next.empty() || next == "-/+" || IsRowName(next);
  }

  Claim OfferRest(std::string_view text, const LogLine& line) {
    TakeValues(text, line);
    text = SkipBlanks(text);
    if (text.starts_with("-/+ buffers")) return OfferAdjusted(text, line);
    const std::string_view head = ConsumeWord(text);
    return head.empty() ? Claim::kTaken : OfferRow(head, text, line);
  }

  static bool IsRowName(std::string_view head) {
    return head == "Mem:" || head == "Swap:" || head == "Total:" || head == "Low:" ||
           head == "High:";
  }

  // The values of the row at hand, as far as columns and text go.
  void TakeValues(std::string_view& text, const LogLine& line) {
    for (; next_column_ < columns_.size(); ++next_column_) {
      std::string_view rest = text;
      std::optional<ProcValue> value = ParseSize(ConsumeWord(rest));
      if (!value) return;
      text = rest;
      value->name = row_ + "." + columns_[next_column_];
      value->log_line = static_cast<int64_t>(line.place.line);
      values_.push_back(*std::move(value));
    }
  }

  // `text` holds one value per column, or fewer (Swap: has three), and maybe the next row.
  Claim OfferRow(std::string_view head, std::string_view text, const LogLine& line) {
    if (!IsRowName(head))
      return values_.empty() && line.text.starts_with("total ") ? Claim::kTaken : Claim::kNone;
    row_ = std::string(head.substr(0, head.size() - 1));
    next_column_ = 0;
    TakeValues(text, line);
    const std::string_view next = ConsumeWord(text);
    return next.ends_with(':') ? OfferRow(next, text, line) : Claim::kTaken;
  }

  std::vector<std::string> columns_;
  std::vector<ProcValue> values_;
  std::string row_;              // the one at hand
  std::size_t next_column_ = 0;  // of it
};

bool StartsFree(const LogLine& line) {
  std::string_view text = line.text;
  return ConsumeWord(text) == "total" && ConsumeWord(text) == "used" &&
         ConsumeWord(text) == "free" && ConsumeWord(text) == "shared";
}

}  // namespace

RecordKind FreeKind() {
  return {.name = "free", .openers = {{" shared ", StartsFree, false}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<FreeBlock>());
          }};
}

}  // namespace kautopsy
