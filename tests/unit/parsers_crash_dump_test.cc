#include <doctest/doctest.h>
#include <elf.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "parsers/input/crash_dump.h"
#include "parsers/input/temporary_file.h"
#include "parsers/input/vmcore_info.h"
#include "tests/support/files.h"

namespace kautopsy {
namespace {

using namespace std::string_literals;

const std::string kRingDump = "samples/dumps/6.1.0-56-cloud-amd64_kdump.elf.xz";
const std::string kRecordDump = "samples/dumps/4.15.0-20-generic_oom_global.elf.xz";

FileDescriptor Unpacked(const std::string& path) {
  FileDescriptor file(::open((test::SourceRoot() + path).c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(file.valid());
  Result<WholeFile> whole = MakeSeekable(std::move(file));
  REQUIRE(whole.has_value());
  REQUIRE_FALSE(whole->error.has_value());
  return std::move(whole->file);
}

std::string UnpackedText(const std::string& path) {
  const FileDescriptor file = Unpacked(path);
  std::string text(4 << 20, '\0');
  text.resize(ReadAt(file.get(), text, 0).value());
  return text;
}

struct Printed final : DumpLogSink {
  void OnFacts(const CrashDumpFacts& given) override { facts = given; }
  void OnLine(std::string_view line) override { log += line; }

  CrashDumpFacts facts;
  std::string log;
  std::string error;
};

Printed Print(int file, bool callers = false) {
  Printed printed;
  const Status status = PrintDumpLog(file, callers, printed);
  if (!status) printed.error = status.error().message;
  return printed;
}

Printed PrintText(const std::string& dump) {
  const FileDescriptor file = MakeTemporaryFile().value();
  REQUIRE(WriteAt(file.get(), dump, 0).has_value());
  return Print(file.get());
}

void Replace(std::string& text, const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

std::string BigEndian(uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// `dump` as makedumpfile -F writes it, but its pieces in reverse order.
std::string Flatten(const std::string& dump) {
  constexpr std::size_t kPieceBytes = 100000;
  std::string flat = "makedumpfile\0\0\0\0"s + BigEndian(1) + BigEndian(1);
  flat.resize(4096, '\0');
  for (std::size_t at = (dump.size() - 1) / kPieceBytes * kPieceBytes;; at -= kPieceBytes) {
    const std::string piece = dump.substr(at, kPieceBytes);
    flat += BigEndian(at) + BigEndian(piece.size()) + piece;
    if (at == 0) break;
  }
  return flat + BigEndian(UINT64_MAX) + BigEndian(UINT64_MAX);
}

// A dump with VMCOREINFO in the middle of a page of memory, as it is there in older kernels, but
// without the note that says it.
std::string MoveInfoToMemory(std::string dump) {
  constexpr std::size_t kPage = 4096;
  const std::size_t info = dump.find("OSRELEASE=");
  std::string page(1000, 'x');
  page += dump.substr(info, dump.find('\0', info) - info);
  page.resize(2 * kPage, '\0');
  Replace(dump, "VMCOREINFO\0"s, "OTHERNOTES\0"s);
  Elf64_Ehdr head = {};
  std::memcpy(&head, dump.data(), sizeof(head));
  std::string table = dump.substr(head.e_phoff, std::size_t{head.e_phnum} * sizeof(Elf64_Phdr));
  Elf64_Phdr last = {};
  std::memcpy(&last, &table[table.size() - sizeof(last)], sizeof(last));
  dump.resize((dump.size() + kPage - 1) / kPage * kPage, '\0');
  last.p_paddr += last.p_memsz + 16 * kPage;
  last.p_offset = dump.size();
  last.p_filesz = last.p_memsz = page.size();
  table.append(reinterpret_cast<const char*>(&last), sizeof(last));
  dump += page;
  head.e_phoff = dump.size();
  ++head.e_phnum;
  std::memcpy(dump.data(), &head, sizeof(head));
  return dump + table;
}

TEST_CASE("A crash dump is known by its first bytes") {
  std::string elf =
      "\x7F"s
      "ELF\x02\x01\x01" +
      std::string(9, '\0') + "\x04\0"s;
  CHECK(IsCrashDump(elf));
  elf[16] = 3;  // a shared object
  CHECK_FALSE(IsCrashDump(elf));
  CHECK(
      IsCrashDump("\x7F"s
                  "ELF\x02\x02\x01" +
                  std::string(9, '\0') + "\0\x04"s));
  CHECK(IsCrashDump("KDUMP   \x06"));
  CHECK(IsCrashDump("DISKDUMP"));
  CHECK(IsCrashDump("makedumpfile\0\0\0\0\0"s));
  CHECK_FALSE(IsCrashDump("makedumpfile is a program"));
  CHECK_FALSE(
      IsCrashDump("\x7F"s
                  "ELF"));
  CHECK_FALSE(IsCrashDump("[    0.000000] Linux version"));
  CHECK_FALSE(IsCrashDump(""));
}

TEST_CASE("VMCOREINFO is read line by line, and what is asked for and missing is named") {
  const VmcoreInfo info(
      "OSRELEASE=6.1\nSYMBOL(prb)=ffffffff974622c0\nOFFSET(a.b)=8\nSIZE(a)=0x\nno value");
  CHECK(info.Text("OSRELEASE") == "6.1");
  CHECK(info.Symbol("prb") == 0xffffffff974622c0);
  CHECK(info.Offset("a.b") == 8);
  CHECK_FALSE(info.Size("a").has_value());
  VmcoreLayout layout(info);
  CHECK(layout.Offset("a.b") == 8);
  CHECK(layout.status().has_value());
  CHECK(layout.Offset("a.c") == 0);
  REQUIRE_FALSE(layout.status().has_value());
  CHECK(layout.status().error().message.find("OFFSET(a.c)") != std::string::npos);
}

TEST_CASE("The log in the ring buffer is what vmcore-dmesg printed of the same dump") {
  const Printed printed = Print(Unpacked(kRingDump).get());
  CHECK(printed.error.empty());
  CHECK((printed.log == UnpackedText("samples/dumps/6.1.0-56-cloud-amd64_kdump.dmesg.txt.xz")));
  CHECK(printed.facts == CrashDumpFacts{.release = "6.1.0-56-cloud-amd64",
                                        .host = "",
                                        .crash_time = 1795343684,
                                        .format = "elf"});
}

TEST_CASE("A text that did not fit before the ring's end is read at its beginning") {
  // The first message lies at the beginning of the ring: its position is -size, BLK0_LPOS of
  // printk_ringbuffer.h. A position just below says that it did not fit there.
  constexpr uint64_t kRingBytes = 1 << 17;
  const auto position = [](uint64_t below) {
    const uint64_t value = 0 - kRingBytes - below;
    std::string bytes(sizeof(value), '\0');
    std::memcpy(bytes.data(), &value, sizeof(value));
    return bytes;
  };
  std::string dump = UnpackedText(kRingDump);
  const Printed whole = PrintText(dump);
  // Head and tail of the data ring have the same value; the descriptor is the one with an end.
  std::size_t replaced = 0;
  for (std::size_t at = dump.find(position(0)); at != std::string::npos;
       at = dump.find(position(0), at + 1)) {
    uint64_t next = 0;
    std::memcpy(&next, &dump[at + 8], sizeof(next));
    if (next + kRingBytes == 0 || next + kRingBytes > 512) continue;
    dump.replace(at, 8, position(64));
    ++replaced;
  }
  REQUIRE(replaced == 1);
  const Printed printed = PrintText(dump);
  CHECK(printed.error.empty());
  CHECK((printed.log == whole.log));
}

TEST_CASE("The buffer of records is read, and each line of a message has its time") {
  const Printed printed = Print(Unpacked(kRecordDump).get());
  CHECK(printed.error.empty());
  CHECK(printed.facts.release == "4.15.0-20-generic");
  CHECK_FALSE(printed.facts.crash_time.has_value());
  CHECK(printed.log.starts_with("[    0.000000] Linux version 4.15.0-20-generic "));
  CHECK(printed.log.find("\n[    3.774496]  mapped:607 shmem:1091 pagetables:101 bounce:0\n") !=
        std::string::npos);
  for (const std::string& line : test::LinesOf(printed.log)) CHECK(line.starts_with("["));
}

TEST_CASE("Who printed a line is told when it is asked for") {
  const Printed printed = Print(Unpacked(kRingDump).get(), true);
  CHECK(printed.log.starts_with("[    0.000000][    T0] Linux version 6.1.0-56-cloud-amd64 "));
  // The buffer of records has it only with CONFIG_PRINTK_CALLER, which this kernel lacks.
  const Printed records = Print(Unpacked(kRecordDump).get(), true);
  CHECK(records.log.starts_with("[    0.000000] Linux version"));
}

TEST_CASE("A flattened dump gives the same log, and a part of it what it holds, and an error") {
  const std::string dump = UnpackedText(kRingDump);
  const std::string log = PrintText(dump).log;
  const std::string flat = Flatten(dump);
  const Printed whole = PrintText(flat);
  CHECK(whole.error.empty());
  CHECK((whole.log == log));  // in brackets: not printed
  const Printed no_end = PrintText(flat.substr(0, flat.size() - 1));
  CHECK(no_end.error.find("ends too early") != std::string::npos);
  CHECK((no_end.log == log));
  CHECK_FALSE(PrintText(flat.substr(0, 5000)).error.empty());
  std::string absurd = flat;
  absurd.replace(4096, 8, BigEndian(INT64_MAX - 5));
  CHECK_FALSE(PrintText(absurd).error.empty());
}

TEST_CASE("Without a VMCOREINFO note its text is found in the kernel's memory") {
  for (const std::string& path : {kRingDump, kRecordDump}) {
    const std::string dump = UnpackedText(path);
    const Printed found = PrintText(MoveInfoToMemory(dump));
    CHECK(found.error == "");
    CHECK((found.log == PrintText(dump).log));
  }
  std::string other = MoveInfoToMemory(UnpackedText(kRingDump));
  Replace(other, "OSRELEASE=6.1.0", "OSRELEASE=6.1.9");  // the note's, which is not read
  const std::size_t second = other.find("OSRELEASE=6.1.0");
  REQUIRE(second != std::string::npos);
  other.replace(second, 15, "OSRELEASE=6.1.9");  // not that of the kernel in memory
  const Printed none = PrintText(other);
  CHECK(none.error.find("no VMCOREINFO") != std::string::npos);
  CHECK(none.log.empty());
}

TEST_CASE("The plain text buffer of old kernels is read up to its end") {
  // Made of the buffer of records, whose end then counts characters.
  std::string dump = UnpackedText(kRecordDump);
  Replace(dump, "SYMBOL(log_first_idx)", "SYMBOL(log_other_idx)");
  Replace(dump, "SYMBOL(log_next_idx)=", "SYMBOL(log_end)=00000");
  const Printed printed = PrintText(dump);
  CHECK(printed.error.empty());
  CHECK(printed.log.find("Linux version 4.15.0-20-generic") != std::string::npos);
  CHECK(printed.log.find("Killed process") != std::string::npos);
  // Heads of records are no text: their control characters do not get through.
  CHECK(std::ranges::none_of(printed.log,
                             [](char c) { return c > 0 && c < ' ' && c != '\n' && c != '\t'; }));
}

TEST_CASE("A layout that is missing or contradicts itself is an error") {
  const std::string dump = UnpackedText(kRingDump);
  std::string missing = dump;
  Replace(missing, "SIZE(prb_desc)=", "SIZE(prb_desk)=");
  CHECK(PrintText(missing).error.find("SIZE(prb_desc)") != std::string::npos);
  std::string outside = dump;
  Replace(outside, "OFFSET(printk_info.text_len)=16", "OFFSET(printk_info.text_len)=99");
  CHECK(PrintText(outside).error.find("contradicts itself") != std::string::npos);
  CHECK_FALSE(PrintText(dump.substr(0, 700)).error.empty());
  CHECK(PrintText("no dump").error.find("no crash dump") != std::string::npos);
}

TEST_CASE("A dump that ends too early is an error, behind the messages that it holds") {
  const std::string dump = UnpackedText(kRingDump);
  const Printed whole = PrintText(dump);
  for (int tenths = 0; tenths < 10; ++tenths) {
    CAPTURE(tenths);
    const Printed cut = PrintText(dump.substr(0, 4096 + (dump.size() - 4096) * tenths / 10));
    CHECK(cut.error.find("ends too early") != std::string::npos);
    // The cut may go through what belongs to the last message.
    const std::size_t last = cut.log.empty() ? 0 : cut.log.rfind('\n', cut.log.size() - 2) + 1;
    CHECK((whole.log.starts_with(cut.log.substr(0, last))));
    if (tenths == 9) CHECK((cut.log == whole.log));  // the log is not in its last pages
  }
}

TEST_CASE("A page of zeros where the log was is told, and the rest of the log is kept") {
  const std::string dump = UnpackedText(kRingDump);
  const Printed whole = PrintText(dump);
  std::string damaged = dump;
  const std::size_t page = damaged.find("BIOS-provided physical RAM map") / 4096 * 4096;
  damaged.replace(page, 4096, 4096, '\0');
  const Printed printed = PrintText(damaged);
  CHECK(printed.error.find("could not be read") != std::string::npos);
  CHECK(printed.log.size() > whole.log.size() / 2);
  for (const std::string& line : test::LinesOf(printed.log))
    CHECK((whole.log.find(line + "\n") != std::string::npos));
}

}  // namespace
}  // namespace kautopsy
