#include "store/boot_merger.h"

#include <algorithm>

#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kMerge[] =
    "UPDATE boot SET journal_boot_id = coalesce(boot.journal_boot_id, o.journal_boot_id), "
    "first_time = min(coalesce(boot.first_time, o.first_time), coalesce(o.first_time, "
    "boot.first_time)), last_time = max(coalesce(boot.last_time, o.last_time), "
    "coalesce(o.last_time, boot.last_time)), "
    "kernel_from = CASE WHEN boot.kernel_release IS NULL OR (o.kernel_release IS NOT NULL AND "
    "o.kernel_from IS NULL) THEN o.kernel_from ELSE boot.kernel_from END, "
    "kernel_release = coalesce(iif(boot.kernel_from IS NULL, boot.kernel_release, NULL), "
    "iif(o.kernel_from IS NULL, o.kernel_release, NULL), boot.kernel_release, o.kernel_release), "
    "banner = coalesce(boot.banner, o.banner), "
    "command_line = coalesce(boot.command_line, o.command_line), "
    "crash_kernel = coalesce(boot.crash_kernel, o.crash_kernel), "
    "hardware = coalesce(boot.hardware, o.hardware), "
    "hypervisor = coalesce(boot.hypervisor, o.hypervisor), "
    "ram_from = CASE WHEN boot.ram_kb IS NULL THEN o.ram_from ELSE boot.ram_from END, "
    "ram_kb = coalesce(boot.ram_kb, o.ram_kb), ended = coalesce(boot.ended, o.ended) "
    "FROM (SELECT * FROM boot WHERE boot_id = ?2) AS o WHERE boot.boot_id = ?1";
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.merged_boot;"
    "CREATE TEMP TABLE merged_boot (gone INTEGER PRIMARY KEY, kept INTEGER NOT NULL)";
constexpr char kInsert[] = "INSERT INTO temp.merged_boot VALUES (?1, ?2)";
constexpr char kMove[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id IN "
    "(SELECT incident_id FROM event WHERE boot_id IN (SELECT gone FROM temp.merged_boot));"
    "UPDATE event SET boot_id = m.kept FROM temp.merged_boot AS m WHERE boot_id = m.gone;"
    "UPDATE incident SET boot_id = m.kept FROM temp.merged_boot AS m WHERE boot_id = m.gone;"
    "UPDATE boot_source SET boot_id = m.kept FROM temp.merged_boot AS m WHERE boot_id = m.gone;"
    "DELETE FROM boot WHERE boot_id IN (SELECT gone FROM temp.merged_boot);"
    "DROP TABLE temp.merged_boot";

}  // namespace

int64_t BootMerger::Resolve(int64_t boot_id) const {
  for (auto found = kept_.find(boot_id); found != kept_.end(); found = kept_.find(boot_id))
    boot_id = found->second;
  return boot_id;
}

Status BootMerger::Merge(int64_t one, int64_t other) {
  const auto [kept, gone] = std::minmax(one, other);
  Result<Statement> merge = database_.Prepare(kMerge);
  if (!merge) return tl::unexpected(merge.error());
  kept_.emplace(gone, kept);
  return Run(*merge, kept, gone);
}

Status BootMerger::Finish() {
  if (kept_.empty()) return {};
  if (Status created = database_.Execute(kCreate); !created) return created;
  Result<Statement> insert = database_.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  for (const auto& [gone, kept] : kept_) {
    if (Status done = Run(*insert, gone, Resolve(kept)); !done) return done;
  }
  kept_.clear();
  return database_.Execute(kMove);
}

}  // namespace kautopsy
