#include "reports/render/json.h"

#include "base/text.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

using Json = nlohmann::ordered_json;

Json Value(const Integer& value) { return value ? Json(*value) : Json(); }
Json Value(const Real& value) { return value ? Json(*value) : Json(); }
Json Value(const Text& value) { return value ? Json(ToUtf8(*value)) : Json(); }
Json Value(const std::string& value) { return ToUtf8(value); }
Json Value(const std::optional<bool>& value) { return value ? Json(*value) : Json(); }
Json OrNull(const std::string& value) { return value.empty() ? Json() : Value(value); }

template <class Item, class Convert>
Json List(const std::vector<Item>& items, Convert convert) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(convert(item));
  return list;
}

Json EvidenceJson(const Evidence& evidence) {
  const bool quoted = evidence.line > 0;
  return {{"relation", evidence.relation},
          {"row_key", Value(evidence.row_key)},
          {"event_id", evidence.event_id},
          {"source_id", evidence.source_id},
          {"line", quoted ? Json(evidence.line) : Json()},
          {"column", quoted ? Json(evidence.column) : Json()},
          {"text", quoted ? Value(evidence.text) : Json()}};
}

Json AdviceJson(const Advice& advice) {
  return {{"act", Value(advice.act)},
          {"why", OrNull(advice.why)},
          {"risk", OrNull(advice.risk)},
          {"check", OrNull(advice.check)}};
}

Json FindingJson(const Finding& finding) {
  return {{"role", RoleName(finding.role)},
          {"rule", finding.rule},
          {"cause", Value(finding.cause)},
          {"severity", SeverityName(finding.severity)},
          {"confidence", ConfidenceName(finding.confidence)},
          {"confidence_why", OrNull(finding.confidence_why)},
          {"event_id", finding.event_id > 0 ? Json(finding.event_id) : Json()},
          {"title", Value(finding.title)},
          {"explanation", Value(finding.explanation)},
          {"recommendation", OrNull(RecommendationText(finding))},
          {"advice", List(finding.advice, AdviceJson)},
          {"evidence", List(finding.evidence, EvidenceJson)}};
}

Json EventJson(const EventLine& event) {
  return {{"event_id", event.id},
          {"kind", event.kind},
          {"title", Value(event.title)},
          {"host", Value(event.host)},
          {"time", Value(event.time)},
          {"local_time", Value(event.local_time)},
          {"time_quality", event.time_quality},
          {"complete", event.complete},
          {"damage", Value(event.damage)},
          {"source_id", event.source_id},
          {"line", event.line},
          {"column", event.column}};
}

Json LedgerJson(const SourceLedger& source) {
  return {{"path", Value(source.path)},
          {"lines", source.lines},
          {"claimed", source.claimed},
          {"noise", source.noise},
          {"unclaimed_kernel", source.unclaimed_kernel},
          {"not_kernel", source.not_kernel},
          {"damaged", source.damaged},
          {"records", source.records},
          {"incomplete", source.incomplete},
          {"damage", Value(source.damage)}};
}

Json ZoneCheckJson(const ZoneCheck& check, bool assumed) {
  return {{"node", Value(check.node)},
          {"zone", Value(check.zone)},
          {"eligible", check.eligible},
          {"free_pages", Value(check.free_pages)},
          {"free_from", OrNull(std::string(FreeFrom(check)))},
          {"usable_pages", Value(check.usable_pages)},
          {"cma_pages", Value(check.cma_pages)},
          {"atomic_pages", Value(check.atomic_pages)},
          {"isolated_pages", check.isolated_pages},
          {"mark", "min"},
          {"min_pages", Value(check.min_pages)},
          {"mark_pages", Value(check.mark_pages)},
          {"mark_sum", OrNull(MarkWords(check))},
          {"reserve_pages", Value(check.reserve_pages)},
          {"watermark_ok", Value(check.watermark_ok)},
          {"blocks_ok", Value(check.blocks_ok)},
          {"verdict", VerdictCode(check, assumed)},
          {"margin_pages", Value(check.margin_pages)},
          {"frag_index", Value(check.frag_index)},
          {"unusable_index", Value(check.unusable_index)},
          {"reason", Value(check.reason)}};
}

