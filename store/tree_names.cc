#include "store/tree_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "parsers/input/host_file.h"
#include "store/guests.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// What an earlier ingest found holds on.
constexpr char kSelectLogs[] =
    "SELECT DISTINCT p.path, coalesce(s.tree_host, t.printed_host, b.host) AS host"
    " FROM source_path AS p JOIN source AS s USING (source_id)"
    " JOIN boot_source AS t USING (source_id) JOIN boot AS b USING (boot_id)"
    " WHERE b.host IS NOT NULL ORDER BY p.path, host";

// Folders of a root that are no other machine's.
constexpr std::string_view kFolders[] = {"etc/", "proc/",        "run/", "sos_commands/",
                                         "sys/", "sos_strings/", "var/"};

// {0}: both name one host. {1} and not {2}: it may be the host of another tree, too. Only names
// with one first label are compared: there may be thousands of trees.
constexpr char kChoose[] =
    "DROP TABLE IF EXISTS temp.host_name;"
    "CREATE TEMP TABLE host_name AS WITH tree AS"
    " (SELECT DISTINCT tree_host, substr(tree_host, 1, instr(tree_host || '.', '.') - 1) AS label"
    " FROM source WHERE tree_host IS NOT NULL),"
    " told AS (SELECT tree_host, tree_host AS host FROM tree UNION"
    " SELECT s.tree_host, p.printed_host FROM source AS s JOIN boot_source AS p USING (source_id)"
    " WHERE {0})"
    " SELECT tree_host, (SELECT host FROM told WHERE told.tree_host = tree.tree_host AND"
    " (host = tree.tree_host OR NOT EXISTS (SELECT 1 FROM tree AS other WHERE"
    " other.label = tree.label AND {1} AND NOT {2})) ORDER BY length(host), host LIMIT 1) AS host "
    "FROM tree";

constexpr char kRenameBoots[] =
    "UPDATE boot SET host = named.host FROM (SELECT b.boot_id, n.host, min(s.source_id)"
    " FROM boot AS b JOIN boot_source AS p USING (boot_id) JOIN source AS s USING (source_id)"
    " JOIN temp.host_name AS n USING (tree_host) WHERE b.host <> n.host AND {}"
    " GROUP BY b.boot_id) AS named WHERE boot.boot_id = named.boot_id";
// What a tree's file names in full is that host in other logs, too; a short name may be another's.
constexpr char kRenameBootsElsewhere[] =
    "UPDATE boot SET host = n.host FROM boot_source AS p JOIN temp.host_name AS n"
    " ON p.printed_host = n.tree_host WHERE p.boot_id = boot.boot_id AND boot.host <> n.host"
    " AND {}";
constexpr char kFindEventsElsewhere[] =
    "INSERT INTO temp.named_event WITH named AS (SELECT DISTINCT p.boot_id, p.source_id, n.host,"
    " n.tree_host FROM boot_source AS p JOIN temp.host_name AS n ON p.printed_host = n.tree_host)"
    " SELECT e.event_id, e.incident_id, n.host, min(p.rowid) FROM event AS e"
    " JOIN event_source AS p USING (event_id) JOIN named AS n"
    " ON n.boot_id = e.boot_id AND n.source_id = p.source_id"
    " WHERE e.host <> n.host AND {} AND e.event_id NOT IN (SELECT event_id FROM temp.named_event)"
    " GROUP BY e.event_id";
// Of events that name no host.
constexpr char kNameBoots[] =
    "UPDATE boot SET host = named.host FROM (SELECT e.boot_id, n.host, min(e.event_id)"
    " FROM event AS e JOIN event_source AS p USING (event_id) JOIN source AS s"
    " ON s.source_id = p.source_id JOIN temp.host_name AS n USING (tree_host)"
    " WHERE e.host IS NULL GROUP BY e.boot_id) AS named"
    " WHERE boot.boot_id = named.boot_id AND boot.host IS NULL";
constexpr char kFindEvents[] =
    "DROP TABLE IF EXISTS temp.named_event;"
    "CREATE TEMP TABLE named_event AS SELECT e.event_id, e.incident_id, n.host, min(p.rowid)"
    " FROM event AS e JOIN event_source AS p USING (event_id) JOIN source AS s"
    " ON s.source_id = p.source_id JOIN temp.host_name AS n USING (tree_host)"
    " WHERE e.host IS NULL OR e.host <> n.host AND {} GROUP BY e.event_id";
constexpr char kNameEvents[] =
    "UPDATE event SET host = n.host FROM temp.named_event AS n WHERE event.event_id = n.event_id;"
    "UPDATE incident SET host = n.host, outdated = 1 FROM (SELECT incident_id, host, min(event_id)"
    " FROM temp.named_event GROUP BY incident_id) AS n WHERE incident.incident_id = n.incident_id";
