#include "reports/diagnosis/evidence.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace kautopsy {
namespace {

std::string Key(const EventFacts& event) { return fmt::format("event_id={}", event.id); }

std::string ZoneKey(const EventFacts& event, const ZoneFacts& zone) {
  return fmt::format("{} node={} zone={}", Key(event),
                     zone.node ? fmt::format("{}", *zone.node) : "NULL", zone.zone);
}

Evidence Make(const EventFacts& event, std::string relation, std::string row_key,
              std::vector<std::string> needles) {
  Evidence evidence;
  evidence.relation = std::move(relation);
  evidence.row_key = std::move(row_key);
  evidence.event_id = event.id;
  evidence.source_id = event.source_id;
  evidence.needles = std::move(needles);
  return evidence;
}

// One line of event_text: "<line>:<column>:<raw line>".
struct TextLine {
  int64_t line = 0;
  int64_t column = 0;
  std::string_view raw;
};

TextLine ReadTextLine(std::string_view text) {
  TextLine result;
  result.line = ConsumeInteger(text).value_or(0);
  ConsumePrefix(text, ":");
  result.column = ConsumeInteger(text).value_or(0);
  ConsumePrefix(text, ":");
  result.raw = text;
  return result;
}

// An evidence whose quote is looked for, part by part of an event's text.
struct Search {
  Evidence* evidence;
  std::size_t better;  // needles that would be a better find: at first all, and that of any line
};

// The first line that holds one of the needles, tried in their order; the first line of all if none
// does, or if there are no needles.
void Quote(std::string_view text, Search& search) {
  Evidence& evidence = *search.evidence;
  for (std::size_t i = 0; i < search.better; ++i) {
    const bool any = i == evidence.needles.size();
    const std::size_t at = any ? 0 : text.find(evidence.needles[i]);
    if (at == std::string_view::npos) continue;
    const std::size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const TextLine line = ReadTextLine(text.substr(begin, end - begin));
    evidence.line = line.line;
    evidence.column = line.column;
    evidence.text = std::string(line.raw);
    search.better = i;
  }
}

}  // namespace

Evidence ZoneEvidence(const EventFacts& event, const ZoneFacts& zone) {
  std::vector<std::string> needles;
  if (zone.node) needles.push_back(fmt::format("Node {} {} free:", *zone.node, zone.zone));
  needles.push_back(fmt::format("{} free:", zone.zone));
  return Make(event, "zone", ZoneKey(event, zone), std::move(needles));
}

Evidence FreeListEvidence(const EventFacts& event, const ZoneFacts& zone) {
  std::vector<std::string> needles;
  if (event.kind == "buddyinfo") {
    const int64_t node = zone.node.value_or(0);
    needles.push_back(fmt::format("Node {}, zone {}", node, zone.zone));
    needles.push_back(fmt::format("Node {}, zone {:>8}", node, zone.zone));  // as /proc prints it
    needles.push_back(fmt::format("Node {}, zone", node));
  }
  if (zone.node) needles.push_back(fmt::format("Node {} {}: ", *zone.node, zone.zone));
  needles.push_back(fmt::format("{}: ", zone.zone));
  return Make(event, "free_list", ZoneKey(event, zone), std::move(needles));
}

Evidence KillEvidence(const EventFacts& event, const KillFacts& kill) {
  const int64_t pid = kill.pid.value_or(0);
  return Make(event, "oom_kill", fmt::format("{} pid={}", Key(event), pid),
              {fmt::format("Killed process {}", pid), fmt::format("Kill process {}", pid),
               "Killed process", "Kill process"});
}

Evidence TaskEvidence(const EventFacts& event, const TaskFacts& task) {
  const int64_t pid = task.pid.value_or(0);
  return Make(event, "task", fmt::format("{} pid={}", Key(event), pid),
              {fmt::format("[{:>5}]", pid), fmt::format("[{:>7}]", pid), fmt::format("{}]", pid)});
}

Evidence AllocTagEvidence(const EventFacts& event, const AllocTagFacts& tag) {
  const std::string function = tag.function.value_or("");
  return Make(event, "alloc_tag", fmt::format("{} function={}", Key(event), function),
              {"func:" + function + "\n", "func:" + function});
}

Evidence HeaderEvidence(const EventFacts& event) {
  const bool oom = event.kind == "oom";
  return Make(event, oom ? "oom_report" : "page_alloc_failure", Key(event),
              {"invoked oom-killer", "page allocation failure", "page allocation stalls",
               "vmap allocation", "vmalloc_node_range for size", "allocation failure",
               "vmalloc error", "percpu: allocation failed", "PERCPU: allocation failed"});
}

Evidence CounterEvidence(const EventFacts& event, std::string_view words) {
  const bool pasted = !event.values.empty();
  return Make(event, pasted ? "proc_value" : "mem_info", Key(event), {std::string(words)});
}

// No event holds its text; it is quoted already.
Evidence GuestEvidence(const GuestFacts& guest) {
  Evidence evidence;
  evidence.relation = "guest";
  evidence.row_key = "name=" + guest.name;
  evidence.source_id = guest.source_id.value_or(0);
  evidence.line = guest.log_line.value_or(0);
  evidence.column = guest.log_column.value_or(0);
  evidence.text = guest.text.value_or("");
  return evidence;
}

Evidence FirstLineEvidence(const EventFacts& event, std::string_view relation) {
  return Make(event, std::string(relation), Key(event), {});
}

Status QuoteEvidence(RowReader& reader, std::vector<Finding>& findings) {
  constexpr const char* kSql =
      "SELECT text FROM event_text_part WHERE event_id = ?1 ORDER BY rowid";
  std::map<int64_t, std::vector<Search>> by_event;
  for (Finding& finding : findings) {
    for (Evidence& evidence : finding.evidence)
      by_event[evidence.event_id].push_back({&evidence, evidence.needles.size() + 1});
  }
  for (auto& entry : by_event) {
    std::vector<Search>& searches = entry.second;
    Status read = reader.ForEach(kSql, entry.first, [&searches](const Statement& row) {
      const std::string text = row.GetText(0).value_or("");
      for (Search& search : searches) Quote(text, search);
    });
    if (!read) return read;
  }
  return {};
}

std::string_view FactOf(const Evidence& evidence) {
  const std::string_view text = evidence.text;
  for (const std::string& needle : evidence.needles) {
    const std::size_t at = text.find(needle);
    if (at == std::string_view::npos) continue;
    // Names and numbers before the needle ("qemu_wl50: page allocation failure") belong to the
    // fact.
    const std::size_t kernel = text.rfind("kernel: ", at);
    return kernel == std::string_view::npos ? text.substr(at) : text.substr(kernel + 8);
  }
  const std::size_t kernel = text.find("kernel: ");
  return kernel == std::string_view::npos ? text : text.substr(kernel + 8);
}

}  // namespace kautopsy
