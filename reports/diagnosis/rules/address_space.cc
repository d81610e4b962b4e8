#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

enum class Width { kUnknown, k32, k64 };

// How wide the kernel's addresses are: by what distributions append to the release, by those that
// the call trace prints, by zones that only one kind has, and by entries of the call trace.
Width WidthOf(const IncidentFacts& facts, const EventFacts& event) {
  static constexpr auto kReleases = std::to_array<std::string_view>(
      {"x86_64", "amd64", "aarch64", "arm64", "ppc64", "powerpc64", "s390x", "riscv64"});
  static constexpr auto kEntries = std::to_array<std::string_view>(
      {"entry_SYSCALL_64", "do_syscall_64", "__x64_sys", "__arm64_sys", "el0_svc", "el0t_64"});
  const std::string release =
      event.kernel_release ? *event.kernel_release : facts.kernel_release.value_or("");
  for (const std::string_view word : kReleases) {
    if (release.find(word) != std::string::npos) return Width::k64;
  }
  if (event.address_digits == 8) return Width::k32;
  if (event.address_digits == 16) return Width::k64;
  for (const ZoneFacts& zone : event.zones) {
    if (zone.zone == "HighMem") return Width::k32;
    if (zone.zone == "DMA32") return Width::k64;
  }
  const bool entered = std::any_of(kEntries.begin(), kEntries.end(), [&](std::string_view entry) {
    return std::any_of(event.frames.begin(), event.frames.end(),
                       [&](const FrameFacts& frame) { return frame.symbol.starts_with(entry); });
  });
  return entered ? Width::k64 : Width::kUnknown;
}

// Code that must lie near the kernel's own: modules, compiled BPF programs, probes.
bool IsForCode(const EventFacts& event) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"module_alloc", "load_module", "bpf_jit_", "bpf_prog_pack", "execmem_"});
  return std::any_of(event.frames.begin(), event.frames.end(), [](const FrameFacts& frame) {
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return frame.symbol.starts_with(word); });
  });
}

// `vmalloc=` is known to 32-bit arm and x86, and to s390; elsewhere the kernel's own hint is of no
// use (arch/x86/mm/pgtable_32.c, arch/arm/mm/mmu.c, arch/s390/boot/startup.c).
void AdviseSmallRange(Width width, Finding& finding) {
  finding.advice.push_back({"sort -rnk2 /proc/vmallocinfo | head -20",
                            "names who holds the range, largest first", "",
                            "grep Vmalloc /proc/meminfo"});
  const char* const act = width == Width::k32
                              ? "vmalloc=256M at boot (more, if that is too little)"
                              : "if uname -m tells of 32-bit x86 or arm: vmalloc=256M at boot";
  finding.advice.push_back({act, "makes the range larger",
                            "32 bit: takes as much from low memory, which the kernel needs as well",
                            "VmallocTotal of /proc/meminfo"});
}

// A detector's notes on memory that was added or on a module lie at one address each: what is asked
// for is this very range (mm/kasan/shadow.c, kasan_mem_notifier() and kasan_alloc_module_shadow(),
// kasan_module_alloc() before 5.18).
bool IsForShadow(const EventFacts& event) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"kasan_mem_notifier", "kasan_alloc_module_shadow", "kasan_module_alloc"});
  return std::any_of(event.frames.begin(), event.frames.end(), [](const FrameFacts& frame) {
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return frame.symbol.starts_with(word); });
  });
}

void DescribeShadow(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  finding.cause = "kernel_bug";
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "the trace names who asked; what lies in the range is not printed";
  finding.title =
      fmt::format("{}: the range of virtual addresses that KASAN needs for its notes was taken.",
                  OnDayHost(facts, event));
  finding.brief = "the one range that would do was taken [KASAN]";
  finding.explanation =
      "The notes of this detector lie at an address that follows from what they are about, so no "
      "other range helps, and vmalloc= makes no difference. What lies there already, such as notes "
      "that were left behind, stands in the way.";
  finding.advice.push_back({"report it to those who built the kernel, with the call trace",
                            "no setting of the host has a part in it", "",
                            "the same act (adding memory, loading the module) succeeds"});
}

void DescribeWide(bool code, Finding& finding) {
  if (code) {
    // Documentation/arch/x86/x86_64/mm.rst: "module mapping space" of 1520 MB.
    finding.explanation +=
        " It was for code of a module or of a BPF program, which has a small range of its own "
        "(x86-64: at most 1.5 GiB).";
    finding.advice.push_back(
        {"sort -rnk2 /proc/vmallocinfo | grep -E 'module|bpf|execmem' | head -20",
         "names who holds the range of code", "",
         "what failed (modprobe, the BPF program) works again"});
    return;
  }
  finding.explanation +=
      " On 64 bit that range is far larger than RAM, so it does not fill up by ordinary use: "
      "either mappings are leaked, or an address of its own was asked for that is taken. vmalloc= "
      "does not help there.";
  finding.advice.push_back({"report it to those who built the kernel, with the call trace",
                            "no setting of the host has a part in it", "",
                            "the same act works with a mended kernel"});
  finding.advice.push_back({"sort -rnk2 /proc/vmallocinfo | head -20",
                            "a leak shows as very many entries of one caller", "",
                            "their number, again after an hour"});
}

// What was looked for: the size of the line itself, which holds a guard page [vmap].
std::string RangeWords(const RefusalFacts& refusal) {
  if (!refusal.size_bytes || *refusal.size_bytes <= 0) return "what was asked for";
  return SizeText(*refusal.size_bytes / 1024);
}

// Without the note of vmap, only the pages that were free speak against a shortage of memory.
bool IsShown(const EventFacts& event) {
  const VmallocStage stage = StageOf(*event.refusal);
  const bool pages_free = event.rerun && event.rerun->single_served == true;
  return stage == VmallocStage::kNoRange || (stage == VmallocStage::kUnclear && pages_free);
}

}  // namespace

// "vmap allocation for size N failed": no hole in the range of virtual addresses that the kernel
// maps memory into (mm/vmalloc.c, alloc_vmap_area()). RAM has no part in it.
std::optional<Finding> RuleAddressSpace(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !IsShown(event)) continue;
    const Width width = WidthOf(facts, event);
    const bool code = IsForCode(event);
    const bool stated = StageOf(*event.refusal) == VmallocStage::kNoRange;
    Finding finding = DraftCause("address_space", event);
    // A trace is needed to tell that it was no module's.
    if (width == Width::k64 && !code && !event.frames.empty()) finding.cause = "kernel_bug";
    finding.confidence = stated && finding.cause == "address_space" && width != Width::kUnknown
                             ? Confidence::kHigh
                             : Confidence::kMedium;
    finding.confidence_why = stated ? "the kernel states it; who holds the range is not printed"
                                    : "it got no area, and single pages were free";
    finding.title = fmt::format(
        "{} found no range of {} free in its virtual addresses [vmap]; RAM was not what lacked.",
        OnDayHost(facts, event), RangeWords(*event.refusal));
    finding.brief = "no range of virtual addresses free [vmap]";
    finding.explanation =
        "The kernel maps such memory, code of modules and registers of devices into ranges of "
        "fixed size; no hole there was large enough.";
    if (IsForShadow(event))
      DescribeShadow(facts, event, finding);
    else if (width == Width::k64)
      DescribeWide(code, finding);
    else
      AdviseSmallRange(width, finding);
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
