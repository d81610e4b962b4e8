#pragma once

#include <memory>
#include <string_view>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// True if the text that begins so is in UTF-16: what ">" of Windows PowerShell writes. It begins
// with a byte order mark; without one it is not told from binary data.
bool IsUtf16(std::string_view head);

// Gives the text of `utf16`, from its byte order mark on, in UTF-8 and without the mark. What is
// no text there is U+FFFD. An error of `utf16` stands behind all that could be read before it.
std::unique_ptr<ByteSource> Utf16Source(std::unique_ptr<ByteSource> utf16);

}  // namespace kautopsy