Json RerunJson(const RerunSection& section) {
  const bool assumed = section.rerun.request.assumed;
  return {{"question", Value(section.question)},
          {"order", section.rerun.request.order},
          {"request_assumed", assumed},
          {"rule", Value(section.rule)},
          {"zones", List(section.rerun.checks,
                         [&](const ZoneCheck& check) { return ZoneCheckJson(check, assumed); })},
          {"notes", List(section.notes, [](const std::string& note) { return Value(note); })}};
}

Json FreeListJson(const FreeListSection& section) {
  const auto zone_json = [](const ZoneFacts& zone) {
    return Json{
        {"node", Value(zone.node)},
        {"zone", Value(zone.zone)},
        {"free_kb", Value(zone.free_kb)},
        {"min_kb", Value(zone.min_kb)},
        {"low_kb", Value(zone.low_kb)},
        {"high_kb", Value(zone.high_kb)},
        {"pieces", List(zone.cells, [](const FreeCell& cell) {
           return Json{{"order", cell.order}, {"block_kb", cell.block_kb}, {"count", cell.count}};
         })}};
  };
  return {{"day", OrNull(section.day)}, {"zones", List(section.zones, zone_json)}};
}

Json ItemJson(const BalanceItem& item) {
  return {{"item", item.item}, {"part_of", OrNull(item.part_of)}, {"size_kb", item.size_kb}};
}

Json MemoryJson(const MemorySection& section) {
  return {{"day", OrNull(section.day)},
          {"ram_kb", section.ram_known ? Json(section.ram_kb) : Json()},
          {"total_kb", section.ram_kb},
          {"items", List(section.items, ItemJson)},
          {"parts", List(section.parts, ItemJson)},
          {"reach", section.reach.empty() ? Json()
                                          : Json{{"name", section.reach},
                                                 {"total_kb", section.reach_kb},
                                                 {"items", List(section.reach_items, ItemJson)}}},
          {"nodes", List(section.nodes,
                         [](const NodeBalance& node) {
                           return Json{{"node", node.node},
                                       {"total_kb", node.total_kb},
                                       {"items", List(node.items, ItemJson)}};
                         })},
          {"note", OrNull(section.note)}};
}

Json HoldersJson(const HoldersSection& section) {
  return {{"kind", section.guests ? "guests" : "programs"},
          {"day", OrNull(section.day)},
          {"total_kb", section.total_kb},
          {"ram_kb", Value(section.ram_kb)},
          {"commands", List(section.commands,
                            [](const CommandSum& command) {
                              return Json{{"comm", Value(command.comm)},
                                          {"tasks", command.tasks},
                                          {"rss_kb", Value(command.rss_kb)}};
                            })},
          {"grown", List(section.grown, [](const std::string& text) { return Value(text); })},
          {"holders", List(section.holders, [](const Holder& holder) {
             return Json{{"name", Value(holder.name)},
                         {"pid", Value(holder.pid)},
                         {"rss_kb", holder.rss_kb},
                         {"killed", holder.killed}};
           })}};
}

Json TimelineJson(const TimelineSection& section) {
  const auto row_json = [](const TimelineRow& row) {
    return Json{{"moment", Value(row.moment)},
                {"what", Value(row.what)},
                {"free_kb", Value(row.free_kb)},
                {"cache_kb", Value(row.cache_kb)},
                {"pieces", List(row.pieces, [](const Integer& pieces) { return Value(pieces); })}};
  };
  return {{"note", OrNull(section.note)},
          {"piece_kb", section.piece_kb},
          {"nodes", section.nodes},
          {"rows", List(section.rows, row_json)},
          {"left_out", section.left_out},
          {"notes", List(section.notes, [](const std::string& note) { return Value(note); })}};
}

Json LabelledJson(const LabelledText& line) {
  return {{"label", line.label}, {"command", OrNull(line.command)}, {"text", OrNull(line.text)}};
}

