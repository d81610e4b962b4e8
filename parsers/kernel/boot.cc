// The lines in which a kernel says at its start what it is and runs on:
//   Linux version 6.1.0-21-amd64 (...) (gcc-12 ...) #1 SMP ...
//       init/version.c, linux_banner: the first line, but for a few that an architecture prints
//   Command line: root=/dev/sda1 ro
//       arch/x86/kernel/setup.c, setup_arch(); arch/x86/kernel/head64.c until 2.6.29
//   Kernel command line: root=/dev/sda1 ro
//       init/main.c, start_kernel(); since 6.19 print_kernel_cmdline(), which breaks long ones:
//       each piece but the last ends in " \"
//   DMI: Red Hat KVM, BIOS 0.5.1 01/01/2007
//       drivers/firmware/dmi_scan.c, dmi_format_ids()
//   Machine model: linux,dummy-virt
//       drivers/of/fdt.c, of_flat_dt_match_machine(), arch/arm64/kernel/setup.c,
//       setup_machine_fdt()
//   Hypervisor detected: KVM
//       arch/x86/kernel/cpu/hypervisor.c, detect_hypervisor_vendor()
//   Memory: 198384K/261624K available (14343K kernel code, ...)
//       mm/page_alloc.c, mem_init_print_info(), since 3.11; each architecture's mem_init() before
#include <fmt/core.h>

#include <memory>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Between two of these lines stand the firmware's memory map, a line per CPU of the affinity
// tables, and in 6.12 the start of all CPUs: some hundred lines on the largest machines.
constexpr unsigned kMaxForeignLines = 1000;
constexpr std::string_view kContinued = " \\";

const LogPattern& Banner() {
  static const LogPattern kPattern(R"re(Linux version (\d\S*) \(.*)re");
  return kPattern;
}

bool IsBanner(const LogLine& line) {
  return line.text.starts_with("Linux version ") && Matches(line.text, Banner());
}

// What kexec gives to the kernel that saves a crashed one's memory (kernel/crash_dump.c,
// setup_elfcorehdr()). It stands last, where a long line is cut.
Integer IsCrashKernel(const std::string& command_line) {
  constexpr std::size_t kMaybeCut = 900;  // a message ends after 1024 bytes, its prefix included
  if ((" " + command_line).find(" elfcorehdr=") != std::string::npos) return 1;
  return command_line.size() < kMaybeCut ? Integer(0) : std::nullopt;
}

// Physical memory by the line's second figure; the first is what is free at that moment. Until 3.10
// it counts up to the highest page, and only x86_64 says what is absent below that: without, the
// figure may be too large by the hole for devices, and none is taken.
Integer PhysicalKb(std::string_view text) {
  static const LogPattern kPattern(R"re(Memory: \d+K/(\d+)K available \(.*)re");
  static const LogPattern kOldPattern(
      R"re(Memory: \d+k/(\d+)k available \(\d+k kernel code, (\d+)k absent, .*)re");
  if (const auto groups = MatchAll<1>(text, kPattern)) return ParseInteger((*groups)[0]);
  const auto groups = MatchAll<2>(text, kOldPattern);
  if (!groups) return std::nullopt;
  const Integer highest_kb = ParseInteger((*groups)[0]);
  const Integer absent_kb = ParseInteger((*groups)[1]);
  if (!highest_kb || !absent_kb || *absent_kb < 0 || *absent_kb >= *highest_kb) return std::nullopt;
  return *highest_kb - *absent_kb;
}

// Without a regex: every line between the first and the last one of a boot comes here. "DMI: Memory
// slots populated: 1/1" says nothing of the kind.
std::optional<std::string_view> Hardware(std::string_view text) {
  if (ConsumePrefix(text, "DMI: "))
    return text.find(", BIOS ") != std::string_view::npos ? std::optional(text) : std::nullopt;
  if (ConsumePrefix(text, "OF: fdt:")) text = TrimBlanks(text);
  return ConsumePrefix(text, "Machine model: ") ? std::optional(text) : std::nullopt;
}

class BootBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (IsBanner(line)) return TakeBanner(line);
    // Bare lines below a log's banner are somebody's prose, or the other way round.
    if (release_.empty() || line.prefixed != prefixed_) return Claim::kNone;
    const bool taken =
        TakeCommandLine(line) || TakeHardware(line) || TakeHypervisor(line) || TakeMemory(line);
    return taken ? Claim::kTaken : Claim::kNone;
  }

  bool closed() const override { return memory_; }

  void Finish(EventRecord& event) override {
    event.kernel_release = release_;
    event.title = fmt::format("boot of Linux {}", release_);
    Damage damage;  // every kernel prints both
    damage.AddIf(!command_line_, "no command line");
    damage.AddIf(!memory_, "no size of memory");
    damage.StoreIn(event);
    // What an architecture prints first is cut to the length of a message; what was built into the
    // kernel is only in the other line.
    Text& command_line = facts_.command_line;
    if (last_piece_ && (!command_line || pieces_.size() > command_line->size()))
      command_line = std::move(pieces_);
    if (command_line) facts_.crash_kernel = IsCrashKernel(*command_line);
    // A bare banner may be what /proc/version says, and other bare lines below it a quotation.
    if (!prefixed_ && !event.complete) event.kind.clear();
    event.boot_facts = std::make_unique<BootRecord>(std::move(facts_));
  }

 private:
  Claim TakeBanner(const LogLine& line) {
    if (!release_.empty()) return Claim::kConflict;
    release_ = std::string((*MatchAll<1>(line.text, Banner()))[0]);
    prefixed_ = line.prefixed;
    if (!line.cut) facts_.banner = std::string(line.text);
    return Claim::kTaken;
  }

  bool TakeCommandLine(const LogLine& line) {
    std::string_view text = line.text;
    if (ConsumePrefix(text, "Command line:")) {
      if (facts_.command_line) return false;
      if (!line.cut) facts_.command_line = std::string(TrimBlanks(text));
    } else {
      if (last_piece_ || !ConsumePrefix(text, "Kernel command line:")) return false;
      if (!line.cut) TakePiece(TrimBlanks(text));
    }
    command_line_ = true;
    return true;
  }

  void TakePiece(std::string_view text) {
    last_piece_ = !text.ends_with(kContinued);
    if (!last_piece_) text.remove_suffix(1);        // the blank parts it from the next piece
    if (!pieces_.ends_with(text)) pieces_ += text;  // else the log has the line twice
  }

  bool TakeHardware(const LogLine& line) {
    if (facts_.hardware) return false;
    const std::optional<std::string_view> hardware = Hardware(line.text);
    if (hardware && !line.cut) facts_.hardware = std::string(*hardware);
    return hardware.has_value();
  }

  bool TakeHypervisor(const LogLine& line) {
    std::string_view text = line.text;
    if (facts_.hypervisor || !ConsumePrefix(text, "Hypervisor detected: ")) return false;
    if (!line.cut) facts_.hypervisor = std::string(text);
    return true;
  }

  bool TakeMemory(const LogLine& line) {
    static const LogPattern kPattern(R"re(Memory: \d+[Kk]/\d+[Kk] available[ ,].*)re");
    if (!line.text.starts_with("Memory: ") || !Matches(line.text, kPattern)) return false;
    memory_ = true;
    facts_.ram_kb = PhysicalKb(line.text);
    if (facts_.ram_kb) facts_.ram_from = "memory_line";
    return true;
  }

  std::string release_;
  bool prefixed_ = false;
  bool command_line_ = false;  // one of its lines was seen
  bool memory_ = false;
  std::string pieces_;       // of "Kernel command line:"
  bool last_piece_ = false;  // and its last one, too
  BootRecord facts_;
};

}  // namespace

// A banner may continue a record only to end it: one that lost its lines must not take the next
// boot's.
RecordKind BootKind() {
  return {
      .name = "boot",
      .openers = {{"Linux version ", IsBanner, true}},
      .open = [] { return std::unique_ptr<Block>(std::make_unique<BootBlock>()); },
      .max_foreign_lines = kMaxForeignLines,
  };
}

}  // namespace kautopsy
