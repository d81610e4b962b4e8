#include "store/tree_copies.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "store/guests.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// Places are read to their end before anything is changed. An event's home is the tree whose lines
// name a host, else the first one.
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.stray; DROP TABLE IF EXISTS temp.twin;"
    "DROP TABLE IF EXISTS temp.event_copy; DROP TABLE IF EXISTS temp.boot_copy;"
    "CREATE TEMP TABLE event_copy (event_id INTEGER, copy_id INTEGER);"
    "CREATE TEMP TABLE boot_copy (boot_id INTEGER, host TEXT, copy_id INTEGER);"
    "CREATE TEMP TABLE twin (event_key TEXT, event_id INTEGER);"
    "CREATE TEMP TABLE stray (place INTEGER, event_id INTEGER, source_id INTEGER,"
    " first_line INTEGER, last_line INTEGER, first_column INTEGER, host TEXT)";
constexpr char kFindStrays[] =
    "INSERT INTO temp.stray SELECT place, event_id, source_id, first_line, last_line, first_column,"
    " tree_host FROM (SELECT p.rowid AS place, p.*, s.tree_host, first_value(s.tree_host) OVER"
    " (PARTITION BY event_id ORDER BY p.names_host DESC, p.rowid) AS home"
    " FROM event_source AS p JOIN source AS s USING (source_id) WHERE s.tree_host IS NOT NULL"
    " AND event_id IN (SELECT q.event_id FROM event_source AS q JOIN source AS t USING (source_id)"
    " GROUP BY q.event_id HAVING min(t.tree_host) <> max(t.tree_host)))"
    " WHERE names_host = 0 AND NOT {} ORDER BY source_id, place";
constexpr char kFindTwins[] =
    "INSERT INTO temp.twin SELECT event_key, event_id FROM event WHERE event_key IN"
    " (SELECT event_key FROM event WHERE event_id IN (SELECT event_id FROM temp.stray));"
    "CREATE INDEX temp.twin_by_key ON twin (event_key)";
constexpr char kSelectStrays[] = "SELECT * FROM temp.stray ORDER BY rowid";
// An event of the host's own, once per source. Clocks that both have must agree.
constexpr char kFindTwin[] =
    "SELECT e.event_id FROM event AS o JOIN temp.twin AS t USING (event_key) JOIN event AS e"
    " ON e.event_id = t.event_id WHERE o.event_id = ?1 AND e.event_id <> ?1 AND e.kind = o.kind"
    " AND {} AND coalesce(e.uptime_us, o.uptime_us) IS coalesce(o.uptime_us, e.uptime_us)"
    " AND coalesce(e.local_time, o.local_time) IS coalesce(o.local_time, e.local_time)"
    " AND NOT EXISTS (SELECT 1 FROM event_source AS p WHERE p.event_id = e.event_id"
    " AND p.source_id = ?3) ORDER BY e.event_id LIMIT 1";
constexpr char kFindBoot[] = "SELECT boot_id FROM event WHERE event_id = ?1";
constexpr char kCountLines[] = "SELECT ?2 - first_line FROM event WHERE event_id = ?1";
constexpr char kNoteTwin[] =
    "INSERT INTO temp.twin SELECT event_key, event_id FROM event WHERE event_id = ?1";
constexpr char kNoteCopy[] = "INSERT INTO temp.event_copy VALUES (?1, ?2)";
constexpr char kKeepClocks[] =
    "INSERT INTO event_clock (head_hash, clock_us, event_id, wall_us)"
    " SELECT k.head_hash, k.clock_us, c.copy_id, k.wall_us FROM event_clock AS k"
    " JOIN temp.event_copy AS c USING (event_id) ORDER BY k.head_hash, k.clock_us, c.copy_id";
