#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/database.h"
#include "store/schema.h"

namespace kautopsy {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyTimeoutMs = 5000;  // a report may hold the lock for a moment

// 8 MiB, and as much for what is sorted: small enough for the promise of 64 MB in all, large enough
// for the inner pages of all trees.
constexpr char kCacheSize[] = "PRAGMA cache_size = -8192";

std::string LastSystemError() { return std::generic_category().message(errno); }

// SQLite gives names such as ":memory:" a meaning of their own.
std::string AsPlainPath(const std::string& path) {
  return path.starts_with(':') ? "./" + path : path;
}

fs::path FolderOf(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Status CheckIsFile(const std::string& path) {
  if (path.empty()) return Fail("the name of the store is empty; name a file with --db");
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return Fail(path + ": is a directory; name a file in it, such as " + path + "/kautopsy.db");
  }
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    return Fail(path + ": is a device or a pipe, not a file; name another file with --db");
  }
  return {};
}

// SQLite would open an unwritable file as read-only and find a missing journal only at the first
// write.
Status CheckWritable(const std::string& path) {
  const fs::path folder = FolderOf(path);
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Fail(fmt::format("{}: cannot be created: there is no folder {}; make it first", path,
                            folder.string()));
  }
  if (::access(path.c_str(), F_OK) == 0 && ::access(path.c_str(), W_OK) != 0) {
    return Fail(
        fmt::format("{}: cannot be written: {}; change its permissions or name another file", path,
                    LastSystemError()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Fail(
        fmt::format("{}: cannot be written: {} in folder {}, where SQLite also needs a "
                    "journal; name a file in another folder",
                    path, LastSystemError(), folder.string()));
  }
  return {};
}

Status CheckReadable(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    return Fail(fmt::format("{0}: {1}; make the store first: kautopsy ingest --db {0} LOG...", path,
                            LastSystemError()));
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return Fail(
        fmt::format("{}: cannot be read: {}; check its permissions", path, LastSystemError()));
  }
  return {};
}

}  // namespace

Result<Database> Database::Open(const std::string& path, int flags) {
  // Statistics of memory that nobody reads cost a mutex per allocation. Refused, which does no
  // harm, once the first database is open.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* raw = nullptr;
  // One thread per connection (the class says so), hence no mutexes.
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.database_.reset(raw);
  if (code != SQLITE_OK) return tl::unexpected(DescribeFailure(raw, code, {}, path));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  // Costs a search per row at ingest; tests check the keys instead.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
  return database;
}

Result<Database> Database::Ready(Database database) {
  if (Status status = database.Execute(kCacheSize); !status) return tl::unexpected(status.error());
  return database;
}

Result<Database> Database::OpenForIngest(const std::string& path) {
  if (Status status = CheckIsFile(path); !status) return tl::unexpected(status.error());
  if (Status status = CheckWritable(path); !status) return tl::unexpected(status.error());
  Result<Database> database = Open(AsPlainPath(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return database;
  const Result<StoreState> state = InspectStore(*database, path);
  if (!state) return tl::unexpected(state.error());
  if (sqlite3_db_readonly(database->handle(), "main") == 1) {
    return Fail(path + ": cannot be written: its file system is read-only; name another file");
  }
  if (*state == StoreState::kEmpty) {
    if (Status status = CreateSchema(*database, path); !status) {
      return tl::unexpected(status.error());
    }
  }
  return Ready(std::move(*database));
}

Result<Database> Database::OpenReadOnly(const std::string& path) {
  if (Status status = CheckIsFile(path); !status) return tl::unexpected(status.error());
  if (Status status = CheckReadable(path); !status) return tl::unexpected(status.error());
  Result<Database> database = Open(AsPlainPath(path), SQLITE_OPEN_READONLY);
  if (!database) return database;
  Result<StoreState> state = InspectStore(*database, path);
  if (!state && sqlite3_extended_errcode(database->handle()) == SQLITE_READONLY_ROLLBACK) {
    // An ingest was killed and left its journal. A connection that may write rolls it back.
    Result<Database> writer = Open(AsPlainPath(path), SQLITE_OPEN_READWRITE);
    if (!writer) return writer;
    state = InspectStore(*writer, path);
  }
  if (!state) return tl::unexpected(state.error());
  if (*state == StoreState::kEmpty) {
    return Fail(fmt::format("{0}: is empty; fill it first: kautopsy ingest --db {0} LOG...", path));
  }
  return Ready(std::move(*database));
}

Result<Database> Database::OpenTemporary() {
  // SQLite's name for a database of its own that moves from memory to an unnamed file as it grows.
  Result<Database> database = Open("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // The schema alone would outgrow the cache that SQLite gives by itself, and need that file.
  if (database) database = Ready(std::move(*database));
  if (!database) return database;
  if (Status status = CreateSchema(*database, "temporary store"); !status) {
    return tl::unexpected(status.error());
  }
  return database;
}

}  // namespace kautopsy
