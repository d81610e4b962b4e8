#include "parsers/input/journal_copy.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/input/temporary_file.h"

namespace kautopsy {
namespace {

constexpr std::size_t kBlock = 64 << 10;

bool CopyAll(int from, int to, uint64_t bytes) {
  off_t at = 0;
  while (static_cast<uint64_t>(at) < bytes) {
    const ssize_t count = ::sendfile(to, from, &at, bytes - static_cast<uint64_t>(at));
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return true;
}

tl::unexpected<Error> CannotCopy(int error) {
  return Fail(fmt::format(
      "the journal file must be copied to be read, and cannot be: {}; set TMPDIR to another folder",
      std::strerror(error)));
}

}  // namespace

JournalCopy::~JournalCopy() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

Result<std::unique_ptr<JournalCopy>> JournalCopy::Create() {
  std::string path = TemporaryFolder() + "/kautopsy-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return CannotCopy(errno);
  return std::make_unique<JournalCopy>(std::move(path), fd);
}

Result<std::unique_ptr<JournalCopy>> JournalCopy::FillUp(int fd, const JournalHeader& header) {
  Result<std::unique_ptr<JournalCopy>> copy = Create();
  if (copy && (!CopyAll(fd, (*copy)->fd(), header.file_bytes) ||
               ::ftruncate((*copy)->fd(), static_cast<off_t>(header.claimed_bytes)) != 0))
    return CannotCopy(errno);
  return copy;
}

Result<std::unique_ptr<JournalCopy>> JournalCopy::Spool(ByteSource& source) {
  Result<std::unique_ptr<JournalCopy>> copy = Create();
  if (!copy) return copy;
  std::vector<char> block(kBlock);
  off_t size = 0;
  while (true) {
    const Result<std::size_t> read = source.Read(block);
    if (!read || *read == 0) break;
    const std::string_view bytes(block.data(), *read);
    const bool hole = bytes.find_first_not_of('\0') == std::string_view::npos;
    const Status written =
        hole ? Status() : WriteAt((*copy)->fd(), bytes, static_cast<uint64_t>(size));
    if (!written) return tl::unexpected(written.error());
    size += static_cast<off_t>(*read);
  }
  if (::ftruncate((*copy)->fd(), size) != 0) return CannotCopy(errno);
  return copy;
}

}  // namespace kautopsy
