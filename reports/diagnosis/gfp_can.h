#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/kernel_version.h"

namespace kautopsy {

// What a request may do: the one list behind gfp_can() and `kautopsy explain`.
struct GfpAbility {
  std::string_view word;      // of gfp_can(): "reclaim"
  std::string_view question;  // "may it sleep?"; empty where `explain` answers in more words
  bool (*can)(const GfpMeaning& meaning, const KernelVersion& kernel);
};
std::span<const GfpAbility> GfpAbilities();

// True if the request may do what `word` says, or be given memory of the zone of that name; none
// for words that nobody knows. Of a kernel that is not known the mask's own bits tell the age.
std::optional<bool> GfpCan(std::string_view word, const GfpMeaning& meaning,
                           const KernelVersion& kernel);
// " reclaim kswapd ... Movable", each behind a blank.
std::string GfpCanWords();

// What the kernel does to make a large piece for the request: mm/compaction.c,
// try_to_compact_pages(): nothing without __GFP_IO; and since 73e64c51afc5 (4.10), which allows it
// without __GFP_FS, only pages of programs are moved then. It came with 748446bb6b5a ("mm:
// compaction: memory compaction core") (in v2.6.35); EL6 has it, /proc/sys/vm/compact_memory shows.
enum class Compaction { kNone, kProgramPages, kAll };
bool HasCompaction(const KernelVersion& kernel);
// Memory for devices that movable pages may use meanwhile came with 47118af076f6 ("mm: mmzone:
// MIGRATE_CMA migration type added") (in v3.5).
bool HasCma(const KernelVersion& kernel);
Compaction CompactionFor(const GfpMeaning& meaning, const KernelVersion& kernel);

}  // namespace kautopsy
