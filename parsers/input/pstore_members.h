#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/input/byte_source.h"
#include "parsers/input/pstore.h"

namespace kautopsy {

// The parts of kernel logs in pstore that an archive holds, in whatever order. They are kept in
// memory until it ends: they are small, as what firmware keeps over a crash is.
class PstoreMembers {
 public:
  // One log, put together.
  struct Log {
    std::string path;  // of its oldest part
    std::optional<int64_t> mtime;
    bool joined = true;  // else it is systemd's, without the parts
    std::unique_ptr<ByteSource> text;
  };
  struct Unread {
    std::string path;
    std::string reason;
  };

  // Takes the contents of the member at `path` if it is called as a part is, or as systemd-pstore
  // calls the log that it makes of them. Returns a source that
  // gives them if it is none, or one too many to be kept.
  std::unique_ptr<ByteSource> Offer(std::string_view path, std::optional<int64_t> mtime,
                                    std::unique_ptr<ByteSource> contents);
  // Once the archive has ended: what its parts give, sorted by folders. Then the others are known:
  // what cannot be read, and what tells the same again.
  std::vector<Log> TakeLogs();
  const std::vector<Unread>& problems() const { return problems_; }
  const std::vector<Unread>& duplicates() const { return duplicates_; }

 private:
  struct Part {
    std::string text;
    std::optional<int64_t> mtime;
  };
  using Folder = std::map<std::string, Part, std::less<>>;  // by name
  void TakeLogsOf(const std::string& path, Folder& folder, std::vector<Log>& logs);

  std::map<std::string, Folder, std::less<>> folders_;  // by path, with a slash at its end
  std::size_t bytes_ = 0;                               // that are kept
  std::vector<Unread> problems_;
  std::vector<Unread> duplicates_;
};

}  // namespace kautopsy
