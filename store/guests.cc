#include "store/guests.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "store/run_statement.h"

namespace kautopsy {
namespace {

// A row of the relation `guest`.
struct GuestRow {
  Text host, name, uuid;
  Integer memory_kb, current_memory_kb, max_memory_kb, vcpus, pid;
  Text started, told_by;
  Integer source_id, log_line, log_column;
  Text text;

  static std::span<const Field<GuestRow>> Fields() {
    using F = Field<GuestRow>;
    static constexpr std::array fields = {F("host", &GuestRow::host),
                                          F("name", &GuestRow::name),
                                          F("uuid", &GuestRow::uuid),
                                          F("memory_kb", &GuestRow::memory_kb),
                                          F("current_memory_kb", &GuestRow::current_memory_kb),
                                          F("max_memory_kb", &GuestRow::max_memory_kb),
                                          F("vcpus", &GuestRow::vcpus),
                                          F("pid", &GuestRow::pid),
                                          F("started", &GuestRow::started),
                                          F("told_by", &GuestRow::told_by),
                                          F("source_id", &GuestRow::source_id),
                                          F("log_line", &GuestRow::log_line),
                                          F("log_column", &GuestRow::log_column),
                                          F("text", &GuestRow::text)};
    return fields;
  }
  bool operator==(const GuestRow&) const = default;
};

// In the order of GuestTeller.
constexpr std::string_view kTellers[] = {"log", "config", "dumpxml", "state"};

std::size_t BeliefIn(const GuestRow& row) {
  const std::string_view teller = row.told_by ? *row.told_by : std::string_view();
  return static_cast<std::size_t>(std::ranges::find(kTellers, teller) - kTellers);
}

// Fills in what `row` does not tell.
void Complete(GuestRow& row, const GuestRow& other) {
  if (row.uuid && other.uuid && row.uuid != other.uuid) return;  // another one had the name before
  if (!row.memory_kb && other.memory_kb) {
    row.source_id = other.source_id;
    row.log_line = other.log_line;
    row.log_column = other.log_column;
    row.text = other.text;
  }
  for (const Field<GuestRow>& field : GuestRow::Fields()) {
    if (field.integer != nullptr && !(row.*field.integer))
      row.*field.integer = other.*field.integer;
    if (field.text != nullptr && !(row.*field.text)) row.*field.text = other.*field.text;
  }
}

GuestRow Joined(GuestRow known, GuestRow fresh) {
  const std::size_t known_belief = BeliefIn(known);
  const std::size_t fresh_belief = BeliefIn(fresh);
  const bool older =
      known_belief == fresh_belief && known.told_by == kTellers[0] && fresh.started < known.started;
  if (fresh_belief < known_belief || older) std::swap(known, fresh);
  Complete(fresh, known);
  return fresh;
}

// Reads and writes rows of `guest`.
class GuestTable {
 public:
  explicit GuestTable(Database& database) : database_(database) {}

  Status Open() {
    std::vector<std::string_view> columns;
    for (const Field<GuestRow>& field : GuestRow::Fields()) columns.push_back(field.column);
    const std::string list = fmt::format("{}", fmt::join(columns, ", "));
    const std::string marks =
        fmt::format("{}", fmt::join(std::vector<char>(columns.size(), '?'), ", "));
    const std::pair<std::string, Statement*> statements[] = {
        {"SELECT source_id FROM source WHERE content_hash = ?1 ORDER BY iif(?2 IS NULL,"
         " tree_host IS NULL, coalesce(" +
             SameHostSql("tree_host", "?2") + ", 0)) DESC, source_id LIMIT 1",
         &find_source_},
        // Without a host two machines may have guests of one name.
        {"SELECT " + list + ", rowid FROM guest WHERE name = ?2 AND host IS ?1" +
             " AND (?1 IS NOT NULL OR uuid IS ?3)",
         &find_},
        {"DELETE FROM guest WHERE rowid = ?1", &remove_},
        {"INSERT INTO guest (" + list + ") VALUES (" + marks + ")", &insert_},
        {"UPDATE incident SET outdated = 1 WHERE " + SameHostSql("host", "?1"), &outdate_}};
    if (Status ready = PrepareAll(database_, statements); !ready)
      return tl::unexpected(ready.error());
    return {};
  }

