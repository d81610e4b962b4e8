#include <fmt/core.h>

#include "base/text.h"
#include "reports/diagnosis/gfp.h"
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

struct Ability {
  std::string_view word;
  bool GfpMeaning::*flag;
};
constexpr Ability kAbilities[] = {
    {"reclaim", &GfpMeaning::may_reclaim},
    {"fs", &GfpMeaning::fs},
    {"reserve", &GfpMeaning::high},
    {"atomic", &GfpMeaning::atomic},
    {"cma", &GfpMeaning::movable},
    {"this_node_only", &GfpMeaning::this_node},
    {"no_memalloc", &GfpMeaning::no_memalloc},
    {"no_fail", &GfpMeaning::no_fail},
    {"give_up", &GfpMeaning::gives_up},
};

struct ZoneWord {
  std::string_view word;
  HighestZone zone;
};
constexpr ZoneWord kZoneWords[] = {{"DMA", HighestZone::kDma},
                                   {"DMA32", HighestZone::kDma32},
                                   {"Normal", HighestZone::kNormal},
                                   {"HighMem", HighestZone::kHighMem},
                                   {"Movable", HighestZone::kMovable}};

std::string KnownWords() {
  std::string words;
  for (const Ability& ability : kAbilities) words.append(" ").append(ability.word);
  for (const ZoneWord& zone : kZoneWords) words.append(" ").append(zone.word);
  return words;
}

// A word that nobody knows is an error, as its 0 would be taken for an answer.
Result<SqlValue> GfpCan(Arguments arguments) {
  const Text word = TextArgument(arguments, 1);
  const std::optional<GfpMeaning> meaning = MeaningOf(arguments, 2);
  if (!word || !meaning) return SqlValue();
  for (const Ability& ability : kAbilities) {
    if (ability.word == *word) return int64_t{(*meaning).*ability.flag ? 1 : 0};
  }
  for (const ZoneWord& zone : kZoneWords) {
    if (zone.word == *word) return int64_t{zone.zone <= meaning->highest ? 1 : 0};
  }
  return Fail(
      fmt::format("gfp_can() knows no '{}'; it knows:{}", EscapeForTerminal(*word), KnownWords()));
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
        "1 if the request may do `what`, else 0. `what`: `reclaim` (sleep, free and compact "
        "memory), `fs` (call filesystems for it), `reserve` (use memory below the min mark), "
        "`atomic`, `cma` (use contiguous areas), `this_node_only`, `no_memalloc`, `no_fail` (tries "
        "for ever), `give_up` (its caller has a way out); or a zone it may be given memory of: "
        "`DMA`, `DMA32`, `Normal`, `HighMem`, `Movable`. `mask` and `kernel_release` as in "
        "`gfp_flags`.",
    .examples =
        "gfp_can(32, 'reclaim', '2.6.32-431.el6.x86_64')\n"
        "gfp_can('GFP_KERNEL|__GFP_COMP', 'reclaim')\n"
        "gfp_can('GFP_DMA32', 'Normal')",
    .make = [] { return SqlBody(GfpCan); },
};

}  // namespace kautopsy
