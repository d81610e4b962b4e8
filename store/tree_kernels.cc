#include "store/tree_kernels.h"

#include "store/run_statement.h"

namespace kautopsy {
namespace {

// One that has no time may be the latest.
constexpr char kSelectBoots[] =
    "SELECT DISTINCT b.boot_id, substr(b.last_time, 1, 19) AS last,"
    " b.kernel_release IS NULL AND b.ended IS NULL FROM boot AS b"
    " JOIN boot_source AS s USING (boot_id) JOIN source_path AS p USING (source_id)"
    " WHERE b.host = ?1 AND substr(p.path, 1, length(?2)) = ?2"
    " ORDER BY last IS NULL DESC, last DESC, b.boot_id LIMIT 2";
constexpr char kFill[] =
    "UPDATE boot SET kernel_release = ?2, kernel_from = 'uname' WHERE boot_id = ?1";
constexpr char kOutdate[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id IN"
    " (SELECT incident_id FROM event WHERE boot_id = ?1)";

// The boot that runs on, if it lacks its release.
Result<Integer> FindBoot(Statement& boots, const std::string& host, const std::string& root) {
  BindCell(boots, 0, host);
  BindCell(boots, 1, root);
  Integer boot_id;
  Text last_time;
  bool only = true;
  Result<bool> row = boots.Step();
  if (row && *row) {
    last_time = boots.GetText(1);
    if (boots.GetInteger(2) == 1) boot_id = boots.GetInteger(0);
    row = boots.Step();
    only = !row || !*row || (last_time && last_time != boots.GetText(1));
  }
  boots.Reset();
  if (!row) return tl::unexpected(row.error());
  return only ? boot_id : std::nullopt;
}

Status FillAll(Database& database, const TreeKernels& kernels, const TreeHosts& trees) {
  Statement boots;
  Statement fill;
  Statement outdate;
  const std::pair<const char*, Statement*> statements[] = {
      {kSelectBoots, &boots}, {kFill, &fill}, {kOutdate, &outdate}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  for (const auto& [root, release] : kernels) {
    const std::string* const host = FindTree(trees, root + "var/log/");
    if (host == nullptr) continue;
    const Result<Integer> boot_id = FindBoot(boots, *host, root);
    if (!boot_id) return tl::unexpected(boot_id.error());
    if (!*boot_id) continue;
    Status done = Run(fill, **boot_id, release).and_then([&] { return Run(outdate, **boot_id); });
    if (!done) return done;
  }
  return {};
}

}  // namespace

Status FillKernelsOfTrees(Database& database, const TreeKernels& kernels, const TreeHosts& trees) {
  if (kernels.empty()) return {};
  return InTransaction(database, [&] { return FillAll(database, kernels, trees); });
}

}  // namespace kautopsy