constexpr char kMovePlace[] = "UPDATE event_source SET event_id = ?2 WHERE rowid = ?1";
constexpr char kOutdate[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id ="
    " (SELECT incident_id FROM event WHERE event_id = ?1)";
constexpr char kFindBootCopy[] =
    "SELECT copy_id FROM temp.boot_copy WHERE boot_id = ?1 AND host = ?2";
constexpr char kNoteBoot[] = "INSERT INTO temp.boot_copy VALUES (?1, ?2, ?3)";
// Of the place's source, which tells of the host's own boot.
constexpr char kMoveBoot[] =
    "UPDATE boot_source SET boot_id = n.boot_id FROM event AS n, event AS o WHERE n.event_id = ?2"
    " AND o.event_id = ?1 AND boot_source.boot_id = o.boot_id AND boot_source.source_id = ?3"
    " AND n.boot_id IS NOT NULL";
constexpr char kSelectLeft[] =
    "SELECT e.event_id, p.source_id, p.first_line, p.last_line, p.first_column,"
    " p.first_line - e.first_line, min(p.rowid) FROM event AS e JOIN event_source AS p"
    " USING (event_id) WHERE e.event_id IN (SELECT event_id FROM temp.stray) AND NOT EXISTS"
    " (SELECT 1 FROM event_source AS q WHERE q.event_id = e.event_id AND q.source_id = e.source_id)"
    " GROUP BY e.event_id ORDER BY e.event_id";
constexpr char kMoveEvent[] =
    "UPDATE event SET source_id = ?2, first_line = ?3, last_line = ?4, first_column = ?5"
    " WHERE event_id = ?1";
// What the parsers write of an event; the diagnosis makes its own relations anew.
constexpr char kSelectRelations[] =
    "SELECT t.name, EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'log_line')"
    " FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
    " AND c.name = 'event_id' AND t.name NOT IN ('event', 'event_source', 'event_clock', 'finding',"
    " 'zone_check', 'call_site', 'memory_balance') ORDER BY t.name";
constexpr char kSelectColumns[] = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";

// By column, what a copied row has there instead.
using Changes = std::map<std::string_view, std::string_view>;

// A statement that copies the rows of a relation in which `key` is ?2.
Result<Statement> PrepareCopy(Database& database, std::string_view relation, std::string_view key,
                              const Changes& changes) {
  Result<Statement> select = database.Prepare(kSelectColumns);
  if (!select) return select;
  select->Bind(0, relation);
  std::string columns;
  std::string values;
  Result<bool> row = select->Step();
  for (; row && *row; row = select->Step()) {
    const std::string column = "\"" + select->GetText(0).value_or("") + "\"";
    const auto change = changes.find(select->ViewText(0));
    columns += (columns.empty() ? "" : ", ") + column;
    values += values.empty() ? "" : ", ";
    values += change == changes.end() ? column : change->second;
  }
  if (!row) return tl::unexpected(row.error());
  return database.Prepare(
      fmt::format("INSERT INTO {0} ({1}) SELECT {2} FROM {0} WHERE {3} = ?2"
                  " ORDER BY rowid",
                  relation, columns, values, key));
}

// The first column of the row that the statement gives, if it gives one.
template <class... Cells>
Result<Integer> Ask(Statement& statement, const Cells&... cells) {
  int parameter = 0;
  (BindCell(statement, parameter++, cells), ...);
  const Result<bool> row = statement.Step();
  const Integer answer = row && *row ? statement.GetInteger(0) : Integer();
  statement.Reset();
  if (!row) return tl::unexpected(row.error());
  return answer;
}

// "<line>:<column>:<raw text>" per line.
std::string Shifted(std::string_view text, int64_t lines) {
  std::string shifted;
  while (!text.empty()) {
    int64_t line = 0;
    const char* const behind = std::from_chars(text.data(), text.data() + text.size(), line).ptr;
    shifted += std::to_string(line + lines);
    text.remove_prefix(static_cast<std::size_t>(behind - text.data()));
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    shifted += text.substr(0, size);
    text.remove_prefix(size);
  }
  return shifted;
}

}  // namespace

Result<std::unique_ptr<TreeCopies>> TreeCopies::Create(Database& database) {
  std::unique_ptr<TreeCopies> copies(new TreeCopies(database));
  Status ready = database.Execute(kCreate)
                     .and_then([&] { return copies->Prepare(); })
                     .and_then([&] { return copies->PrepareCopies(); })
                     .and_then([&] { return copies->PrepareRelations(); });
  if (!ready) return tl::unexpected(ready.error());
  return copies;
}

Status TreeCopies::Prepare() {
  const std::pair<std::string, Statement*> statements[] = {
      {"SELECT iif(tree_host IS NULL, 0, iif(" + SameHostSql("tree_host", "?2") +
           ", 1, 2)) FROM source WHERE source_id = ?1",
       &compare_tree_},
      {"UPDATE source SET tree_host = ?2 WHERE source_id = ?1", &set_tree_},
      {"SELECT s.source_id FROM source AS o JOIN source AS s USING (content_hash)"
       " WHERE o.source_id = ?1 AND " +
           SameHostSql("s.tree_host", "?2") + " ORDER BY s.source_id LIMIT 1",
       &find_source_},
      {"UPDATE source_path SET source_id = ?2 WHERE path = ?1", &move_path_},
      {fmt::format(kFindTwin, SameHostSql("e.host", "?2")), &find_twin_},
      {kFindBoot, &find_boot_},
      {kCountLines, &count_lines_},
      {kNoteTwin, &note_twin_},
      {kNoteCopy, &note_copy_},
      {kMovePlace, &move_place_},
      {kMoveEvent, &move_event_},
      {kOutdate, &outdate_},
      {kFindBootCopy, &find_boot_copy_},
      {kNoteBoot, &note_boot_},
      {kMoveBoot, &move_boot_},
      {"SELECT rowid, text FROM event_text_part WHERE event_id = ?1 ORDER BY rowid", &select_text_},
      {"UPDATE event_text_part SET text = ?2 WHERE rowid = ?1", &update_text_}};
  if (Status ready = PrepareAll(database_, statements); !ready)
    return tl::unexpected(ready.error());
  return {};
}

