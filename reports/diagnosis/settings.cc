#include "reports/diagnosis/settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/text.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr const char* kSettings =
    "SELECT v.name, v.value, e.event_id, e.source_id, s.path, e.time FROM event AS e"
    " JOIN proc_value AS v USING (event_id) JOIN source AS s USING (source_id)"
    " WHERE e.kind = 'sysctl' AND e.host = (SELECT host FROM incident WHERE incident_id = ?1)"
    " ORDER BY v.name, e.time_us IS NOT NULL, abs(e.time_us - ?2), e.event_id DESC, v.rowid";
constexpr double kLargestNumber = 1e15;  // keeps the conversion defined

// What an incident is about, as far as settings matter.
struct Subject {
  bool oom = false;    // of the host, not of a control group
  bool group = false;  // an OOM of a control group
  bool refused = false;
  bool crash = false;
  bool hung = false;
  bool lockup = false;
  bool stall = false;
  bool nodes = false;    // the machine has several
  bool no_swap = false;  // it is known to have none
};

Subject SubjectOf(const IncidentFacts& facts) {
  Subject subject;
  for (const EventFacts& event : facts.events) {
    const bool killed = event.oom || !event.kills.empty();
    (OfGroup(event) ? subject.group : subject.oom) |= killed;
    subject.refused |= event.refusal.has_value();
    subject.crash |=
        event.kind == "panic" || event.kind == "oops" || event.kind == "bug" || event.kind == "gpf";
    subject.hung |= event.kind == "hung_task";
    subject.lockup |= event.kind == "soft_lockup" || event.kind == "hard_lockup";
    subject.stall |= event.kind == "rcu_stall";
    subject.nodes |= std::ranges::any_of(
        event.zones, [](const ZoneFacts& zone) { return zone.node.value_or(0) > 0; });
    subject.no_swap |=
        event.mem && event.mem->total_swap_kb == 0 && event.mem->free_swap_kb.value_or(0) >= 0;
  }
  return subject;
}

// Documentation/admin-guide/sysctl/vm.rst and kernel.rst say what each does. Those that are off
// unless somebody wants them are told where they are on.
struct Relevant {
  std::string_view name;
  bool (*matters)(const Subject& subject);
  bool if_on = false;
};
constexpr Relevant kRelevant[] = {
    {"vm.overcommit_memory", [](const Subject& it) { return it.oom; }},
    {"vm.panic_on_oom", [](const Subject& it) { return it.oom || it.group; }},
    {"vm.oom_kill_allocating_task", [](const Subject& it) { return it.oom; }, true},
    {"vm.swappiness", [](const Subject& it) { return it.oom && !it.no_swap; }},
    {"vm.min_free_kbytes", [](const Subject& it) { return it.oom || it.refused; }},
    {"vm.extra_free_kbytes", [](const Subject& it) { return it.oom || it.refused; }, true},
    {"vm.watermark_scale_factor", [](const Subject& it) { return it.refused; }},
    {"vm.watermark_boost_factor", [](const Subject& it) { return it.refused; }},
    {"vm.zone_reclaim_mode", [](const Subject& it) { return it.nodes; }},
    {"vm.nr_hugepages", [](const Subject& it) { return it.oom; }, true},
    {"vm.dirty_ratio", [](const Subject& it) { return it.hung; }},
    {"vm.dirty_bytes", [](const Subject& it) { return it.hung; }, true},
    {"kernel.hung_task_timeout_secs", [](const Subject& it) { return it.hung; }},
    {"kernel.hung_task_panic", [](const Subject& it) { return it.hung; }},
    {"kernel.watchdog_thresh", [](const Subject& it) { return it.lockup; }},
    {"kernel.softlockup_panic", [](const Subject& it) { return it.lockup; }},
    {"kernel.hardlockup_panic", [](const Subject& it) { return it.lockup; }},
    {"kernel.panic_on_rcu_stall", [](const Subject& it) { return it.stall; }},
    {"kernel.panic_on_oops", [](const Subject& it) { return it.crash; }},
    {"kernel.panic",
     [](const Subject& it) { return it.crash || it.hung || it.lockup || it.stall; }}};

