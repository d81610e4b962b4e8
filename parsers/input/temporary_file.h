#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/file_descriptor.h"

namespace kautopsy {

// Called now and then during work that gives nothing for long; may be empty.
using Progress = std::function<void()>;

// $TMPDIR, or else /var/tmp: crash dumps and journals may not fit into memory, where /tmp may lie.
std::string TemporaryFolder();

// A file without a name in TemporaryFolder(). It is gone once it is closed.
Result<FileDescriptor> MakeTemporaryFile();

struct WholeFile {
  FileDescriptor file;
  std::optional<Error> error;  // why only a part of it is there
};

// Copies what `source` gives into a temporary file, for what must be read at any place. An error
// means that there is nothing. No room for the copy is one: what is missing then is no damage.
Result<WholeFile> SpoolToTemporaryFile(ByteSource& source, const Progress& progress);

// `file` itself, if it can be read at any place and is not packed; else a temporary file with what
// it gives, or what is packed in it. An error as above.
Result<WholeFile> MakeSeekable(FileDescriptor file);

// Reads at `offset`; fewer bytes than `block` takes only at the end of the file.
Result<std::size_t> ReadAt(int file, std::span<char> block, uint64_t offset);

// Writes all of `block` at `offset`.
Status WriteAt(int file, std::span<const char> block, uint64_t offset);

}  // namespace kautopsy
