#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "parsers/input/file_descriptor.h"

namespace kautopsy {

// Gives the bytes of one input, in order and once. Not thread-safe; may be used by any one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `block` as far as bytes are at hand and returns how many; 0 at the end, and only there.
  // An error says why reading stopped; bytes that were returned before stay good.
  virtual Result<std::size_t> Read(std::span<char> block) = 0;
};

// Opens a regular file, FIFO or device. Errors name the path, the reason and what to do.
Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path);

std::unique_ptr<ByteSource> StandardInput();

// Gives what `file` has from its current place on.
std::unique_ptr<ByteSource> DescriptorSource(FileDescriptor file);

}  // namespace kautopsy
