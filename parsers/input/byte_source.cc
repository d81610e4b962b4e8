#include "parsers/input/byte_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kautopsy {
namespace {

class FileDescriptorSource final : public ByteSource {
 public:
  FileDescriptorSource(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  FileDescriptorSource(const FileDescriptorSource&) = delete;
  FileDescriptorSource& operator=(const FileDescriptorSource&) = delete;
  ~FileDescriptorSource() override {
    if (owned_) ::close(descriptor_);
  }

  Result<std::size_t> Read(std::span<char> block) override {
    while (true) {
      const ssize_t count = ::read(descriptor_, block.data(), block.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR)
        return Fail(fmt::format("cannot be read further: {}", std::strerror(errno)));
    }
  }

 private:
  int descriptor_;
  bool owned_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    const char* what_to_do = error == EACCES   ? "; run as root or copy it to where you may read it"
                             : error == ENOENT ? "; check the path"
                                               : "";
    return Fail(fmt::format("{}: cannot be opened: {}{}", path, std::strerror(error), what_to_do));
  }
  struct stat status = {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    return Fail(fmt::format("{}: is a directory; name the files in it", path));
  }
  return std::make_unique<FileDescriptorSource>(descriptor, true);
}

std::unique_ptr<ByteSource> StandardInput() {
  return std::make_unique<FileDescriptorSource>(STDIN_FILENO, false);
}

}  // namespace kautopsy
