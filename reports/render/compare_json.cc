#include <nlohmann/json.hpp>

#include "base/text.h"
#include "reports/render/compare.h"

namespace kautopsy {
namespace {

using Json = nlohmann::ordered_json;

Json Value(const Integer& value) { return value ? Json(*value) : Json(); }
Json Value(const Text& value) { return value ? Json(ToUtf8(*value)) : Json(); }
Json OrNull(const std::string& value) { return value.empty() ? Json() : Json(ToUtf8(value)); }

template <class Item, class Convert>
Json List(const std::vector<Item>& items, Convert convert) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(convert(item));
  return list;
}

Json Texts(const std::vector<std::string>& texts) {
  return List(texts, [](const std::string& text) { return Json(ToUtf8(text)); });
}

Json Change(const Integer& before, const Integer& after, bool comparable) {
  return comparable && before && after ? Json(*after - *before) : Json();
}

Json SideJson(const ComparedSide& side) {
  return {{"label", ToUtf8(side.label)},
          {"chosen", OrNull(side.chosen)},
          {"what", ToUtf8(side.what)},
          {"place", ToUtf8(side.place)},
          {"moments", side.moments},
          {"time", Value(side.time)},
          {"moment", OrNull(side.moment)},
          {"host", Value(side.host)},
          {"host_deduced", side.host_deduced},
          {"kernel_release", Value(side.kernel_release)},
          {"ram_kb", Value(side.ram_kb)},
          {"incident_id", Value(side.incident_id)},
          {"whole_incident", side.whole_incident},
          {"headline", OrNull(side.headline)},
          {"severity", OrNull(side.severity)},
          {"primary_cause", OrNull(side.cause)},
          {"confidence", OrNull(side.confidence)},
          {"signature", OrNull(side.signature)},
          {"victims_in_all", side.victims_in_all},
          {"victims", List(side.victims, [](const ComparedVictim& victim) {
             return Json{{"name", ToUtf8(victim.name)},
                         {"pid", Value(victim.pid)},
                         {"rss_kb", Value(victim.rss_kb)}};
           })}};
}

Json FiguresJson(const std::optional<PieceFigures>& figures) {
  if (!figures) return {};
  return {{"pieces", figures->pieces},
          {"size_kb", figures->size_kb},
          {"unusable_index", figures->unusable},
          {"huge_pieces", figures->huge_pieces}};
}

Json TotalsJson(const std::optional<PieceTotals>& totals) {
  if (!totals) return {};
  return {{"free_kb", totals->free_kb},
          {"size_kb", totals->large_kb},
          {"pieces", totals->pieces},
          {"huge_pieces", totals->huge_pieces}};
}

Json ListsJson(const std::optional<ListChange>& lists) {
  if (!lists) return {};
  const auto cell_json = [&](const CellChange& cell) {
    return Json{{"order", lists->comparable ? Json(cell.order) : Json()},
                {"block_kb", cell.block_kb},
                {"before", Value(cell.before)},
                {"after", Value(cell.after)},
                {"change", Change(cell.before, cell.after, lists->comparable)}};
  };
  const auto zone_json = [&](const ZoneChange& zone) {
    return Json{{"node", Value(zone.node)},
                {"zone", ToUtf8(zone.zone)},
                {"unchanged", zone.Unchanged()},
                {"free_before_kb", Value(zone.free_before_kb)},
                {"free_after_kb", Value(zone.free_after_kb)},
                {"free_change_kb", Change(zone.free_before_kb, zone.free_after_kb, true)},
                {"large_before", FiguresJson(zone.before)},
                {"large_after", FiguresJson(zone.after)},
                {"pieces", List(zone.cells, cell_json)}};
  };
  return {{"order", lists->order},
          {"piece_kb", lists->piece_kb},
          {"refused", lists->refused},
          {"comparable", lists->comparable},
          {"counted_zones", OrNull(lists->counted_names)},
          {"counted_before", TotalsJson(lists->before)},
          {"counted_after", TotalsJson(lists->after)},
          {"free_before_kb", Value(lists->free_before_kb)},
          {"free_after_kb", Value(lists->free_after_kb)},
          {"zones", List(lists->zones, zone_json)},
          {"notes", Texts(lists->notes)}};
}

Json MemoryJson(const std::optional<MemoryChange>& memory) {
  if (!memory) return {};
  return {{"ram_before_kb", Value(memory->ram_before_kb)},
          {"ram_after_kb", Value(memory->ram_after_kb)},
          {"items", List(memory->items,
                         [](const ItemChange& item) {
                           return Json{{"item", item.item},
                                       {"part_of", OrNull(item.part_of)},
                                       {"before_kb", Value(item.before_kb)},
                                       {"after_kb", Value(item.after_kb)},
                                       {"counted_alike", item.alike},
                                       {"change_kb", Value(item.ChangeKb())}};
                         })},
          {"note", OrNull(memory->note)}};
}

Json SumJson(const std::optional<HolderSum>& sum) {
  if (!sum) return {};
  return {{"tasks", sum->tasks},
          {"rss_kb", Value(sum->rss_kb)},
          {"pid", Value(sum->pid)},
          {"killed", sum->killed}};
}

Json HoldersJson(const std::optional<HoldersChange>& holders) {
  if (!holders) return {};
  return {{"moment_before", holders->moment_before},
          {"moment_after", holders->moment_after},
          {"not_compared", OrNull(holders->refused)},
          {"total_before_kb", Value(holders->total_before_kb)},
          {"total_after_kb", Value(holders->total_after_kb)},
          {"holders", List(holders->holders,
                           [](const HolderChange& holder) {
                             return Json{{"name", ToUtf8(holder.name)},
                                         {"guest", holder.guest},
                                         {"what", holder.Word()},
                                         {"change_kb", Value(holder.change_kb)},
                                         {"before", SumJson(holder.before)},
                                         {"after", SumJson(holder.after)}};
                           })},
          {"note", OrNull(holders->note)}};
}

}  // namespace

Json ComparisonJson(const Comparison& comparison) {
  const CommandsBetween& commands = comparison.commands;
  return {{"schema_version", kComparisonSchemaVersion},
          {"headline", ToUtf8(comparison.headline)},
          {"before", SideJson(comparison.before)},
          {"after", SideJson(comparison.after)},
          {"same_record", comparison.same_record},
          {"same_machine", MachineVerdictName(comparison.machine.verdict)},
          {"same_machine_why", OrNull(comparison.machine.why)},
          {"seconds_between", Value(comparison.seconds_between)},
          {"time_note", OrNull(comparison.time_note)},
          {"commands_between",
           {{"compacted", commands.compact},
            {"dropped_caches", commands.drop},
            {"place", OrNull(commands.place)}}},
          {"free_lists", ListsJson(comparison.lists)},
          {"memory", MemoryJson(comparison.memory)},
          {"holders", HoldersJson(comparison.holders)},
          {"same_signature", comparison.same_signature ? Json(*comparison.same_signature) : Json()},
          {"signature_why", OrNull(comparison.signature_why)},
          {"remarks", List(comparison.remarks,
                           [](const LabelledText& remark) {
                             return Json{{"label", remark.label}, {"text", ToUtf8(remark.text)}};
                           })},
          {"unknowns", List(comparison.unknowns, [](const Missing& missing) {
             return Json{{"what", missing.what}, {"find_out", missing.find_out}};
           })}};
}

}  // namespace kautopsy
