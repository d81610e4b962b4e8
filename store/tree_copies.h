#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Copies sources and events for hosts of their own. A text that names no host is taken for the one
// of equal content that the store knows; once trees of several hosts are known to hold it, each
// host gets its own.
class TreeCopies {
 public:
  // `database`, in a transaction, must outlive it.
  static Result<std::unique_ptr<TreeCopies>> Create(Database& database);

  // `path` holds the text of source `source_id`, and lies in the tree of `host`. If the source is
  // in another host's tree, the path gets that of its own host, which is copied if need be.
  Status PlacePath(std::string_view path, int64_t source_id, std::string_view host);
  // Leaves every event that stands in trees of several hosts to the first of them, and gives the
  // others a copy each. Places whose lines name a host stay: a machine may keep logs of others.
  Status SplitEvents();

  uint64_t sources() const { return sources_; }  // copied so far
  uint64_t events() const { return events_; }    // likewise

 private:
  // A place of an event that is another host's.
  struct Stray {
    int64_t place = 0;  // rowid of event_source
    int64_t event_id = 0;
    int64_t source_id = 0;
    int64_t first_line = 0;
    int64_t last_line = 0;
    int64_t first_column = 0;
    std::string host;
  };

  explicit TreeCopies(Database& database) : database_(database) {}
  Status Prepare();
  Status PrepareCopies();
  Status PrepareRelations();
  Status CopySource(std::string_view path, int64_t source_id, std::string_view host);
  Status Split(const Stray& stray);
  Result<Integer> FindTwin(const Stray& stray);
  Result<Integer> CopyEvent(const Stray& stray);
  Status CopyRows(int64_t event_id, const Stray& stray);
  Result<Integer> CopyBoot(const Integer& boot_id, const std::string& host);
  Status PointToFirstPlaces();
  Status ShiftLines(int64_t event_id, int64_t lines);
  Status ShiftText(int64_t event_id, int64_t lines);

  Database& database_;
  Statement compare_tree_;
  Statement set_tree_;
  Statement find_source_;
  Statement copy_source_;
  Statement move_path_;
  std::vector<Statement> copy_of_source_;  // what other relations have of a source
  Statement find_twin_;
  Statement find_boot_;
  Statement copy_event_;
  Statement count_lines_;
  Statement note_twin_;
  Statement note_copy_;
  Statement move_place_;
  Statement move_event_;
  Statement outdate_;
  Statement find_boot_copy_;
  Statement copy_boot_;
  Statement note_boot_;
  Statement move_boot_;
  std::vector<Statement> copy_rows_;   // of an event
  std::vector<Statement> shift_rows_;  // likewise
  Statement select_text_;
  Statement update_text_;
  uint64_t sources_ = 0;
  uint64_t events_ = 0;
};

}  // namespace kautopsy
