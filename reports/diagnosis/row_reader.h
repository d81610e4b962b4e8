#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// 2^44 KiB = 16 PiB, and as many pages: beyond the 52 physical address bits of any machine so far.
inline constexpr int64_t kLargestSize = int64_t{1} << 44;

// A size or a number of pages; none if it is beyond any machine, as damaged lines have it.
inline Integer Size(const Statement& row, int column) {
  const Integer value = row.GetInteger(column);
  if (value && (*value < -kLargestSize || *value > kLargestSize)) return std::nullopt;
  return value;
}

// Runs statements with integer parameters over and over; each is prepared once. `database` must
// outlive the reader.
class RowReader {
 public:
  explicit RowReader(Database& database) : database_(database) {}

  // Calls `body(const Statement&)` for every row, or until it returns false, if it returns a bool.
  template <class Body>
  Status ForEach(const std::string& sql, int64_t id, Body&& body) {
    return ForEach(sql, {id}, std::forward<Body>(body));
  }
  template <class Body>
  Status ForEach(const std::string& sql, std::initializer_list<int64_t> parameters, Body&& body) {
    const Result<Statement*> statement = Ready(sql, parameters);
    if (!statement) return tl::unexpected(statement.error());
    Result<bool> row = (*statement)->Step();
    while (row && *row && GoesOn(body, **statement)) row = (*statement)->Step();
    if (!row) return tl::unexpected(row.error());
    (*statement)->Reset();
    return {};
  }

 private:
  template <class Body>
  static bool GoesOn(Body& body, const Statement& row) {
    if constexpr (std::is_same_v<decltype(body(row)), bool>) {
      return body(row);
    } else {
      body(row);
      return true;
    }
  }

  Result<Statement*> Ready(const std::string& sql, std::initializer_list<int64_t> parameters) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
      Result<Statement> statement = database_.Prepare(sql);
      if (!statement) return tl::unexpected(statement.error());
      found = statements_.emplace(sql, std::move(*statement)).first;
    }
    found->second.Reset();
    int parameter = 0;
    for (const int64_t value : parameters) found->second.Bind(parameter++, Integer(value));
    return &found->second;
  }

  Database& database_;
  std::map<std::string, Statement> statements_;
};

}  // namespace kautopsy
