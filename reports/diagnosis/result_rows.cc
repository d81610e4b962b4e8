#include "reports/diagnosis/result_rows.h"

#include <string>
#include <utility>
#include <vector>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

Text EmptyIsNull(std::string_view text) { return text.empty() ? Text() : Text(text); }

Integer Flag(const std::optional<bool>& value) {
  return value ? Integer(*value ? 1 : 0) : Integer();
}

void AddZoneChecks(const EventFacts& event, std::vector<ZoneCheckRow>& rows) {
  if (!event.rerun) return;
  for (const ZoneCheck& check : event.rerun->checks) {
    ZoneCheckRow& row = rows.emplace_back();
    row.event_id = event.id;
    row.node = check.node;
    row.zone = check.zone;
    row.eligible = Flag(check.eligible);
    row.reason = check.reason;
    row.free_pages = check.free_pages;
    row.free_from = EmptyIsNull(FreeFrom(check));
    row.usable_pages = check.usable_pages;
    row.min_pages = check.min_pages;
    row.mark_sum = EmptyIsNull(MarkWords(check));
    row.mark = "min";
    row.mark_pages = check.mark_pages;
    row.reserve_pages = check.reserve_pages;
    row.watermark_ok = Flag(check.watermark_ok);
    row.blocks_ok = Flag(check.blocks_ok);
    row.verdict = VerdictCode(check, event.rerun->request.assumed);
    row.margin_pages = check.margin_pages;
    row.frag_index = check.frag_index;
    row.unusable_index = check.unusable_index;
    row.cma_pages = check.cma_pages;
    row.atomic_pages = check.atomic_pages;
    if (check.from_list) row.isolated_pages = check.isolated_pages;
    row.last_try_pages = check.last_try_pages;
    row.high_pages = check.high_pages;
    row.last_try_ok = Flag(check.last_try_ok);
  }
}

void AddCallSite(const IncidentFacts& facts, const EventFacts& event,
                 std::vector<CallSiteRow>& rows) {
  if (!event.oom && !event.refusal) return;
  const CallPath path = ReadCallPath(facts, event);
  if (path.wanted.empty()) return;
  const CallSite site = path.site ? *path.site : CallSite();
  const Integer& order = event.oom ? event.oom->order : event.refusal->order;
  CallSiteRow& row = rows.emplace_back();
  row.event_id = event.id;
  row.site = EmptyIsNull(site.name);
  row.subsystem = EmptyIsNull(site.subsystem);
  row.symbol = EmptyIsNull(path.symbol);
  row.module = EmptyIsNull(path.driver);
  row.entry = EmptyIsNull(path.where);
  row.wanted = path.wanted;
  if (order.value_or(0) > 0) row.size_reason = EmptyIsNull(site.size);
  row.lost = EmptyIsNull(path.meaning);
  if (path.harm) row.severity = HarmName(*path.harm);
  row.reliable = Flag(!path.all_unreliable);
  row.reference = EmptyIsNull(site.source);
}

std::string ToJson(const std::vector<BalanceItem>& items) {
  std::string json;
  for (const BalanceItem& item : items) {
    json.append(json.empty() ? "[[\"" : ",[\"").append(item.item).append("\",");
    json += std::to_string(item.size_kb);
    if (item.part_of.empty())
      json += ",null]";
    else
      json.append(",\"").append(item.part_of).append("\"]");
  }
  return json + ']';
}

void AddBalances(const IncidentFacts& facts, const EventFacts& event,
                 std::vector<BalanceRow>& rows) {
  std::vector<BalanceItem> items = BalanceOf(facts, event);
  if (items.empty()) return;
  const std::vector<BalanceItem> parts = BalanceParts(event);
  items.insert(items.end(), parts.begin(), parts.end());
  rows.push_back({event.id, std::nullopt, *BalanceTotalKb(facts, event), ToJson(items)});
  for (const NodeBalance& node : NodeBalances(event))
    rows.push_back({event.id, node.node, node.total_kb, ToJson(node.items)});
}

}  // namespace

std::span<const Field<ZoneCheckRow>> ZoneCheckRow::Fields() {
  using R = ZoneCheckRow;
  static constexpr Field<R> kFields[] = {{"event_id", &R::event_id},
                                         {"node", &R::node},
                                         {"zone", &R::zone},
                                         {"eligible", &R::eligible},
                                         {"reason", &R::reason},
                                         {"free_pages", &R::free_pages},
                                         {"free_from", &R::free_from},
                                         {"usable_pages", &R::usable_pages},
                                         {"cma_pages", &R::cma_pages},
                                         {"atomic_pages", &R::atomic_pages},
                                         {"isolated_pages", &R::isolated_pages},
                                         {"mark", &R::mark},
                                         {"min_pages", &R::min_pages},
                                         {"mark_pages", &R::mark_pages},
                                         {"mark_sum", &R::mark_sum},
                                         {"reserve_pages", &R::reserve_pages},
                                         {"watermark_ok", &R::watermark_ok},
                                         {"blocks_ok", &R::blocks_ok},
                                         {"verdict", &R::verdict},
                                         {"margin_pages", &R::margin_pages},
                                         {"frag_index", &R::frag_index},
                                         {"unusable_index", &R::unusable_index},
                                         {"last_try_pages", &R::last_try_pages},
                                         {"high_pages", &R::high_pages},
                                         {"last_try_ok", &R::last_try_ok}};
  return kFields;
}

std::span<const Field<CallSiteRow>> CallSiteRow::Fields() {
  using R = CallSiteRow;
  static constexpr Field<R> kFields[] = {
      {"event_id", &R::event_id},   {"site", &R::site},
      {"subsystem", &R::subsystem}, {"symbol", &R::symbol},
      {"module", &R::module},       {"entry", &R::entry},
      {"wanted", &R::wanted},       {"size_reason", &R::size_reason},
      {"lost", &R::lost},           {"severity", &R::severity},
      {"reliable", &R::reliable},   {"reference", &R::reference}};
  return kFields;
}

std::span<const Field<BalanceRow>> BalanceRow::Fields() {
  using R = BalanceRow;
  static constexpr Field<R> kFields[] = {{"event_id", &R::event_id},
                                         {"node", &R::node},
                                         {"total_kb", &R::total_kb},
                                         {"items", &R::items}};
  return kFields;
}

ResultRows ResultRowsOf(const IncidentFacts& facts) {
  std::vector<ZoneCheckRow> zone_checks;
  std::vector<CallSiteRow> call_sites;
  std::vector<BalanceRow> balances;
  for (const EventFacts& event : facts.events) {
    AddZoneChecks(event, zone_checks);
    AddCallSite(facts, event, call_sites);
    AddBalances(facts, event, balances);
  }
  return {RowsOf(std::move(zone_checks)), RowsOf(std::move(call_sites)),
          RowsOf(std::move(balances))};
}

}  // namespace kautopsy
