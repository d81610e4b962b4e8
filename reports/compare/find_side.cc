#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "reports/builder.h"
#include "reports/compare/side.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostNamed = 8;

Error At(const SideName& name, const std::string& message) {
  return {fmt::format("{}: {}", name.text, message)};
}

struct StoredFile {
  int64_t source_id = 0;
  std::string path;
};

// The same content may have been found at several places; standard input is at none.
Result<std::vector<StoredFile>> StoredFiles(Database& database) {
  std::vector<StoredFile> files;
  const Status read =
      ForEachRow(database,
                 "SELECT source_id, path FROM source_path UNION SELECT source_id, path FROM source"
                 " ORDER BY source_id, path",
                 [&](const Statement& row) {
                   files.push_back({row.GetInteger(0).value_or(0), row.GetText(1).value_or("")});
                 });
  if (!read) return tl::unexpected(read.error());
  return files;
}

template <class Matches>
std::vector<StoredFile> Select(const std::vector<StoredFile>& files, Matches matches) {
  std::vector<StoredFile> selected;
  std::set<int64_t> seen;
  for (const StoredFile& file : files) {
    if (matches(file.path) && seen.insert(file.source_id).second) selected.push_back(file);
  }
  return selected;
}

std::string PathsOf(const std::vector<StoredFile>& files) {
  std::string names;
  for (std::size_t i = 0; i < files.size() && i < kMostNamed; ++i)
    names += (i == 0 ? "" : ", ") + files[i].path;
  if (files.size() > kMostNamed) names += fmt::format(" and {} more", files.size() - kMostNamed);
  return names;
}

// The sources that a file's name means: that path, else the one path that ends in it, else all
// below it, as of a folder or an archive. An error if there is none or it is not clear.
Result<std::vector<StoredFile>> FindFiles(Database& database, const SideName& name) {
  const Result<std::vector<StoredFile>> files = StoredFiles(database);
  if (!files) return tl::unexpected(files.error());
  const std::string& wanted = name.file;
  std::vector<StoredFile> found =
      Select(*files, [&](const std::string& path) { return path == wanted; });
  if (found.empty()) {
    found = Select(*files, [&](const std::string& path) { return path.ends_with("/" + wanted); });
    if (found.size() > 1)
      return tl::unexpected(At(name, "several files have that name; name one: " + PathsOf(found)));
  }
  if (found.empty() && !name.line)
    found = Select(*files, [&](const std::string& path) { return path.starts_with(wanted + "/"); });
  if (!found.empty()) return found;
  if (files->empty()) return tl::unexpected(At(name, "no file was read"));
  return tl::unexpected(At(name, "no such file was read; there is " + PathsOf(*files)));
}

Result<SidePick> FindIncident(Database& database, const SideName& name) {
  Result<std::vector<int64_t>> ids = FindIncidents(database, {}, false);
  if (!ids) return tl::unexpected(ids.error());
  if (std::find(ids->begin(), ids->end(), *name.incident) != ids->end()) {
    SidePick pick;
    pick.name = name;
    pick.incident_id = *name.incident;
    return pick;
  }
  const std::string what = fmt::format("incident {}", *name.incident);
  if (ids->empty()) return Fail(what + ": there are no incidents");
  std::sort(ids->begin(), ids->end());
  constexpr std::size_t kMostIncidents = 20;
  const std::size_t shown = std::min(ids->size(), kMostIncidents);
  std::string names = fmt::format("{}", fmt::join(ids->begin(), ids->begin() + shown, ", "));
  if (shown < ids->size()) names += fmt::format(" ... {}", ids->back());
  return Fail(
      fmt::format("{}: there is none; there {} {}", what, ids->size() == 1 ? "is" : "are", names));
}

// A record at a place of a source.
struct PlacedEvent {
  int64_t id = 0;
  Integer incident_id;
  bool command = false;
  int64_t first_line = 0, last_line = 0, first_column = 0;
  std::string title;
};

// Records that belong to incidents, in the order of the source.
Result<std::vector<PlacedEvent>> EventsOf(Database& database, int64_t source_id) {
  std::vector<PlacedEvent> events;
  const Status read = ForEachRow(
      database,
      "SELECT e.event_id, e.incident_id, e.kind = 'command', s.first_line, s.last_line,"
      " s.first_column, e.title FROM event_source AS s JOIN event AS e ON e.event_id = s.event_id"
      " WHERE s.source_id = ?1 AND e.incident_id IS NOT NULL"
      " ORDER BY s.first_line, s.first_column, e.event_id",
      [&](const Statement& row) {
        PlacedEvent event;
        event.id = row.GetInteger(0).value_or(0);
        event.incident_id = row.GetInteger(1);
        event.command = row.GetInteger(2) == 1;
        event.first_line = row.GetInteger(3).value_or(0);
        event.last_line = row.GetInteger(4).value_or(0);
        event.first_column = row.GetInteger(5).value_or(0);
        event.title = row.GetText(6).value_or("");
        events.push_back(std::move(event));
      },
      source_id);
  if (!read) return tl::unexpected(read.error());
  return events;
}

