#include "parsers/input/journal_copy.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace kautopsy {
namespace {

bool CopyAll(int from, int to, uint64_t bytes) {
  off_t at = 0;
  while (static_cast<uint64_t>(at) < bytes) {
    const ssize_t count = ::sendfile(to, from, &at, bytes - static_cast<uint64_t>(at));
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return true;
}

}  // namespace

JournalCopy::~JournalCopy() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

Result<std::unique_ptr<JournalCopy>> JournalCopy::FillUp(int fd, const JournalHeader& header) {
  std::error_code no_folder;
  std::string path = std::filesystem::temp_directory_path(no_folder).string() + "/kautopsy.XXXXXX";
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  int error = file < 0 ? errno : 0;
  if (file >= 0) {
    auto copy = std::make_unique<JournalCopy>(std::move(path), file);
    if (CopyAll(fd, file, header.file_bytes) &&
        ::ftruncate(file, static_cast<off_t>(header.claimed_bytes)) == 0)
      return copy;
    error = errno;
  }
  return Fail(
      fmt::format("the journal file is cut ({} of {} bytes are there), and no copy of it could be "
                  "made to read what is left: {}; set TMPDIR to another folder",
                  header.file_bytes, header.claimed_bytes, std::strerror(error)));
}

}  // namespace kautopsy
