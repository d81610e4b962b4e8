#include "reports/known_causes.h"

namespace kautopsy {

std::vector<std::string_view> KnownCauses() {
  return {
      "address_space", "atomic_high_order", "atomic_reserve", "bad_request",    "cma",
      "crash_kernel",  "fork_storm",        "fragmentation",  "hardware",       "host_exhausted",
      "hugepages",     "kernel_bug",        "low_zone",       "manual",         "memcg_limit",
      "mlocked",       "numa_constraint",   "own_limit",      "pagetables",     "premature_oom",
      "shmem",         "slab_leak",         "stall",          "task_leak",      "unaccounted",
      "unkillable",    "unknown",           "vm_overcommit",  "writeback_stall"};
}

}  // namespace kautopsy
