// What the kernel prints when it is the kernel that fails: oopses, BUG() and WARN(), panics,
// lockups, hung tasks, stalls of RCU, reports of lockdep and of the sanitizers. All have the same
// parts in about the same order: a head, who was running, modules, registers, call traces, an end.
#include "parsers/kernel/crash.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/kernel/crash_block.h"
#include "parsers/kernel/crash_head.h"
#include "parsers/kernel/kinds.h"

namespace kautopsy {
namespace {

// Words of the heads' forms, see ParseCrashHead().
constexpr auto kWords = std::to_array<std::string_view>({"nable to handle kernel ",
                                                         "BUG:",
                                                         "(Not tainted): ",
                                                         "(Tainted: ",
                                                         "ernel BUG at ",
                                                         "kernel BUG in ",
                                                         ": Vector: ",
                                                         "[ cut here ]",
                                                         "WARNING: ",
                                                         "Badness ",
                                                         "list_add ",
                                                         "list_del corruption",
                                                         "usercopy: ",
                                                         "Bad page state ",
                                                         "UBSAN: ",
                                                         "soft lockup",
                                                         "LOCKUP",
                                                         "detected lockup",
                                                         "INFO: ",
                                                         "Kernel panic",
                                                         "Oops: ",
                                                         "Internal error: ",
                                                         "[#",
                                                         ": 0000 [1]",
                                                         "): Oops ",
                                                         "slab error in ",
                                                         "Slab corruption",
                                                         " overwritten",
                                                         "SError Interrupt on CPU",
                                                         "BAD KERNEL TRAP: ",
                                                         "protection fault, ",
                                                         "exploit attempt",
                                                         "userspace code (SMEP",
                                                         "Insufficient stack space",
                                                         " (code ",
                                                         ": Code=",
                                                         "PANIC: double fault",
                                                         "Debug: sleeping function"});

// Prose quotes the words: without a prefix, a line whose form we do not know is none.
bool IsHead(const LogLine& line) {
  const std::optional<CrashHead> head = ParseCrashHead(line.text);
  return head && (head->known || (line.prefixed && !line.cut && line.wrapped.empty()));
}

}  // namespace

std::span<const Field<Crash>> Crash::Fields() {
  using F = Field<Crash>;
  static constexpr std::array fields = {F("kind", &Crash::kind),
                                        F("title", &Crash::title),
                                        F("comm", &Crash::comm),
                                        F("pid", &Crash::pid),
                                        F("cpu", &Crash::cpu),
                                        F("taint", &Crash::taint),
                                        F("ip_symbol", &Crash::ip_symbol),
                                        F("ip_module", &Crash::ip_module),
                                        F("seconds", &Crash::seconds),
                                        F("jiffies", &Crash::jiffies),
                                        F("fault_address", &Crash::fault_address),
                                        F("file", &Crash::file),
                                        F("line", &Crash::line),
                                        F("message", &Crash::message),
                                        F("registers", &Crash::registers),
                                        F("code", &Crash::code),
                                        F("oops_count", &Crash::oops_count),
                                        F("blocker_comm", &Crash::blocker_comm),
                                        F("blocker_pid", &Crash::blocker_pid),
                                        F("hardware", &Crash::hardware),
                                        F("dedup_key", &Crash::dedup_key)};
  return fields;
}

RecordKind CrashKind() {
  std::vector<Opener> openers;
  openers.reserve(kWords.size());
  for (const std::string_view word : kWords) openers.push_back({word, IsHead, true});
  return {.name = "oops",
          .openers = std::move(openers),
          .open = NewCrashBlock,
          .max_foreign_lines = 200};
}

}  // namespace kautopsy
