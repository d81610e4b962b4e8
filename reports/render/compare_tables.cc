#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "reports/compare/figures.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/compare_sections.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

constexpr int kNameColumns = 26;
constexpr int kSizeColumns = 11;

std::string SizeOr(const Integer& kb, std::string_view other) {
  if (!kb) return std::string(other);
  return *kb < 0 ? SignedSize(*kb) : SizeText(*kb);
}

// One line of a table: a name, both sizes, what changed, and a word about it.
struct TableRow {
  std::string name, before, after, change, word;
};

void WriteTableRow(const TableRow& row, TextWriter& writer) {
  if (writer.narrow()) {
    writer.Wrapped(row.name, 4,
                   fmt::format("{} → {}: {}{}{}", row.before, row.after, row.change,
                               row.word.empty() ? "" : "  ", row.word));
    return;
  }
  writer.Wrapped(PadRight(writer.Cut(row.name, kNameColumns - 1), kNameColumns) +
                     PadLeft(row.before, kSizeColumns) + PadLeft(row.after, kSizeColumns) +
                     PadLeft(row.change, kSizeColumns) + "  ",
                 kNameColumns + 3 * kSizeColumns + 2, row.word);
}

void WriteTableHead(std::string_view title, std::string_view rest, const SideLabels& labels,
                    TextWriter& writer) {
  if (writer.narrow()) {
    writer.Heading(title, rest);
    return;
  }
  const int columns = kNameColumns - std::max(DisplayWidth(title), 8) - 1;
  writer.Heading(title, PadRight(rest, columns) + PadLeft(labels.before, kSizeColumns) +
                            PadLeft(labels.after, kSizeColumns) +
                            PadLeft(labels.change, kSizeColumns));
}

std::string ItemName(const ItemChange& item) {
  if (item.item == "swap_used") return "swap in use";
  if (item.item == "shmem") return "shared memory [shmem]";
  if (item.item == "mlocked") return "locked by mlock";
  if (item.item == "free_cma") return "for devices [CMA]";
  if (item.item == "per_cpu") return "per CPU";
  if (item.item == "reserved") return "reserved [not managed]";
  return std::string(BalanceItemName(item.item));
}

std::string ShareWords(int64_t change_kb, const Integer& ram_kb) {
  if (!ram_kb || *ram_kb <= 0 || change_kb == 0) return "";
  return fmt::format("{} % of RAM", PercentNumber(static_cast<double>(std::abs(change_kb)),
                                                  static_cast<double>(*ram_kb)));
}

void WriteItem(const ItemChange& item, const Integer& ram_kb, TextWriter& writer) {
  const Integer change_kb = item.ChangeKb();
  const bool part = !item.part_of.empty() && item.part_of != "outside";
  TableRow row;
  row.name = (part ? "    of it " : "  ") + ItemName(item);
  row.before = SizeOr(item.before_kb, "?");
  row.after = SizeOr(item.after_kb, "?");
  row.change = change_kb ? SignedSize(*change_kb) : "?";
  if (change_kb && item.part_of != "outside") row.word = ShareWords(*change_kb, ram_kb);
  WriteTableRow(row, writer);
}

std::string RamWords(const MemoryChange& memory) {
  if (!memory.ram_before_kb || !memory.ram_after_kb) return "";
  if (SizeText(*memory.ram_before_kb) == SizeText(*memory.ram_after_kb))
    return SizeText(*memory.ram_after_kb);
  return fmt::format("{}, {}", SizeText(*memory.ram_before_kb), SizeText(*memory.ram_after_kb));
}

std::string Restarted(const HolderChange& holder) {
  const bool single = holder.before && holder.after && holder.before->pid && holder.after->pid;
  if (!single || holder.before->pid == holder.after->pid) return "";
  return fmt::format("pid {}→{}", *holder.before->pid, *holder.after->pid);
}

std::string KilledWords(const HolderChange& holder, const SideLabels& labels) {
  const bool before = holder.before && holder.before->killed;
  const bool after = holder.after && holder.after->killed;
  if (before && after) return "killed both times";
  if (!before && !after) return "";
  return fmt::format("killed {}", before ? labels.before : labels.after);
}

std::string CountWords(const HolderChange& holder) {
  const int64_t before = holder.before ? holder.before->tasks : 0;
  const int64_t after = holder.after ? holder.after->tasks : 0;
  if (before < 2 && after < 2) return "";
  if (before == 0 || after == 0 || before == after)
    return fmt::format("{} of it", std::max(before, after));
  return fmt::format("{}→{} of it", before, after);
}

std::string HolderWord(const HolderChange& holder, const SideLabels& labels) {
  std::string words;
  for (const std::string& word : {CountWords(holder), KilledWords(holder, labels),
                                  labels.is_change ? Restarted(holder) : std::string()}) {
    if (!word.empty()) words += (words.empty() ? "" : ", ") + word;
  }
  return words;
}