Status TreeCopies::PrepareCopies() {
  struct Copy {
    Statement* target;
    const char* relation;
    const char* key;
    Changes changes;
  };
  copy_of_source_.resize(3);
  const Copy copies[] = {
      {&copy_of_source_[0], "unclaimed_line", "source_id", {{"source_id", "?1"}}},
      {&copy_of_source_[1], "event_source", "source_id", {{"source_id", "?1"}}},
      {&copy_of_source_[2], "boot_source", "source_id", {{"source_id", "?1"}}},
      {&copy_source_,
       "source",
       "source_id",
       {{"source_id", "NULL"},
        {"path", "?1"},
        {"tree_host", "?3"},
        {"zone", "iif(zone_from = 'option', zone, NULL)"},  // the other tree's is its own
        {"zone_from", "iif(zone_from = 'option', zone_from, NULL)"},
        {"outdated", "1"}}},
      {&copy_boot_, "boot", "boot_id", {{"boot_id", "NULL"}, {"host", "?1"}}},
      {&copy_event_,
       "event",
       "event_id",
       {{"event_id", "NULL"},
        {"host", "?1"},
        {"boot_id", "?3"},
        {"source_id", "?4"},
        {"first_line", "?5"},
        {"last_line", "?6"},
        {"first_column", "?7"},
        {"incident_id", "NULL"}}}};
  for (const Copy& copy : copies) {
    Result<Statement> statement = PrepareCopy(database_, copy.relation, copy.key, copy.changes);
    if (!statement) return tl::unexpected(statement.error());
    *copy.target = std::move(*statement);
  }
  return {};
}

Status TreeCopies::PrepareRelations() {
  Result<Statement> relations = database_.Prepare(kSelectRelations);
  if (!relations) return tl::unexpected(relations.error());
  Result<bool> row = relations->Step();
  for (; row && *row; row = relations->Step()) {
    const std::string relation = relations->GetText(0).value_or("");
    Result<Statement> copy = PrepareCopy(database_, relation, "event_id", {{"event_id", "?1"}});
    if (!copy) return tl::unexpected(copy.error());
    copy_rows_.push_back(std::move(*copy));
    if (relations->GetInteger(1) != 1) continue;
    Result<Statement> shift = database_.Prepare(
        "UPDATE " + relation + " SET log_line = log_line + ?2 WHERE event_id = ?1");
    if (!shift) return tl::unexpected(shift.error());
    shift_rows_.push_back(std::move(*shift));
  }
  return row ? Status() : tl::unexpected(row.error());
}

Status TreeCopies::PlacePath(std::string_view path, int64_t source_id, std::string_view host) {
  enum : int64_t { kNone, kSame, kOther };
  const Result<Integer> tree = Ask(compare_tree_, source_id, host);
  if (!tree) return tl::unexpected(tree.error());
  if (*tree == kNone) return Run(set_tree_, source_id, host);
  if (*tree != kOther) return {};
  const Result<Integer> own = Ask(find_source_, source_id, host);
  if (!own) return tl::unexpected(own.error());
  return *own ? Run(move_path_, path, *own) : CopySource(path, source_id, host);
}

Status TreeCopies::CopySource(std::string_view path, int64_t source_id, std::string_view host) {
  if (Status done = Run(copy_source_, path, source_id, host); !done) return done;
  const int64_t copy_id = database_.LastInsertId();
  ++sources_;
  Status done = Run(move_path_, path, copy_id);
  for (Statement& statement : copy_of_source_) {
    if (done) done = Run(statement, copy_id, source_id);
  }
  return done;
}

Status TreeCopies::SplitEvents() {
  Status found =
      database_.Execute(fmt::format(kFindStrays, SameHostSql("home", "tree_host"))).and_then([&] {
        return database_.Execute(kFindTwins);
      });
  if (!found) return found;
  Result<Statement> strays = database_.Prepare(kSelectStrays);
  if (!strays) return tl::unexpected(strays.error());
  Result<bool> row = strays->Step();
  for (; row && *row; row = strays->Step()) {
    Stray stray;
    int column = 0;
    for (int64_t* const cell : {&stray.place, &stray.event_id, &stray.source_id, &stray.first_line,
                                &stray.last_line, &stray.first_column})
      *cell = strays->GetInteger(column++).value_or(0);
    stray.host = strays->ViewText(column);
    if (Status done = Split(stray); !done) return done;
  }
  if (!row) return tl::unexpected(row.error());
  return database_.Execute(kKeepClocks).and_then([&] { return PointToFirstPlaces(); });
}