constexpr char kNameGuests[] =
    "UPDATE guest SET host = n.host FROM source AS s JOIN temp.host_name AS n USING (tree_host)"
    " WHERE s.source_id = guest.source_id AND guest.host <> n.host AND {}";
constexpr char kSelectNames[] =
    "SELECT tree_host, host FROM temp.host_name WHERE host <> tree_host ORDER BY tree_host";

// The root of the tree in which `path` is a log; empty if it is none.
std::string_view RootOfLog(std::string_view path) {
  static constexpr std::string_view kLogs = "/var/log/";
  const std::size_t at = path.rfind(kLogs);
  if (at == std::string_view::npos || at == 0) return {};
  std::string_view rest = path.substr(at + kLogs.size());
  // A folder is a service's, or of what other machines sent.
  const bool own = rest.starts_with("journal/") || rest.find('/') == std::string_view::npos;
  return own ? path.substr(0, at + 1) : std::string_view();
}

// Hosts that the logs of each root name.
using HostsOfRoots = std::map<std::string, std::set<std::string>, std::less<>>;

Result<HostsOfRoots> ReadLogs(Database& database, const TreeHosts& trees) {
  Result<Statement> logs = database.Prepare(kSelectLogs);
  if (!logs) return tl::unexpected(logs.error());
  HostsOfRoots hosts;
  Result<bool> row = logs->Step();
  for (; row && *row; row = logs->Step()) {
    const std::string_view path = logs->ViewText(0);
    const std::string_view root = RootOfLog(path);
    if (root.empty() || !IsHostName(logs->ViewText(1)) || FindTree(trees, path) != nullptr)
      continue;
    hosts[std::string(root)].insert(logs->GetText(1).value_or(""));
  }
  if (!row) return tl::unexpected(row.error());
  return hosts;
}

// The name that all others are with a domain behind it; null if there is none.
const std::string* OnlyHost(const std::set<std::string>& hosts) {
  const std::string& shortest =
      *std::ranges::min_element(hosts, {}, [](const std::string& host) { return host.size(); });
  const bool only = std::ranges::all_of(hosts, [&](const std::string& host) {
    return host == shortest || host.starts_with(shortest + ".");
  });
  return only ? &shortest : nullptr;
}

}  // namespace

Status AddTreesOfLogs(Database& database, TreeHosts& trees) {
  const Result<HostsOfRoots> roots = ReadLogs(database, trees);
  if (!roots) return tl::unexpected(roots.error());
  for (const auto& [root, hosts] : *roots) {
    const std::string* const host = OnlyHost(hosts);
    if (host == nullptr) continue;
    for (const std::string_view folder : kFolders) trees.emplace(root + std::string(folder), *host);
  }
  return {};
}

Status ChooseHostNames(Database& database) {
  return database.Execute(fmt::format(kChoose, SameHostSql("p.printed_host", "s.tree_host"),
                                      SameHostSql("other.tree_host", "told.host"),
                                      SameHostSql("other.tree_host", "tree.tree_host")));
}

Status CallHosts(Database& database, TreeHosts& trees) {
  Status done =
      database.Execute(fmt::format(kRenameBoots, SameHostSql("b.host", "n.tree_host")))
          .and_then([&] {
            return database.Execute(
                fmt::format(kRenameBootsElsewhere, SameHostSql("boot.host", "n.tree_host")));
          })
          .and_then([&] { return database.Execute(kNameBoots); })
          .and_then([&] {
            return database.Execute(fmt::format(kFindEvents, SameHostSql("e.host", "n.tree_host")));
          })
          .and_then([&] {
            return database.Execute(
                fmt::format(kFindEventsElsewhere, SameHostSql("e.host", "n.tree_host")));
          })
          .and_then([&] { return database.Execute(kNameEvents); })
          .and_then([&] {
            return database.Execute(
                fmt::format(kNameGuests, SameHostSql("guest.host", "n.tree_host")));
          });
  if (!done) return done;
  Result<Statement> names = database.Prepare(kSelectNames);
  if (!names) return tl::unexpected(names.error());
  std::map<std::string, std::string, std::less<>> called;
  Result<bool> row = names->Step();
  for (; row && *row; row = names->Step())
    called.emplace(names->GetText(0).value_or(""), names->GetText(1).value_or(""));
  for (auto& [root, host] : trees) {
    const auto name = called.find(host);
    if (name != called.end()) host = name->second;
  }
  return row ? Status() : tl::unexpected(row.error());
}

}  // namespace kautopsy
