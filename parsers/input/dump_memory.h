#pragma once

#include <libkdumpfile/kdumpfile.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "parsers/input/temporary_file.h"
#include "parsers/input/vmcore_info.h"

namespace kautopsy {

// The memory of a crashed kernel, read by the kernel's own addresses out of an ELF core (vmcore) or
// a dump in kdump's compressed format, through libkdumpfile. A damaged dump may crash the library:
// use it only in a process that may die.
class DumpMemory {
 public:
  // `file` must be readable at any place, and stays open as long as this lives. Where a dump has no
  // VMCOREINFO note, its text is searched in all memory, if `whole` says that all of it is there.
  static Result<DumpMemory> Open(int file, bool whole, const Progress& progress);

  const VmcoreInfo& info() const { return info_; }
  std::string format() const;  // as libkdumpfile calls it: "elf", "diskdump"
  std::string host() const;    // the name of the machine; empty if it had none
  unsigned pointer_bytes() const { return pointer_bytes_; }

  // All of `bytes` from a virtual address of the kernel, or an error.
  Status Read(uint64_t address, std::span<char> bytes) const;
  // A number of `size` bytes, 1 to 8; a pointer.
  Result<uint64_t> ReadNumber(uint64_t address, unsigned size) const;
  Result<uint64_t> ReadPointer(uint64_t address) const;
  // The number in the dump's byte order.
  uint64_t Number(std::span<const char> bytes) const;

 private:
  struct Freer {
    void operator()(kdump_ctx_t* context) const { kdump_free(context); }
  };

  explicit DumpMemory(kdump_ctx_t* context) : context_(context) {}

  Status Prepare(int file);
  // False if there is no note.
  bool LoadInfo();
  // Searches all memory for the text. `file` is the dump's.
  Status FindInfo(int file, const Progress& progress);
  // The text that begins in the page at `address`; empty if none does.
  std::string InfoTextAt(uint64_t address, std::span<char> page) const;
  // Lets the library work with `text`; false if the kernel's memory contradicts it.
  bool TryInfo(const std::string& text);
  bool IsReleaseInMemory(const VmcoreInfo& info) const;
  std::optional<std::string> TextAttribute(const char* key) const;
  uint64_t NumberAttribute(const char* key, uint64_t otherwise) const;
  // What the library said last.
  std::string Reason() const;

  std::unique_ptr<kdump_ctx_t, Freer> context_;
  VmcoreInfo info_;
  unsigned pointer_bytes_ = 8;
  bool big_endian_ = false;
};

}  // namespace kautopsy