std::string PlaceWords(const PlacedEvent& event) {
  return fmt::format("{}:{} {}", event.first_line, event.first_column, event.title);
}

// The records next to the line, in their order, for a message.
std::string NearestWords(const std::vector<PlacedEvent>& events, int64_t line) {
  std::vector<const PlacedEvent*> nearest;
  for (const PlacedEvent& event : events) {
    if (!event.command) nearest.push_back(&event);
  }
  const auto distance = [line](const PlacedEvent* event) {
    return line < event->first_line ? event->first_line - line : line - event->last_line;
  };
  std::stable_sort(nearest.begin(), nearest.end(), [&](const auto* one, const auto* other) {
    return distance(one) < distance(other);
  });
  constexpr std::size_t kMostNear = 4;
  nearest.resize(std::min(nearest.size(), kMostNear));
  std::sort(nearest.begin(), nearest.end(), [](const auto* one, const auto* other) {
    return std::pair(one->first_line, one->first_column) <
           std::pair(other->first_line, other->first_column);
  });
  std::string words;
  for (const PlacedEvent* event : nearest) words += "\n  " + PlaceWords(*event);
  return words;
}

// The records that the line, and the column if there is one, may mean. What follows a command on
// its line is its output, and what the command's place means.
std::vector<PlacedEvent> Meant(const std::vector<PlacedEvent>& events, const SideName& name) {
  std::vector<PlacedEvent> meant;
  for (const PlacedEvent& event : events) {
    if (event.first_line > *name.line || event.last_line < *name.line) continue;
    const bool begins_behind =
        name.column && event.first_line == *name.line && event.first_column > *name.column;
    if (begins_behind && !meant.empty() && !meant.back().command) break;
    if (name.column) meant.clear();  // the last one that begins before the column
    meant.push_back(event);
  }
  std::erase_if(meant, [](const PlacedEvent& event) { return event.command; });
  return meant;
}

Result<SidePick> FindPlace(Database& database, const SideName& name) {
  const Result<std::vector<StoredFile>> files = FindFiles(database, name);
  if (!files) return tl::unexpected(files.error());
  const int64_t source_id = files->front().source_id;
  const Result<std::vector<PlacedEvent>> events = EventsOf(database, source_id);
  if (!events) return tl::unexpected(events.error());
  if (events->empty()) return tl::unexpected(At(name, "the file holds no record to compare"));
  const std::vector<PlacedEvent> meant = Meant(*events, name);
  if (meant.empty()) {
    return tl::unexpected(
        At(name, "no record stands there; the nearest are" + NearestWords(*events, *name.line)));
  }
  SidePick pick;
  pick.name = name;
  pick.incident_id = meant.front().incident_id.value_or(0);
  pick.source_id = source_id;
  pick.line = meant.front().first_line;
  pick.column = meant.front().first_column;
  for (const PlacedEvent& event : meant) {
    if (event.incident_id == pick.incident_id) pick.event_ids.push_back(event.id);
  }
  return pick;
}

// The newest incident with a record in these sources; in any, if there are none.
Result<SidePick> FindNewest(Database& database, const SideName& name,
                            const std::vector<StoredFile>& files) {
  std::string condition;
  for (const StoredFile& file : files)
    condition += fmt::format("{}{}", condition.empty() ? "" : ", ", file.source_id);
  if (!condition.empty()) {
    condition =
        " WHERE incident_id IN (SELECT e.incident_id FROM event_source AS s"
        " JOIN event AS e ON e.event_id = s.event_id WHERE s.source_id IN (" +
        condition + "))";
  }
  SidePick pick;
  pick.name = name;
  int64_t incidents = 0;
  // As `kautopsy report --last` chooses.
  const Status read = ForEachRow(database,
                                 "SELECT incident_id FROM incident" + condition +
                                     " ORDER BY last_time DESC, last_us DESC, incident_id DESC",
                                 [&](const Statement& row) {
                                   if (++incidents == 1)
                                     pick.incident_id = row.GetInteger(0).value_or(0);
                                 });
  if (!read) return tl::unexpected(read.error());
  if (incidents == 0)
    return tl::unexpected(At(name, "no incident and no output about memory was found in it"));
  if (incidents > 1) pick.chosen = fmt::format("the newest of {} incidents", incidents);
  return pick;
}

}  // namespace

Result<SidePick> FindSide(Database& database, const SideName& name, bool whole_store) {
  if (name.incident) return FindIncident(database, name);
  if (name.line) return FindPlace(database, name);
  if (whole_store) return FindNewest(database, name, {});
  const Result<std::vector<StoredFile>> files = FindFiles(database, name);
  if (!files) return tl::unexpected(files.error());
  return FindNewest(database, name, *files);
}

}  // namespace kautopsy
