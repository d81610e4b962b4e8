#include "parsers/input/sysctl_file.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kautopsy {
namespace {

constexpr std::string_view kNames[] = {"vm.admin_reserve_kbytes",
                                       "vm.compact_unevictable_allowed",
                                       "vm.compaction_proactiveness",
                                       "vm.dirty_background_bytes",
                                       "vm.dirty_background_ratio",
                                       "vm.dirty_bytes",
                                       "vm.dirty_expire_centisecs",
                                       "vm.dirty_ratio",
                                       "vm.dirty_writeback_centisecs",
                                       "vm.drop_caches",
                                       "vm.extfrag_threshold",
                                       "vm.extra_free_kbytes",
                                       "vm.lowmem_reserve_ratio",
                                       "vm.max_map_count",
                                       "vm.memory_failure_early_kill",
                                       "vm.memory_failure_recovery",
                                       "vm.min_free_kbytes",
                                       "vm.min_slab_ratio",
                                       "vm.min_unmapped_ratio",
                                       "vm.nr_hugepages",
                                       "vm.nr_overcommit_hugepages",
                                       "vm.oom_dump_tasks",
                                       "vm.oom_kill_allocating_task",
                                       "vm.overcommit_kbytes",
                                       "vm.overcommit_memory",
                                       "vm.overcommit_ratio",
                                       "vm.page-cluster",
                                       "vm.panic_on_oom",
                                       "vm.percpu_pagelist_fraction",
                                       "vm.percpu_pagelist_high_fraction",
                                       "vm.swappiness",
                                       "vm.user_reserve_kbytes",
                                       "vm.vfs_cache_pressure",
                                       "vm.watermark_boost_factor",
                                       "vm.watermark_scale_factor",
                                       "vm.zone_reclaim_mode",
                                       "kernel.hardlockup_panic",
                                       "kernel.hung_task_panic",
                                       "kernel.hung_task_timeout_secs",
                                       "kernel.hung_task_warnings",
                                       "kernel.nmi_watchdog",
                                       "kernel.numa_balancing",
                                       "kernel.oops_limit",
                                       "kernel.panic",
                                       "kernel.panic_on_io_nmi",
                                       "kernel.panic_on_oops",
                                       "kernel.panic_on_rcu_stall",
                                       "kernel.panic_on_unrecovered_nmi",
                                       "kernel.panic_on_warn",
                                       "kernel.pid_max",
                                       "kernel.printk",
                                       "kernel.shmall",
                                       "kernel.shmmax",
                                       "kernel.soft_watchdog",
                                       "kernel.softlockup_panic",
                                       "kernel.sysrq",
                                       "kernel.tainted",
                                       "kernel.threads-max",
                                       "kernel.unknown_nmi_panic",
                                       "kernel.warn_limit",
                                       "kernel.watchdog",
                                       "kernel.watchdog_thresh"};

class NamedSource final : public ByteSource {
 public:
  NamedSource(std::string name, ByteSource& file) : name_(std::move(name)), file_(file) {}

  Result<std::size_t> Read(std::span<char> block) override {
    if (given_ == name_.size()) return file_.Read(block);
    const std::size_t size = std::min(block.size(), name_.size() - given_);
    name_.copy(block.data(), size, given_);
    given_ += size;
    return size;
  }

 private:
  const std::string name_;
  ByteSource& file_;
  std::size_t given_ = 0;
};

}  // namespace

std::span<const std::string_view> SysctlNames() { return kNames; }

std::unique_ptr<ByteSource> NameSysctlFile(std::string_view path, ByteSource& file) {
  static constexpr std::string_view kFolder = "proc/sys/";
  const std::size_t at = path.rfind(kFolder);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return nullptr;
  std::string name(path.substr(at + kFolder.size()));
  std::ranges::replace(name, '/', '.');
  if (std::ranges::find(kNames, name) == std::end(kNames)) return nullptr;
  return std::make_unique<NamedSource>(name + " = ", file);
}

}  // namespace kautopsy
