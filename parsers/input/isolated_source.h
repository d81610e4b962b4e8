#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// Opens and reads a source in a process of its own: for libraries that a damaged file can crash or
// send into an endless loop. What was read before stays good, then an error says that it happened.
//
// `open` runs in a fork of this process, where other threads do not exist: it must need none of
// them, nor a lock that one may hold. Descriptors that it uses must have been opened before. An
// error of `open` is returned; the process ends with the source, at the latest.
Result<std::unique_ptr<ByteSource>> OpenIsolated(
    const std::function<Result<std::unique_ptr<ByteSource>>()>& open);

}  // namespace kautopsy
