#include "store/query_stop.h"

#include <fmt/core.h>

namespace kautopsy {
namespace {

// Steps of SQLite's virtual machine between two checks: some tens of microseconds.
constexpr int kStepsBetweenChecks = 2000;

constexpr double kMsPerSecond = 1000;

}  // namespace

QueryStop::QueryStop(Database& database, const QueryOptions& options)
    : database_(database.handle()), options_(options), begin_(std::chrono::steady_clock::now()) {
  sqlite3_progress_handler(database_, kStepsBetweenChecks, Check, this);
}

QueryStop::~QueryStop() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }

bool QueryStop::MustEnd() const {
  if (options_.interrupted && options_.interrupted->load()) return true;
  return options_.time_limit && std::chrono::steady_clock::now() - begin_ >= *options_.time_limit;
}

int QueryStop::Check(void* self) { return static_cast<const QueryStop*>(self)->MustEnd() ? 1 : 0; }

std::string QueryStop::Reason() const {
  constexpr char kRows[] = "what was printed is not all";
  if (options_.interrupted && options_.interrupted->load())
    return fmt::format("interrupted; {}", kRows);
  const auto limit =
      static_cast<double>(options_.time_limit.value_or(std::chrono::milliseconds()).count());
  return fmt::format("ended after {} s, the time limit; {}; allow more with --timeout",
                     limit / kMsPerSecond, kRows);
}

}  // namespace kautopsy
