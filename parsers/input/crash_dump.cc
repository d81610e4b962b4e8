#include "parsers/input/crash_dump.h"

#include <elf.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <array>

#include "base/text.h"
#include "parsers/input/dump_memory.h"
#include "parsers/input/elf_extent.h"
#include "parsers/input/flattened_dump.h"
#include "parsers/input/printk_buffer.h"
#include "parsers/input/split_dump.h"

namespace kautopsy {
namespace {

// makedumpfile's diskdump_mod.h: KDUMP_SIGNATURE, and DUMP_SIGNATURE of what came before it.
constexpr std::string_view kKdumpSignature = "KDUMP   ";
constexpr std::string_view kDiskdumpSignature = "DISKDUMP";

constexpr std::size_t kHeadBytes = 64;
constexpr int64_t kLastSecond = 253402300799;  // of the year 9999

bool IsElfCore(std::string_view head) {
  constexpr std::size_t kTypeOffset = EI_NIDENT;  // e_type stands behind e_ident
  if (head.size() < kTypeOffset + 2 || !head.starts_with(ELFMAG)) return false;
  const std::size_t low = head[EI_DATA] == ELFDATA2MSB ? 1 : 0;
  return head[kTypeOffset + low] == ET_CORE && head[kTypeOffset + 1 - low] == 0;
}

// Control characters would be commands to a terminal; tabs are the kernel's own.
void AppendSafe(std::string& line, std::string_view text) {
  while (true) {
    const std::size_t tab = text.find('\t');
    line += EscapeForTerminal(text.substr(0, tab));
    if (tab == std::string_view::npos) return;
    line += '\t';
    text.remove_prefix(tab + 1);
  }
}

// kernel/printk/printk.c, print_time() and print_caller().
std::string PrefixOf(const PrintkRecord& record, bool callers) {
  constexpr uint64_t kSecond = 1'000'000'000;
  constexpr uint32_t kCpuBit = 0x80000000U;
  if (!record.time_ns) return {};
  std::string prefix =
      fmt::format("[{:5}.{:06}]", *record.time_ns / kSecond, *record.time_ns % kSecond / 1000);
  if (callers && record.caller) {
    const char kind = (*record.caller & kCpuBit) != 0 ? 'C' : 'T';
    prefix += fmt::format("[{:>6}]", fmt::format("{}{}", kind, *record.caller & ~kCpuBit));
  }
  return prefix + ' ';
}

// Each line of a message gets the prefix, as the kernel does it on the console.
void PrintRecord(const PrintkRecord& record, bool callers, DumpLogSink& sink) {
  const std::string prefix = PrefixOf(record, callers);
  std::string_view text = record.text;
  std::string line;
  while (true) {
    const std::size_t end = text.find('\n');
    line = prefix;
    AppendSafe(line, text.substr(0, end));
    line += '\n';
    sink.OnLine(line);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

CrashDumpFacts FactsOf(const DumpMemory& memory) {
  CrashDumpFacts facts;
  facts.release = memory.info().Text("OSRELEASE");
  facts.host = memory.host();
  facts.crash_time = ParseInteger(memory.info().Text("CRASHTIME"));
  if (facts.crash_time && (*facts.crash_time < 0 || *facts.crash_time > kLastSecond))
    facts.crash_time.reset();
  facts.format = memory.format();
  return facts;
}

// What an ELF core lacks at its end the library takes for zeros.
Status CheckExtent(int file) {
  struct stat status = {};
  const std::optional<uint64_t> extent = ElfExtent(file);
  if (!extent || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size >= *extent) return {};
  return Fail(
      fmt::format("the crash dump ends too early: {} of {} bytes; copy it again", size, *extent));
}

Status PrintDump(int file, bool callers, DumpLogSink& sink) {
  Status extent = CheckExtent(file);
  const Result<DumpMemory> memory =
      DumpMemory::Open(file, extent.has_value(), [&sink] { sink.OnProgress(); });
  if (!memory) return extent ? Status(tl::unexpected(memory.error())) : extent;
  sink.OnFacts(FactsOf(*memory));
  std::size_t records = 0;
  Status status = ReadPrintkBuffer(*memory, [&](const PrintkRecord& record) {
    PrintRecord(record, callers, sink);
    ++records;
  });
  if (!extent) return extent;
  if (status && records == 0) return Fail("the kernel's log buffer in the dump is empty");
  return status;
}

// What the log needs may be in another part.
Status PrintWholeDump(int file, bool callers, DumpLogSink& sink) {
  Status status = PrintDump(file, callers, sink);
  if (status) return status;
  const std::optional<std::string> advice = AdviceForSplitDump(file);
  return advice ? Fail(fmt::format("{} ({})", *advice, status.error().message)) : status;
}

}  // namespace

bool IsCrashDump(std::string_view head) {
  return IsElfCore(head) || head.starts_with(kKdumpSignature) ||
         head.starts_with(kDiskdumpSignature) || IsFlattenedDump(head);
}

Status PrintDumpLog(int file, bool callers, DumpLogSink& sink) {
  std::array<char, kHeadBytes> bytes = {};
  const Result<std::size_t> read = ReadAt(file, bytes, 0);
  if (!read) return tl::unexpected(read.error());
  const std::string_view head(bytes.data(), *read);
  if (!IsCrashDump(head))
    return Fail("it is no crash dump: neither an ELF core nor in kdump's format");
  if (!IsFlattenedDump(head)) return PrintWholeDump(file, callers, sink);
  const Result<WholeFile> dump = ReassembleDump(file, [&sink] { sink.OnProgress(); });
  if (!dump) return tl::unexpected(dump.error());
  // The log may be in the part that is there.
  Status status = PrintWholeDump(dump->file.get(), callers, sink);
  if (dump->error) return tl::unexpected(*dump->error);
  return status;
}

}  // namespace kautopsy
