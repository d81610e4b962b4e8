#include "tests/support/text_sink.h"

#include <fmt/core.h>

#include <span>

#include "base/text.h"

namespace kautopsy::test {
namespace {

// "2014-11-25 09:14:07", "????-11-25 09:14:07" without a year.
std::string TimeText(const PrintedTime& time) {
  const std::string year = time.year ? fmt::format("{:04}", *time.year) : "????";
  std::string text = fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", year, time.month, time.day,
                                 time.hour, time.minute, time.second);
  if (time.fraction_digits > 0) {
    text += "." + fmt::format("{:06}", time.microsecond).substr(0, time.fraction_digits);
  }
  return text;
}

// Collects the cells of a row under the names of its columns; NULLs are left out.
class CellCollector final : public CellSink {
 public:
  CellCollector(std::span<const std::string_view> columns, RecordedRow& row)
      : columns_(columns), row_(row) {}
  void OnInteger(const Integer& value) override {
    Add(value ? std::optional(std::to_string(*value)) : std::nullopt);
  }
  void OnReal(const Real& value) override {
    Add(value ? std::optional(fmt::format("{}", *value)) : std::nullopt);
  }
  void OnText(const Text& value) override { Add(value); }

 private:
  void Add(const Text& value) {
    if (value) row_.cells.emplace_back(columns_[next_], *value);
    ++next_;
  }

  std::span<const std::string_view> columns_;
  RecordedRow& row_;
  std::size_t next_ = 0;
};

RecordedRow FactsOf(const EventRecord& event) {
  RecordedRow facts{"event", {}};
  const auto add = [&facts](const char* column, const Text& value) {
    if (value) facts.cells.emplace_back(column, *value);
  };
  const auto number = [](const Integer& value) {
    return value ? Text(std::to_string(*value)) : Text();
  };
  add("host", event.host);
  add("time", event.time ? Text(TimeText(*event.time)) : Text());
  add("local_time", event.local_time);
  add("uptime_us", number(event.uptime_us));
  add("comm", event.comm);
  add("pid", number(event.pid));
  add("kernel_release", event.kernel_release);
  add("page_size_kb", number(event.page_size_kb));
  add("page_size_from", event.page_size_from);
  return facts;
}

// column=value; values with blanks or nothing in them are quoted.
std::string RowText(const RecordedRow& row) {
  std::string text = row.relation;
  for (const auto& [column, value] : row.cells) {
    const bool bare = !value.empty() && value.find_first_of(" \"=") == std::string::npos;
    const std::string shown = EscapeForTerminal(value);
    text += fmt::format(" {}={}", column, bare ? shown : "\"" + shown + "\"");
  }
  return text;
}

std::string PlaceText(const Place& place) { return fmt::format("{}:{}", place.line, place.column); }

std::string EventText(const RecordedEvent& event, std::size_t number) {
  std::string text = fmt::format("event {}: {}, {}\n", number, event.kind,
                                 event.complete ? "complete" : "incomplete");
  text += fmt::format("  title: {}\n", EscapeForTerminal(event.title));
  if (!event.damage.empty()) text += fmt::format("  damage: {}\n", EscapeForTerminal(event.damage));
  text += fmt::format("  key: {}\n", event.key);
  text += fmt::format("  lines: {}, {} to {}\n", event.lines.size(),
                      PlaceText(event.lines.front().place), PlaceText(event.lines.back().place));
  text += "  " + RowText(event.facts) + "\n";
  for (const RecordedRow& row : event.rows) text += "  " + RowText(row) + "\n";
  return text + "\n";
}

std::string SummaryText(const SourceSummary& summary, const std::vector<BootRecord>& boots) {
  const LineLedger& ledger = summary.ledger;
  std::string text = fmt::format(
      "lines: {} = {} claimed + {} noise + {} unclaimed kernel + {} not kernel + {} damaged\n",
      ledger.lines, ledger.claimed, ledger.noise, ledger.unclaimed_kernel, ledger.not_kernel,
      ledger.damaged);
  text += fmt::format("bytes: {}\nquotes: {}\n", summary.bytes, summary.quotes);
  if (summary.damage) text += fmt::format("damage: {}\n", *summary.damage);
  for (const BootRecord& boot : boots) {
    text += fmt::format("boot: host={} from={} to={} kernel_release={} ram_kb={}",
                        boot.host.value_or("-"), boot.first_time ? TimeText(*boot.first_time) : "-",
                        boot.last_time ? TimeText(*boot.last_time) : "-",
                        boot.kernel_release.value_or("-"),
                        boot.ram_kb ? std::to_string(*boot.ram_kb) : "-");
    const RecordedRow row = RowOfBoot(boot);
    constexpr std::string_view kShown = "host kernel_release ram_kb";
    for (const auto& [column, value] : row.cells) {
      if (kShown.find(column) == std::string_view::npos) text += RowText({"", {{column, value}}});
    }
    text += '\n';
  }
  for (const auto& [day, year] : summary.years) {
    text += fmt::format("dated day: {}-{:02}-{:02}\n", year, day.first, day.second);
  }
  return text;
}

}  // namespace