const SettingFacts* FindSetting(const IncidentFacts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts.settings, name, &SettingFacts::name);
  return found == facts.settings.end() ? nullptr : &*found;
}

std::vector<const SettingFacts*> RelevantSettings(const IncidentFacts& facts) {
  const Subject subject = SubjectOf(facts);
  std::vector<const SettingFacts*> settings;
  for (const Relevant& relevant : kRelevant) {
    const SettingFacts* const setting = FindSetting(facts, relevant.name);
    if (setting && relevant.matters(subject) && (!relevant.if_on || setting->value != 0))
      settings.push_back(setting);
  }
  return settings;
}

// The file of all, or the folder.
std::string PlaceOf(const std::vector<const SettingFacts*>& settings) {
  std::string_view place = settings.front()->path;
  for (const SettingFacts* const setting : settings) {
    if (setting->path == place) continue;
    const auto apart = std::ranges::mismatch(place, setting->path).in1;
    place = place.substr(0, static_cast<std::size_t>(apart - place.begin()));
    place = place.substr(0, place.rfind('/') + 1);
  }
  return std::string(place);
}

Evidence SettingEvidence(const SettingFacts& setting) {
  Evidence evidence;
  evidence.relation = "proc_value";
  evidence.row_key = fmt::format("event_id={} name={}", setting.event_id, setting.name);
  evidence.event_id = setting.event_id;
  evidence.source_id = setting.source_id;
  evidence.needles = {setting.name};
  return evidence;
}

bool EndsName(std::string_view text, std::size_t at) {
  return at == text.size() || !(IsDigit(text[at]) || text[at] == '_' || text[at] == '-' ||
                                (text[at] >= 'a' && text[at] <= 'z'));
}

}  // namespace

Status ReadSettings(RowReader& reader, IncidentFacts& facts) {
  int64_t time_us = 0;
  for (const EventFacts& event : facts.events) {
    if (time_us == 0) time_us = event.time_us.value_or(0);
  }
  return reader.ForEach(kSettings, {facts.id, time_us}, [&](const Statement& row) {
    const double value = row.GetReal(1).value_or(0);
    const std::string_view name = row.ViewText(0);
    const bool known = !facts.settings.empty() && facts.settings.back().name == name;
    if (known || !(std::abs(value) < kLargestNumber)) return;
    facts.settings.push_back({std::string(name), std::llround(value), row.GetInteger(2).value_or(0),
                              row.GetInteger(3).value_or(0), row.GetText(4).value_or(""),
                              row.GetText(5)});
  });
}

std::optional<Finding> RuleSettings(const IncidentFacts& facts) {
  const std::vector<const SettingFacts*> settings = RelevantSettings(facts);
  if (settings.empty()) return std::nullopt;
  Finding finding;
  finding.rule = "settings";
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "read with the host's files, not at the time";
  std::vector<std::string> words;
  for (const SettingFacts* const setting : settings) {
    words.push_back(fmt::format("{}={}", setting->name, setting->value));
    finding.evidence.push_back(SettingEvidence(*setting));
  }
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  const Text& time = settings.front()->time;
  constexpr std::size_t kDay = 10;  // of ISO 8601
  const std::string when = time ? " on " + time->substr(0, kDay) : "";
  finding.title = fmt::format("Settings of the host, as its files tell them: {}.", list);
  finding.brief = fmt::format("{} (read{} from {})", list, when, PlaceOf(settings));
  finding.explanation =
      "They were read when the files were collected; that they were the same when it happened is "
      "likely, not shown.";
  return finding;
}

void TellPresentValue(const IncidentFacts& facts, std::string& act) {
  constexpr std::string_view kTold = "(now ";
  constexpr std::string_view kVague = "its present value";
  if (act.find(kTold) != std::string::npos) return;
  for (const SettingFacts& setting : facts.settings) {
    const std::size_t at = act.find(setting.name);
    if (at == std::string::npos || !EndsName(act, at + setting.name.size())) continue;
    const std::size_t vague = act.find(kVague);
    if (vague != std::string::npos)
      act.insert(vague + kVague.size(), " of " + Thousands(setting.value));
    else
      act += fmt::format(" (now {})", Thousands(setting.value));
    return;
  }
}

}  // namespace kautopsy
