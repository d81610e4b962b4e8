#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// What an input is, by its first bytes.
enum class Content {
  kLog,  // text, as far as can be seen
  kEmpty,
  kPacked,     // as a whole, see Unpack()
  kArchive,    // of files, see OpenArchive()
  kJournal,    // see OpenJournalFile()
  kCrashDump,  // or the core of a process, see OpenCrashDump()
  kOther,      // holds no log lines
};

struct Probe {
  std::unique_ptr<ByteSource> source;  // gives all bytes, those that were looked at included
  std::string head;                    // the first ones, up to 64 KiB
  Content content = Content::kOther;
  std::string_view reason;  // why it is no log, if it is kOther: "binary data, no log lines"
};

// Looks at the head of `source`; what is text in UTF-16 is text in UTF-8 from here on. NUL bytes do
// not make a log binary: file systems leave runs of them after a crash. An error means that not
// even the first byte could be read.
Result<Probe> ProbeSource(std::unique_ptr<ByteSource> source);

}  // namespace kautopsy