RecordedRow RowOfBoot(const BootRecord& boot) {
  RecordedRow row{"boot", {}};
  const auto add = [&row](const char* column, const Text& value) {
    if (value) row.cells.emplace_back(column, *value);
  };
  const auto number = [](const Integer& value) {
    return value ? Text(std::to_string(*value)) : Text();
  };
  add("host", boot.host);
  add("journal_boot_id", boot.journal_boot_id);
  add("kernel_release", boot.kernel_release);
  add("banner", boot.banner);
  add("command_line", boot.command_line);
  add("crash_kernel", number(boot.crash_kernel));
  add("hardware", boot.hardware);
  add("hypervisor", boot.hypervisor);
  add("ram_kb", number(boot.ram_kb));
  add("ram_from", boot.ram_from);
  add("ended", boot.ended);
  return row;
}

std::vector<RecordedRow> RowsOfEvent(const EventRecord& event) {
  std::vector<RecordedRow> rows;
  for (const auto& batch : event.rows) {
    const std::span<const std::string_view> columns = batch->columns();
    for (std::size_t i = 0; i < batch->size(); ++i) {
      RecordedRow row{std::string(batch->relation()), {}};
      CellCollector collector(columns, row);
      batch->Visit(i, collector);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<std::string> CellsOf(const RecordedEvent& event, std::string_view relation,
                                 std::string_view column) {
  std::vector<std::string> cells;
  for (const RecordedRow& row : event.rows) {
    if (row.relation != relation) continue;
    for (const auto& [name, value] : row.cells) {
      if (name == column) cells.push_back(value);
    }
  }
  return cells;
}

std::string CellOf(const RecordedEvent& event, std::string_view relation, std::string_view column) {
  const std::vector<std::string> cells = CellsOf(event, relation, column);
  return cells.empty() ? "" : cells.front();
}

Status TextSink::BeginSource(std::string_view /*path*/, std::string_view /*kind*/) {
  if (ended_ || !events_.empty()) return Fail("a TextSink takes one source");
  return {};
}

Status TextSink::Write(EventRecord&& event) {
  events_.push_back({event.kind, event.key, event.title, event.complete, event.damage.value_or(""),
                     FactsOf(event), event.lines.Split(), RowsOfEvent(event)});
  return {};
}

Status TextSink::WriteBoot(uint32_t index, BootRecord&& boot) {
  if (index >= boots_.size()) boots_.resize(index + 1);
  boots_[index] = std::move(boot);
  return {};
}

Status TextSink::WriteUnclaimed(uint64_t line, std::string_view text) {
  unclaimed_.emplace_back(line, text);
  return {};
}

Result<SourceCounts> TextSink::EndSource(const SourceSummary& summary) {
  summary_ = summary;
  ended_ = true;
  return SourceCounts();
}

void TextSink::AbandonSource() {
  events_.clear();
  boots_.clear();
  unclaimed_.clear();
}

std::string TextSink::ToText() const {
  std::string text;
  for (std::size_t i = 0; i < events_.size(); ++i) text += EventText(events_[i], i + 1);
  for (const auto& [line, raw] : unclaimed_) {
    text += fmt::format("unclaimed {}: {}\n", line, EscapeForTerminal(raw));
  }
  return text + SummaryText(summary_, boots_);
}

}  // namespace kautopsy::test
