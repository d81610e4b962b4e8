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

// When the crashed kernel's log was saved that the file at `path` is, as the tools that save it
// name the file or its folder: "127.0.0.1-2024-05-01-12:00:00/vmcore-dmesg.txt" of kdump,
// "dmesg.202405011200" of Debian's, "pstore/1714564800/dmesg.txt" of systemd-pstore. None of other
// files and folders, whatever dates their names have. With its year; of an unknown zone, but for
// those that count seconds.
std::optional<PrintedTime> TimeOfSavedCrash(std::string_view path);

// When the tree was collected that the file at `path` lies in, as the name of a folder or archive
// tells: "sosreport-db7-20240501120000". Likewise.
std::optional<PrintedTime> TimeOfTreeName(std::string_view path);

}  // namespace kautopsy
