#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// A regular file in an archive, or a link.
struct ArchiveMember {
  std::string path;              // as the archive names it: a label, never a place to write to
  std::optional<int64_t> mtime;  // [s] since the epoch; archives keep it where copies lose it
  std::string link;              // where a symbolic link points to; empty for a file
};

// True if `head` begins a tar, cpio or zip archive; it should have the first 512 bytes.
bool IsArchive(std::string_view head);

// Reads the regular files and symbolic links of an archive in their order, without writing any of
// it to a disk. Hard links, devices and folders are passed over.
class ArchiveReader {
 public:
  virtual ~ArchiveReader() = default;
  // The next file; none at the end. An error means that the archive is damaged or ends too early:
  // nothing more can be read of it, what came before stays good.
  virtual Result<std::optional<ArchiveMember>> Next() = 0;
  // The contents of that file, not of a link; to be read before the next one is asked for, if at
  // all.
  virtual std::unique_ptr<ByteSource> Contents() = 0;
};

std::unique_ptr<ArchiveReader> OpenArchive(std::unique_ptr<ByteSource> archive);

}  // namespace kautopsy
