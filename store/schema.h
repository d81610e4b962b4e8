#pragma once

#include <string>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// What is in an open database file.
enum class StoreState {
  kEmpty,  // nothing yet: a new file, or one of no bytes
  kReady,  // a store of this schema version
};

// Tells which, or refuses `path` (named in the message) as no store of ours.
Result<StoreState> InspectStore(Database& database, const std::string& path);

// Creates every relation in an empty database, all or nothing. Harmless if another process was
// faster.
Status CreateSchema(Database& database, const std::string& path);

}  // namespace kautopsy
