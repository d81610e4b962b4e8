#include "reports/incident_filter.h"

#include <re2/re2.h>

#include <nlohmann/json.hpp>

namespace kautopsy {

Result<std::string> ParseMoment(std::string_view text) {
  static const RE2 kMoment(
      R"(\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?)?Z?)");
  if (!RE2::FullMatch(text, kMoment))
    return Fail(std::string(text) + " is no date: write 2026-11-20 or 2026-11-20T09:14 (UTC)");
  std::string moment(text.substr(0, text.find('Z')));
  if (const std::size_t blank = moment.find(' '); blank != std::string::npos) moment[blank] = 'T';
  return moment;
}

// Lists are arrays of JSON. SQLite writes [^a] for the shell's [!a] (func.c, patternCompare()).
const char* const kFilterSql =
    "(?1 IS NULL OR incident.incident_id = ?1)"
    " AND (?2 IS NULL OR EXISTS (SELECT 1 FROM json_each(?2) AS name"
    "  WHERE incident.host = name.value OR incident.host GLOB replace(name.value, '[!', '[^')))"
    " AND (?3 IS NULL OR substr(incident.last_time, 1, length(?3)) >= ?3)"
    " AND (?4 IS NULL OR substr(incident.first_time, 1, length(?4)) <= ?4)"
    " AND (?5 IS NULL OR EXISTS (SELECT 1 FROM event AS of_kind"
    "  WHERE of_kind.incident_id = incident.incident_id"
    "  AND of_kind.kind IN (SELECT value FROM json_each(?5))))"
    " AND (?6 IS NULL OR incident.primary_cause IN (SELECT value FROM json_each(?6)))"
    " AND (?7 IS NULL OR EXISTS (SELECT 1 FROM event AS of_guest JOIN oom_kill USING (event_id)"
    "  JOIN json_each(?7) AS name WHERE of_guest.incident_id = incident.incident_id"
    "  AND (oom_kill.guest = name.value OR oom_kill.guest GLOB replace(name.value, '[!', '[^'))))"
    " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM event AS of_comm LEFT JOIN oom_kill USING (event_id)"
    "  JOIN json_each(?8) AS name WHERE of_comm.incident_id = incident.incident_id"
    "  AND (of_comm.comm = name.value OR of_comm.comm GLOB replace(name.value, '[!', '[^')"
    "  OR oom_kill.comm = name.value OR oom_kill.comm GLOB replace(name.value, '[!', '[^'))))";

void BindFilter(Statement& statement, const IncidentFilter& filter) {
  using nlohmann::json;
  const auto array = [](const std::vector<std::string>& names) {
    return names.empty() ? Text()
                         : json(names).dump(-1, ' ', false, json::error_handler_t::replace);
  };
  int parameter = 0;
  statement.Bind(parameter++, filter.incident);
  for (const Text& text : {array(filter.hosts), filter.since, filter.until, array(filter.kinds),
                           array(filter.causes), array(filter.guests), array(filter.comms)})
    statement.Bind(parameter++, text);
}

}  // namespace kautopsy