std::string HolderName(const HolderChange& holder) {
  return Safe((holder.guest ? "guest " : "") + holder.name);
}

// Between two machines nothing grew and nobody went.
std::string_view WordOf(const HolderChange& holder, const SideLabels& labels) {
  const std::string_view word = holder.Word();
  if (word == "unknown") return "?";
  if (labels.is_change) return word;
  if (word == "new") return "second";
  if (word == "gone") return "first";
  return word == "grew" ? "more" : "less";
}

void WriteHolder(const HolderChange& holder, const SideLabels& labels, TextWriter& writer) {
  const auto kb = [](const std::optional<HolderSum>& sum) {
    return sum ? SizeOr(sum->rss_kb, "?") : std::string("·");
  };
  TableRow row;
  row.name = PadRight(fmt::format("  {}", WordOf(holder, labels)), 9) + HolderName(holder);
  row.before = kb(holder.before);
  row.after = kb(holder.after);
  row.change = holder.change_kb ? SignedSize(*holder.change_kb) : "?";
  row.word = HolderWord(holder, labels);
  WriteTableRow(row, writer);
}

constexpr int64_t kLargestSum = int64_t{1} << 60;  // hostile figures end there

// What the lines above leave out, in sum.
void WriteRest(const std::vector<HolderChange>& holders, std::size_t written, TextWriter& writer) {
  int64_t changed = 0;
  int64_t change_kb = 0;
  int64_t same = 0;
  int64_t unknown = 0;
  for (std::size_t i = written; i < holders.size(); ++i) {
    const Integer& moved_kb = holders[i].change_kb;
    const bool stayed = holders[i].Word() == "same";
    unknown += moved_kb ? 0 : 1;
    same += stayed ? 1 : 0;
    changed += moved_kb && !stayed ? 1 : 0;
    change_kb = std::clamp(change_kb + moved_kb.value_or(0), -kLargestSum, kLargestSum);
  }
  if (changed > 0)
    writer.Line(fmt::format("  … {} more that changed, {} together", Thousands(changed),
                            SignedSize(change_kb)));
  if (unknown > 0) writer.Line(fmt::format("  … {} more of unknown size", Thousands(unknown)));
  if (same > 0) writer.Line(fmt::format("  unchanged: {}", Counted(same, "name")));
}

}  // namespace

void WriteMemoryChange(const MemoryChange& memory, const SideLabels& labels, TextWriter& writer) {
  writer.Blank();
  WriteTableHead("MEMORY", RamWords(memory), labels, writer);
  std::vector<std::string> unchanged;
  std::vector<std::string> otherwise;
  for (const ItemChange& item : memory.items) {
    if (!item.alike) {
      if (item.before_kb.value_or(0) != 0 || item.after_kb.value_or(0) != 0)
        otherwise.push_back(fmt::format("{} {} and {}", ItemName(item), SizeOr(item.before_kb, "?"),
                                        SizeOr(item.after_kb, "?")));
    } else if (item.ChangeKb() == 0) {
      if (item.after_kb != 0)
        unchanged.push_back(ItemName(item) + " " + SizeOr(item.after_kb, "?"));
    } else {
      WriteItem(item, memory.ram_after_kb, writer);
    }
  }
  if (!unchanged.empty()) writer.Wrapped("  unchanged:", 13, JoinWords(unchanged));
  if (otherwise.empty()) return;
  std::string words;
  for (const std::string& item : otherwise) words += (words.empty() ? "" : "; ") + item;
  writer.Wrapped("  counted otherwise, no change to tell:", 4, words + ". " + memory.note);
}

void WriteHoldersChange(const HoldersChange& holders, const SideLabels& labels,
                        TextWriter& writer) {
  constexpr std::size_t kMostWritten = 12;
  writer.Blank();
  if (!holders.refused.empty()) {
    writer.Wrapped("GUESTS AND PROGRAMS  ", 2,
                   Safe("not compared: of the process tables, " + holders.refused));
    return;
  }
  WriteTableHead("GUESTS AND PROGRAMS", "", labels, writer);
  if (holders.moment_before != "~" || holders.moment_after != "~")
    writer.Wrapped("  tables of", 13,
                   Safe(fmt::format("{} and {}", holders.moment_before, holders.moment_after)));
  std::size_t written = 0;
  for (const HolderChange& holder : holders.holders) {
    if (written >= kMostWritten || holder.Word() == "same") break;
    WriteHolder(holder, labels, writer);
    ++written;
  }
  WriteRest(holders.holders, written, writer);
  if (holders.total_before_kb && holders.total_after_kb)
    writer.Wrapped("  together", 13,
                   fmt::format("{}; what programs share is counted in each",
                               SizePair(*holders.total_before_kb, *holders.total_after_kb)));
  if (!holders.note.empty()) writer.Wrapped("  note", 8, Safe(holders.note));
}

}  // namespace kautopsy
