#include "reports/diagnosis/rules/compact_ahead.h"

#include <fmt/core.h>

#include <string>

#include "reports/diagnosis/gfp_can.h"
#include "reports/format.h"

namespace kautopsy {

// Kernels since 5.9 can join pieces before they are asked for
// (Documentation/admin-guide/sysctl/vm.rst, compaction_proactiveness; 20 by default), older ones
// only on demand.
Advice CompactAhead(const KernelVersion& kernel, int64_t piece_kb) {
  if (!HasCompaction(kernel))
    return {"a kernel from 2.6.35 on", "it joins small pieces [compaction]; this one cannot",
            "a new kernel has to be tested", "compact_ lines in /proc/vmstat"};
  const bool proactive = kernel.AtLeast(5, 9);
  Advice advice;
  advice.act = proactive ? "vm.compaction_proactiveness=50 (20 by default)"
                         : "echo 1 > /proc/sys/vm/compact_memory in a quiet hour, from cron";
  advice.why =
      "joins small pieces before they are asked for; more free memory makes it last longer";
  advice.risk = proactive ? "the kernel spends more time on it" : "requests stall while it runs";
  advice.check =
      fmt::format("pieces of {} and more in /proc/buddyinfo stay above 0", PieceSize(piece_kb));
  return advice;
}

}  // namespace kautopsy
