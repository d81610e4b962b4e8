#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// Writes the rows of `source` and `source_path`.
class SourceWriter {
 public:
  struct Place {
    int64_t source_id = 0;
    std::string_view path;
    std::string_view kind;
  };

  // `database` must outlive it; `year` as for NewSqliteSink().
  static Result<SourceWriter> Create(Database& database, std::optional<int> year);

  // The source of this content, if the store has it: of several hosts' the one found at `path`.
  Result<Integer> Find(const SourceSummary& summary, std::string_view path);
  // What is told of a source that was known.
  Status Update(int64_t source_id, const SourceSummary& summary);
  // `mixed`: it tells of boots that other sources' clocks have dated.
  Status Write(const Place& place, const SourceSummary& summary, bool mixed);
  // Standard input has none.
  Status WritePath(const Place& place, const SourceSummary& summary);

 private:
  std::optional<int> year_;
  Statement insert_;
  Statement insert_path_;
  Statement set_sha256_;
  Statement set_year_;
  Statement set_zone_;
  Statement note_zone_;
  Statement find_;
};

}  // namespace kautopsy
