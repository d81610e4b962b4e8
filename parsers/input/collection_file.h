#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kautopsy {

// When the files of a tree were collected, as one of them tells.
struct TreeMoment {
  std::string root;  // path of the tree, with a slash at its end
  PrintedTime time;  // with its year; in UTC if the file tells the zone by more than its letters
};

// What `path` and the beginning of its contents tell: the output of timedatectl or date in a
// sosreport.
std::optional<TreeMoment> ReadMomentFile(std::string_view path, std::string_view contents);

// The time in the name of the innermost folder or archive on `path` that is named after one.
struct FolderTime {
  enum class Of {
    kTree,   // files were collected then: "sosreport-db7-20240501120000"
    kCrash,  // a crashed kernel's log was saved then: "127.0.0.1-2024-05-01-12:00:00"
  };
  Of of = Of::kTree;
  PrintedTime time;  // with its year; of an unknown zone, but for those that count seconds
};
std::optional<FolderTime> TimeOfFolder(std::string_view path);

}  // namespace kautopsy
