#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/journal_index.h"

namespace kautopsy {

// A temporary file, which is removed with this object.
class JournalCopy {
 public:
  // A copy of a journal file that was cut, filled up with zeros to the length that its header
  // claims: libsystemd opens no shorter one (journal-file.c, journal_file_verify_header()), but
  // reads past objects that are missing. Errors name the reason, as a full disk.
  static Result<std::unique_ptr<JournalCopy>> FillUp(int fd, const JournalHeader& header);

  // A copy of what `source` gives, holes instead of blocks of zeros; as much as it gives if it ends
  // in an error.
  static Result<std::unique_ptr<JournalCopy>> Spool(ByteSource& source);

  JournalCopy(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  JournalCopy(const JournalCopy&) = delete;
  JournalCopy& operator=(const JournalCopy&) = delete;
  ~JournalCopy();

  int fd() const { return fd_; }

 private:
  static Result<std::unique_ptr<JournalCopy>> Create();

  // Kept while the file is read: libsystemd refuses one without a name (journal_file_fstat()).
  std::string path_;
  int fd_;
};

}  // namespace kautopsy
