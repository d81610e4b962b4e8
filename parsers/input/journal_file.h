#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// Tells a file of systemd's journal by its first bytes
// (https://systemd.io/JOURNAL_FILE_FORMAT, "Header").
bool IsJournalFile(std::string_view head);

// Reads one journal file and gives it as journalctl -o export would print it
// (parsers/envelope/journal_export.h), but only the entries of the kernel and of the programs that
// IsWitness() names, found by the file's own indexes, and of their fields only those that tell what
// was printed, when and by whom. Files that are being written to, or were not closed, are normal.
//
// `fd` is of a regular file, readable, and owned from now on: it is closed with the source, or at
// once on failure; its position does not matter. The file must not become shorter meanwhile.
// Memory does not grow with the file. libsystemd reads it in a process of its own (OpenIsolated()),
// since a damaged file makes its assertions fail.
//
// An error here says that nothing can be read. A file that is cut or damaged gives what can be read
// and then an error, which says what the file's own counts name and what was found of it.
Result<std::unique_ptr<ByteSource>> OpenJournalFile(int fd);

// The same for a journal that can only be read from its beginning to its end, as a packed one or
// standard input: its bytes are first copied to a temporary file, without the zeros in it. If they
// end in an error, the journal counts as cut.
Result<std::unique_ptr<ByteSource>> OpenJournalStream(ByteSource& bytes);

}  // namespace kautopsy
