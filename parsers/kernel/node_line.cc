#include "parsers/kernel/node_line.h"

#include <array>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/size_fields.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

using F = Field<NodeLine>;
// In the order in which the kernel prints them.
constexpr std::array kFields = {
    F("node", &NodeLine::node),
    F("active_anon_kb", &NodeLine::active_anon_kb, "active_anon"),
    F("inactive_anon_kb", &NodeLine::inactive_anon_kb, "inactive_anon"),
    F("active_file_kb", &NodeLine::active_file_kb, "active_file"),
    F("inactive_file_kb", &NodeLine::inactive_file_kb, "inactive_file"),
    F("unevictable_kb", &NodeLine::unevictable_kb, "unevictable"),
    F("isolated_anon_kb", &NodeLine::isolated_anon_kb, "isolated(anon)"),
    F("isolated_file_kb", &NodeLine::isolated_file_kb, "isolated(file)"),
    F("mapped_kb", &NodeLine::mapped_kb, "mapped"),
    F("dirty_kb", &NodeLine::dirty_kb, "dirty"),
    F("writeback_kb", &NodeLine::writeback_kb, "writeback"),
    F("shmem_kb", &NodeLine::shmem_kb, "shmem"),
    F("shmem_thp_kb", &NodeLine::shmem_thp_kb, "shmem_thp"),
    F("shmem_pmdmapped_kb", &NodeLine::shmem_pmdmapped_kb, "shmem_pmdmapped"),
    F("anon_thp_kb", &NodeLine::anon_thp_kb, "anon_thp"),
    F("writeback_tmp_kb", &NodeLine::writeback_tmp_kb, "writeback_tmp"),
    F("unstable_kb", &NodeLine::unstable_kb, "unstable"),
    F("pages_scanned", &NodeLine::pages_scanned, "pages_scanned"),
    F("kernel_stack_kb", &NodeLine::kernel_stack_kb, "kernel_stack"),
    F("shadow_call_stack_kb", &NodeLine::shadow_call_stack_kb, "shadow_call_stack"),
    F("pagetables_kb", &NodeLine::pagetables_kb, "pagetables"),
    F("sec_pagetables_kb", &NodeLine::sec_pagetables_kb, "sec_pagetables"),
    F("all_unreclaimable", &NodeLine::all_unreclaimable),
    F("balloon_kb", &NodeLine::balloon_kb, "Balloon"),
    F("log_line", &NodeLine::log_line)};

}  // namespace

std::span<const Field<NodeLine>> NodeLine::Fields() { return kFields; }

std::span<const Field<HugePages>> HugePages::Fields() {
  using H = Field<HugePages>;
  static constexpr std::array fields = {
      H("node", &HugePages::node),       H("total", &HugePages::total),
      H("free", &HugePages::free),       H("surplus", &HugePages::surplus),
      H("size_kb", &HugePages::size_kb), H("log_line", &HugePages::log_line)};
  return fields;
}

std::optional<NodeLine> ParseNodeLine(std::string_view text, std::vector<MemInfoExtra>& extra) {
  NodeLine line;
  line.node = ConsumeNode(text);
  if (!line.node || !text.starts_with("active_anon:")) return std::nullopt;
  std::size_t hint = 0;
  SizeField field;
  while (ConsumeSizeField(text, field) || ConsumeBehindTorn(text, field, line.torn)) {
    if (field.yes_no)
      line.all_unreclaimable = field.value;
    else if (!SetByKey<NodeLine>(line, kFields, field.key, *field.value, hint))
      extra.push_back(ExtraOf(field, line.node, {}));
  }
  line.torn = line.torn || EndsBehindTorn(text);
  if (!line.active_anon_kb) return std::nullopt;
  return line;
}

std::optional<HugePages> ParseHugePages(std::string_view text) {
  HugePages row;
  row.node = ConsumeNode(text);
  if (!row.node || !text.starts_with("hugepages_total=")) return std::nullopt;
  static const LogPattern kPattern(
      R"(hugepages_total=(\d+) hugepages_free=(\d+) hugepages_surp=(\d+) hugepages_size=(\d+)kB)");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [total, free, surplus, size] = *groups;
  row.total = ParseInteger(total);
  row.free = ParseInteger(free);
  row.surplus = ParseInteger(surplus);
  row.size_kb = ParseInteger(size);
  return row;
}

}  // namespace kautopsy
