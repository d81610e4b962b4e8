#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// What the first bytes of an input show.
struct Probe {
  // Gives all bytes, those that were looked at included; unpacked, if the input is packed.
  std::unique_ptr<ByteSource> source;
  bool empty = false;
  // Why it is no log, if it is not ("binary data, no log lines"); else empty. FILE in it stands for
  // the path of the input.
  std::string refusal;
};

// Looks at the first 64 KiB of `source`, of what is packed in it if it is packed. NUL bytes do not
// make a log binary: file systems leave runs of them after a crash. An error means that not even
// the first byte could be read.
Result<Probe> ProbeSource(std::unique_ptr<ByteSource> source);

}  // namespace kautopsy