Status TreeCopies::Split(const Stray& stray) {
  Result<Integer> own = Ask(find_twin_, stray.event_id, stray.host, stray.source_id);
  if (own && !*own) own = CopyEvent(stray);
  if (!own) return tl::unexpected(own.error());
  return Run(move_place_, stray.place, *own)
      .and_then([&] { return Run(move_boot_, stray.event_id, *own, stray.source_id); })
      .and_then([&] { return Run(outdate_, stray.event_id); });
}

Result<Integer> TreeCopies::CopyEvent(const Stray& stray) {
  Result<Integer> boot_id = Ask(find_boot_, stray.event_id);
  if (!boot_id) return boot_id;
  Result<Integer> own_boot = CopyBoot(*boot_id, stray.host);
  if (!own_boot) return own_boot;
  Status done = Run(copy_event_, stray.host, stray.event_id, *own_boot, stray.source_id,
                    stray.first_line, stray.last_line, stray.first_column);
  const int64_t copy_id = database_.LastInsertId();
  ++events_;
  if (done) done = CopyRows(copy_id, stray);
  if (done) done = Run(note_twin_, copy_id);
  if (done) done = Run(note_copy_, stray.event_id, copy_id);
  if (!done) return tl::unexpected(done.error());
  return Integer(copy_id);
}

Status TreeCopies::CopyRows(int64_t event_id, const Stray& stray) {
  Status done;
  for (Statement& statement : copy_rows_) {
    if (done) done = Run(statement, event_id, stray.event_id);
  }
  if (!done) return done;
  const Result<Integer> lines = Ask(count_lines_, stray.event_id, stray.first_line);
  if (!lines) return tl::unexpected(lines.error());
  return ShiftLines(event_id, lines->value_or(0));
}

Result<Integer> TreeCopies::CopyBoot(const Integer& boot_id, const std::string& host) {
  if (!boot_id) return Integer();
  Result<Integer> known = Ask(find_boot_copy_, *boot_id, host);
  if (!known || *known) return known;
  if (Status done = Run(copy_boot_, host, *boot_id); !done) return tl::unexpected(done.error());
  const int64_t copy_id = database_.LastInsertId();
  if (Status done = Run(note_boot_, *boot_id, host, copy_id); !done)
    return tl::unexpected(done.error());
  return Integer(copy_id);
}

// Where the first source of an event has one of its own now.
Status TreeCopies::PointToFirstPlaces() {
  struct Left {
    int64_t event_id = 0;
    Integer place[4];
    int64_t lines = 0;
  };
  std::vector<Left> left;
  Result<Statement> select = database_.Prepare(kSelectLeft);
  if (!select) return tl::unexpected(select.error());
  Result<bool> row = select->Step();
  for (; row && *row; row = select->Step()) {
    Left& event = left.emplace_back();
    event.event_id = select->GetInteger(0).value_or(0);
    for (int i = 0; i < 4; ++i) event.place[i] = select->GetInteger(i + 1);
    event.lines = select->GetInteger(5).value_or(0);
  }
  Status done = row ? Status() : tl::unexpected(row.error());
  for (const Left& event : left) {
    const auto& [source_id, first_line, last_line, first_column] = event.place;
    if (done)
      done = Run(move_event_, event.event_id, source_id, first_line, last_line, first_column);
    if (done) done = ShiftLines(event.event_id, event.lines);
  }
  return done;
}

Status TreeCopies::ShiftLines(int64_t event_id, int64_t lines) {
  if (lines == 0) return {};
  Status done;
  for (Statement& statement : shift_rows_) {
    if (done) done = Run(statement, event_id, lines);
  }
  return done ? ShiftText(event_id, lines) : done;
}

Status TreeCopies::ShiftText(int64_t event_id, int64_t lines) {
  std::vector<std::pair<int64_t, std::string>> pieces;
  select_text_.Bind(0, event_id);
  Result<bool> row = select_text_.Step();
  for (; row && *row; row = select_text_.Step())
    pieces.emplace_back(select_text_.GetInteger(0).value_or(0), select_text_.ViewText(1));
  select_text_.Reset();
  Status done = row ? Status() : tl::unexpected(row.error());
  for (const auto& [rowid, text] : pieces) {
    if (done) done = Run(update_text_, rowid, Shifted(text, lines));
  }
  return done;
}

}  // namespace kautopsy
