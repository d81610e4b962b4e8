#include "parsers/kernel/zones.h"

#include <array>

#include "base/text.h"
#include "parsers/kernel/free_list.h"
#include "parsers/kernel/size_fields.h"

namespace kautopsy {
namespace {

using F = Field<Zone>;
// In the order in which the kernel prints them.
constexpr std::array kFields = {
    F("node", &Zone::node),
    F("zone", &Zone::zone),
    F("free_kb", &Zone::free_kb, "free"),
    F("boost_kb", &Zone::boost_kb, "boost"),
    F("min_kb", &Zone::min_kb, "min"),
    F("low_kb", &Zone::low_kb, "low"),
    F("high_kb", &Zone::high_kb, "high"),
    F("reserved_highatomic_kb", &Zone::reserved_highatomic_kb, "reserved_highatomic"),
    F("free_highatomic_kb", &Zone::free_highatomic_kb, "free_highatomic"),
    F("active_anon_kb", &Zone::active_anon_kb, "active_anon"),
    F("inactive_anon_kb", &Zone::inactive_anon_kb, "inactive_anon"),
    F("active_file_kb", &Zone::active_file_kb, "active_file"),
    F("inactive_file_kb", &Zone::inactive_file_kb, "inactive_file"),
    F("unevictable_kb", &Zone::unevictable_kb, "unevictable"),
    F("isolated_anon_kb", &Zone::isolated_anon_kb, "isolated(anon)"),
    F("isolated_file_kb", &Zone::isolated_file_kb, "isolated(file)"),
    F("active_kb", &Zone::active_kb, "active"),
    F("inactive_kb", &Zone::inactive_kb, "inactive"),
    F("writepending_kb", &Zone::writepending_kb, "writepending"),
    F("present_kb", &Zone::present_kb, "present"),
    F("managed_kb", &Zone::managed_kb, "managed"),
    F("mlocked_kb", &Zone::mlocked_kb, "mlocked"),
    F("dirty_kb", &Zone::dirty_kb, "dirty"),
    F("writeback_kb", &Zone::writeback_kb, "writeback"),
    F("mapped_kb", &Zone::mapped_kb, "mapped"),
    F("shmem_kb", &Zone::shmem_kb, "shmem"),
    F("slab_reclaimable_kb", &Zone::slab_reclaimable_kb, "slab_reclaimable"),
    F("slab_unreclaimable_kb", &Zone::slab_unreclaimable_kb, "slab_unreclaimable"),
    F("kernel_stack_kb", &Zone::kernel_stack_kb, "kernel_stack"),
    F("shadow_call_stack_kb", &Zone::shadow_call_stack_kb, "shadow_call_stack"),
    F("pagetables_kb", &Zone::pagetables_kb, "pagetables"),
    F("unstable_kb", &Zone::unstable_kb, "unstable"),
    F("bounce_kb", &Zone::bounce_kb, "bounce"),
    F("zspages_kb", &Zone::zspages_kb, "zspages"),
    F("free_pcp_kb", &Zone::free_pcp_kb, "free_pcp"),
    F("local_pcp_kb", &Zone::local_pcp_kb, "local_pcp"),
    F("free_cma_kb", &Zone::free_cma_kb, "free_cma"),
    F("writeback_tmp_kb", &Zone::writeback_tmp_kb, "writeback_tmp"),
    F("pages_scanned", &Zone::pages_scanned, "pages_scanned"),
    F("all_unreclaimable", &Zone::all_unreclaimable),
    F("lowmem_reserve_pages", &Zone::lowmem_reserve_pages),
    F("free_list_kb", &Zone::free_list_kb),
    F("pcp_pages", &Zone::pcp_pages),
    F("log_line", &Zone::log_line)};

}  // namespace

std::span<const Field<Zone>> Zone::Fields() { return kFields; }

std::optional<Zone> ParseZoneLine(std::string_view text, std::vector<MemInfoExtra>* extra) {
  Zone zone;
  zone.node = ConsumeNode(text);
  const std::string_view name = ConsumeZoneName(text);
  if (name.empty() || !text.starts_with(" free:")) return std::nullopt;
  zone.zone = std::string(name);
  std::size_t hint = 0;
  SizeField field;
  while (ConsumeSizeField(text, field) || ConsumeBehindTorn(text, field, zone.torn)) {
    const bool sized = field.has_unit || field.key == "pages_scanned";
    if (field.yes_no)
      zone.all_unreclaimable = field.value;
    else if (sized && SetByKey<Zone>(zone, kFields, field.key, *field.value, hint))
      continue;
    else if (extra != nullptr)
      extra->push_back(ExtraOf(field, zone.node, zone.zone));
  }
  zone.torn = zone.torn || EndsBehindTorn(text);
  if (!zone.free_kb) return std::nullopt;
  return zone;
}

Text ParseLowmemReserve(std::string_view text) {
  if (!ConsumePrefix(text, "lowmem_reserve[]:") && !ConsumePrefix(text, "protections[]:"))
    return std::nullopt;
  std::string json = "[";
  for (text = TrimBlanks(text); !text.empty(); text = TrimBlanks(text)) {
    const Integer pages = ConsumeInteger(text);
    if (!pages) return std::nullopt;
    if (json.size() > 1) json += ',';
    json += std::to_string(*pages);
  }
  return json + "]";
}

}  // namespace kautopsy