  Status Add(const FoundGuest& found, const TreeHosts& trees) {
    GuestRow row = RowOf(found, trees);
    find_source_.Bind(0, found.content_hash);
    BindLogText(find_source_, 1, row.host);
    const Result<bool> source = find_source_.Step();
    if (source && *source) row.source_id = find_source_.GetInteger(0);
    find_source_.Reset();
    return source ? Join(row) : tl::unexpected(source.error());
  }

 private:
  static GuestRow RowOf(const FoundGuest& found, const TreeHosts& trees) {
    const Guest& guest = found.guest;
    GuestRow row;
    if (const std::string* const host = FindTree(trees, found.path))
      row.host = *host;
    else if (!guest.host.empty())
      row.host = guest.host;
    row.name = guest.name;
    row.uuid = guest.uuid;
    row.memory_kb = guest.memory_kb;
    row.current_memory_kb = guest.current_memory_kb;
    row.max_memory_kb = guest.max_memory_kb;
    row.vcpus = guest.vcpus;
    row.pid = guest.pid;
    row.started = guest.started;
    row.told_by = std::string(kTellers[static_cast<std::size_t>(guest.teller)]);
    if (guest.line > 0) {
      row.log_line = static_cast<int64_t>(guest.line);
      row.log_column = static_cast<int64_t>(guest.column);
      row.text = guest.text;
    }
    return row;
  }

  Status Join(const GuestRow& fresh) {
    BindLogText(find_, 0, fresh.host);
    BindLogText(find_, 1, fresh.name);
    BindLogText(find_, 2, fresh.uuid);
    const Result<bool> found = find_.Step();
    if (!found) return tl::unexpected(found.error());
    const bool known = *found;
    GuestRow old;
    if (known) old = Read();
    const Integer rowid =
        known ? find_.GetInteger(static_cast<int>(GuestRow::Fields().size())) : std::nullopt;
    find_.Reset();
    const GuestRow row = known ? Joined(old, fresh) : fresh;
    if (known && row == old) return {};
    Status done = known ? Run(remove_, rowid) : Status();
    if (done) done = Insert(row);
    return done ? Run(outdate_, row.host) : done;
  }

  GuestRow Read() const {
    GuestRow row;
    int column = 0;
    for (const Field<GuestRow>& field : GuestRow::Fields()) {
      if (field.integer != nullptr)
        row.*field.integer = find_.GetInteger(column++);
      else
        row.*field.text = find_.GetText(column++);
    }
    return row;
  }

  Status Insert(const GuestRow& row) {
    int parameter = 0;
    for (const Field<GuestRow>& field : GuestRow::Fields()) {
      if (field.integer != nullptr)
        insert_.Bind(parameter++, row.*field.integer);
      else
        BindLogText(insert_, parameter++, row.*field.text);
    }
    return Run(insert_);
  }

  Database& database_;
  Statement find_source_;
  Statement find_;
  Statement remove_;
  Statement insert_;
  Statement outdate_;
};

Status AddAll(Database& database, const std::vector<FoundGuest>& found, const TreeHosts& trees) {
  GuestTable table(database);
  Status done = table.Open();
  for (const FoundGuest& guest : found) {
    if (done) done = table.Add(guest, trees);
  }
  return done;
}

}  // namespace

std::string SameHostSql(std::string_view one, std::string_view other) {
  return fmt::format(
      "({0} = {1} OR substr({0}, 1, length({1}) + 1) = {1} || '.'"
      " OR substr({1}, 1, length({0}) + 1) = {0} || '.')",
      one, other);
}

Status StoreGuests(Database& database, const std::vector<FoundGuest>& found,
                   const TreeHosts& trees) {
  if (found.empty()) return {};
  return InTransaction(database, [&] { return AddAll(database, found, trees); });
}

}  // namespace kautopsy