void AddSections(const IncidentReport& report, Json& json) {
  json["verdict"] = List(report.verdict, [](const VerdictLine& line) {
    return Json{{"label", line.label},
                {"text", Value(line.text)},
                {"cause", OrNull(line.code)},
                {"when", OrNull(line.when)},
                {"confidence", OrNull(line.confidence)}};
  });
  json["do_now"] = List(report.do_now, LabelledJson);
  json["deaths"] = List(report.deaths, [](const Death& death) {
    return Json{
        {"moment", Value(death.moment)},
        {"what", Value(death.what)},
        {"details", List(death.details, [](const std::string& detail) { return Value(detail); })},
        {"damage", OrNull(death.damage)}};
  });
  json["why"] = List(report.why, RerunJson);
  json["free_lists"] = List(report.free_lists, FreeListJson);
  json["memory"] = List(report.memory, MemoryJson);
  json["holders"] = List(report.holders, HoldersJson);
  json["refusals"] = List(report.refusals, [](const RefusalSection& section) {
    return Json{{"day", OrNull(section.day)},
                {"what", Value(section.what)},
                {"lines", List(section.lines, LabelledJson)}};
  });
  json["timeline"] = TimelineJson(report.timeline);
  json["for_good"] = List(report.for_good, AdviceJson);
}

Json CountJson(const CountLine& line) {
  return {
      {"name", Value(line.name)}, {"count", line.count}, {"biggest_kb", Value(line.biggest_kb)}};
}

Json SummaryJson(const Overview& overview) {
  const auto host_json = [](const HostLine& line) {
    return Json{{"host", Value(line.host)},          {"incidents", line.incidents},
                {"by_period", line.by_period},       {"rhythm", OrNull(line.rhythm)},
                {"usual_cause", OrNull(line.cause)}, {"of_usual_cause", line.of_cause}};
  };
  const auto shared_json = [](const SharedSignature& shared) {
    return Json{{"signature", Value(shared.signature)}, {"hosts", List(shared.hosts, CountJson)}};
  };
  return {{"incidents", overview.incidents},
          {"with_kills", overview.with_kills},
          {"from", Value(overview.from)},
          {"to", Value(overview.to)},
          {"by_period", overview.by_period},
          {"severities", List(overview.severities, CountJson)},
          {"causes", List(overview.causes, CountJson)},
          {"victims", List(overview.victims, CountJson)},
          {"hosts", List(overview.hosts, host_json)},
          {"shared_signatures", List(overview.shared, shared_json)}};
}

}  // namespace

Json OverviewJson(const Overview& overview) {
  return {{"schema_version", kReportSchemaVersion},
          {"records", overview.store.records},
          {"incomplete", overview.store.incomplete},
          {"hosts", overview.store.hosts},
          {"ledger", List(overview.store.sources, LedgerJson)},
          {"summary", SummaryJson(overview)}};
}

Json IncidentJson(const IncidentReport& report) {
  Json json = {{"incident_id", report.line.id},
               {"host", Value(report.line.host)},
               {"first_time", Value(report.line.first_time)},
               {"last_time", Value(report.line.last_time)},
               {"when", Value(report.line.when)},
               {"headline", Value(report.line.headline)},
               {"primary_cause", report.line.primary_cause},
               {"severity", report.line.severity},
               {"confidence", report.line.confidence},
               {"victims", OrNull(report.line.victims)},
               {"signature", OrNull(report.line.signature)},
               {"kernel_release", Value(report.kernel_release)},
               {"other_releases", report.other_releases},
               {"ram_kb", Value(report.ram_kb)},
               {"swap_kb", Value(report.swap_kb)},
               {"findings", List(report.findings, FindingJson)},
               {"events", List(report.events, EventJson)}};
  AddSections(report, json);
  json["unknowns"] = List(report.unknowns, [](const Missing& missing) {
    return Json{{"what", Value(missing.what)}, {"find_out", missing.find_out}};
  });
  json["checks"] = List(report.checks, [](const SelfCheck& check) {
    return Json{{"name", check.name},
                {"agrees", check.ok},
                {"note", check.note},
                {"text", Value(check.text)},
                {"event_id", check.event_id}};
  });
  json["evidence"] = List(report.references, [](const Reference& reference) {
    return Json{{"number", reference.number}, {"quotes", List(reference.quotes, EvidenceJson)}};
  });
  return json;
}

}  // namespace kautopsy
