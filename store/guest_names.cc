#include <fmt/core.h>

#include "store/guests.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kMayTell[] =
    "SELECT EXISTS (SELECT 1 FROM guest WHERE host IS NOT NULL)"
    " OR EXISTS (SELECT 1 FROM event WHERE event_id > ?1 AND kind = 'ps')";

// The names that distributions give to qemu's program, as the kernel cuts them.
constexpr char kIsQemu[] = "(comm IN ('qemu', 'qemu-kvm', 'kvm') OR comm LIKE 'qemu-system-%')";

// Processes of reports and kills that may be a guest's; `qemus` is how many there are in the event.
constexpr char kCollect[] =
    "DROP TABLE IF EXISTS temp.unnamed;"
    "CREATE TEMP TABLE unnamed AS WITH qemu AS"
    " (SELECT event_id, pid, total_vm_kb, guest FROM task WHERE guest IS NOT NULL OR {0}"
    " UNION ALL SELECT event_id, pid, total_vm_kb, guest FROM oom_kill"
    " WHERE guest IS NOT NULL OR {0})"
    " SELECT e.event_id, e.host, e.time, e.boot_id, t.pid, t.total_vm_kb,"
    " CAST(NULL AS TEXT) AS name, (SELECT count(DISTINCT q.pid) FROM qemu AS q"
    " WHERE q.event_id = e.event_id) AS qemus FROM event AS e JOIN qemu AS t USING (event_id)"
    " WHERE e.kind = 'oom' AND e.host IS NOT NULL AND t.pid IS NOT NULL AND t.guest IS NULL";

// It had its pid before the event and has it now: libvirt tells of no later start.
constexpr char kByState[] =
    "UPDATE temp.unnamed SET name = (SELECT min(g.name) FROM guest AS g WHERE g.pid = unnamed.pid"
    " AND g.told_by = 'state' AND substr(g.started, 1, 19) < substr(unnamed.time, 1, 19) AND {0}"
    " HAVING count(*) = 1) WHERE name IS NULL";

// A pid is used again after a while, but hardly by another qemu whose address space differs by less
// than an eighth: that of one process changes with its threads' stacks only.
constexpr char kByPs[] =
    "UPDATE temp.unnamed SET name = (SELECT min(t.guest) FROM event AS e JOIN task AS t"
    " USING (event_id) WHERE e.kind = 'ps' AND t.pid = unnamed.pid AND t.guest IS NOT NULL AND {0}"
    " AND (e.boot_id IS NULL OR unnamed.boot_id IS NULL OR e.boot_id = unnamed.boot_id)"
    " AND abs(t.total_vm_kb - unnamed.total_vm_kb) <= t.total_vm_kb / 8"
    " HAVING count(DISTINCT t.guest) = 1) WHERE name IS NULL";

constexpr char kOnlyOne[] =
    "UPDATE temp.unnamed SET name = (SELECT min(g.name) FROM guest AS g WHERE {0}"
    " HAVING count(*) = 1) WHERE name IS NULL AND qemus <= 1";

constexpr char kWrite[] =
    "DELETE FROM temp.unnamed WHERE name IS NULL;"
    "UPDATE task SET guest = u.name FROM temp.unnamed AS u WHERE task.event_id = u.event_id"
    " AND task.pid = u.pid AND task.guest IS NULL;"
    "UPDATE oom_kill SET guest = u.name, workload_kind = 'guest', workload = u.name"
    " FROM temp.unnamed AS u WHERE oom_kill.event_id = u.event_id AND oom_kill.pid = u.pid"
    " AND oom_kill.guest IS NULL;"
    "UPDATE oom_report SET workload_kind = 'guest', workload = u.name FROM temp.unnamed AS u"
    " WHERE oom_report.event_id = u.event_id AND oom_report.chosen_pid = u.pid"
    " AND coalesce(oom_report.workload_kind, '') <> 'guest';"
    "UPDATE incident SET outdated = 1 WHERE incident_id IN (SELECT e.incident_id FROM event AS e"
    " JOIN temp.unnamed USING (event_id));"
    "DROP TABLE temp.unnamed";

Status NameAll(Database& database) {
  const std::string same_guest = SameHostSql("g.host", "unnamed.host");
  const std::string same_event = SameHostSql("e.host", "unnamed.host");
  return database.Execute(fmt::format(kCollect, kIsQemu))
      .and_then([&] { return database.Execute(fmt::format(kByState, same_guest)); })
      .and_then([&] { return database.Execute(fmt::format(kByPs, same_event)); })
      .and_then([&] { return database.Execute(fmt::format(kOnlyOne, same_guest)); })
      .and_then([&] { return database.Execute(kWrite); });
}

}  // namespace

Status NameGuests(Database& database, int64_t last_event_id) {
  Result<Statement> may_tell = database.Prepare(kMayTell);
  if (!may_tell) return tl::unexpected(may_tell.error());
  may_tell->Bind(0, last_event_id);
  const Result<bool> row = may_tell->Step();
  if (!row) return tl::unexpected(row.error());
  const bool nothing = may_tell->GetInteger(0) != 1;
  may_tell->Reset();
  if (nothing) return {};
  return InTransaction(database, [&] { return NameAll(database); });
}

}  // namespace kautopsy
