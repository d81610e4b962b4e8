#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kautopsy {

// What failed, where, and what to do about it: one sentence for the user, without a trailing
// newline.
struct Error {
  std::string message;
};

// The value, or why there is none. For I/O, SQLite and arguments; a log line that does not parse is
// data for the ledger, not an error.
template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> Fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace kautopsy
