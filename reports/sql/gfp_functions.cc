#include <fmt/core.h>

#include "base/text.h"
#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/sql/arguments.h"
#include "reports/sql/function_list.h"

namespace kautopsy {
namespace {

using Arguments = std::span<const SqlArgument>;

// The mask is a number, or names as kernels print them since 4.6.
std::optional<GfpMeaning> MeaningOf(Arguments arguments, std::size_t kernel_index) {
  const Integer mask = IntegerArgument(arguments, 0);
  const Text names = mask ? std::nullopt : TextArgument(arguments, 0);
  const KernelVersion kernel =
      ParseKernelVersion(TextArgument(arguments, kernel_index).value_or(""));
  return ReadGfp(mask, names, kernel);
}

Result<SqlValue> GfpFlags(Arguments arguments) {
  const std::optional<GfpMeaning> meaning = MeaningOf(arguments, 1);
  return meaning ? SqlValue(JoinNames(*meaning)) : SqlValue();
}

// A word that nobody knows is an error, as its 0 would be taken for an answer.
Result<SqlValue> GfpCanSql(Arguments arguments) {
  const Text word = TextArgument(arguments, 1);
  const std::optional<GfpMeaning> meaning = MeaningOf(arguments, 2);
  if (!word || !meaning) return SqlValue();
  const KernelVersion kernel = ParseKernelVersion(TextArgument(arguments, 2).value_or(""));
  const std::optional<bool> can = GfpCan(*word, *meaning, kernel);
  if (can) return int64_t{*can ? 1 : 0};
  return Fail(
      fmt::format("gfp_can() knows no '{}'; it knows:{}", EscapeForTerminal(*word), GfpCanWords()));
}

}  // namespace

const SqlFunction kGfpFlagsFunction = {
    .name = "gfp_flags",
    .min_arguments = 1,
    .max_arguments = 2,
    .signature = "gfp_flags(mask [, kernel_release])",
    .meaning =
        "Names of the bits of a request's mask, as kernels print them since 4.6. The bits' places "
        "differ by kernel: without `kernel_release` (`event.kernel_release`) the layout is taken "
        "that makes sense of the mask. `mask` may be a number, `'0x201da'`, or names.",
    .examples =
        "gfp_flags(32, '2.6.32-431.el6.x86_64')\n"
        "gfp_flags('0xcc0', '6.1.0')",
    .make = [] { return SqlBody(GfpFlags); },
};

const SqlFunction kGfpCanFunction = {
    .name = "gfp_can",
    .min_arguments = 2,
    .max_arguments = 3,
    .signature = "gfp_can(mask, what [, kernel_release])",
    .meaning =
        "1 if the request may do `what`, else 0. `what`: `reclaim` (sleep and free memory), "
        "`kswapd` (wake it), `io` (start disk I/O for it), `fs` (call filesystems for it), "
        "`compact` (have pieces joined), `reserve` (use memory below the min mark), `atomic` "
        "(urgent, and must not wait), `cma` (use contiguous areas), `this_node_only`, "
        "`no_memalloc`, `no_fail` (tries for ever), `give_up` (its caller has a way out), `warn` "
        "(a failure is printed); or a zone it may be given memory of: "
        "`DMA`, `DMA32`, `Normal`, `HighMem`, `Movable`. `mask` and `kernel_release` as in "
        "`gfp_flags`.",
    .examples =
        "gfp_can(32, 'reclaim', '2.6.32-431.el6.x86_64')\n"
        "gfp_can('GFP_KERNEL|__GFP_COMP', 'reclaim')\n"
        "gfp_can('GFP_DMA32', 'Normal')",
    .make = [] { return SqlBody(GfpCanSql); },
};

}  // namespace kautopsy
