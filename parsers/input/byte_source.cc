#include "parsers/input/byte_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace kautopsy {
namespace {

class FileDescriptorSource final : public ByteSource {
 public:
  // `owned` may be the same as `descriptor`, or none.
  FileDescriptorSource(int descriptor, FileDescriptor owned)
      : descriptor_(descriptor), owned_(std::move(owned)) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
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
  FileDescriptor owned_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    const int error = errno;
    const char* what_to_do = error == EACCES   ? "; run as root or copy it to where you may read it"
                             : error == ENOENT ? "; check the path"
                                               : "";
    return Fail(fmt::format("{}: cannot be opened: {}{}", path, std::strerror(error), what_to_do));
  }
  struct stat status = {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return Fail(fmt::format("{}: is a directory; name the files in it", path));
  return DescriptorSource(std::move(file));
}

std::unique_ptr<ByteSource> StandardInput() {
  return std::make_unique<FileDescriptorSource>(STDIN_FILENO, FileDescriptor());
}

std::unique_ptr<ByteSource> DescriptorSource(FileDescriptor file) {
  const int descriptor = file.get();
  return std::make_unique<FileDescriptorSource>(descriptor, std::move(file));
}

}  // namespace kautopsy
