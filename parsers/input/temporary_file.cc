#include "parsers/input/temporary_file.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/input/unpack.h"

namespace kautopsy {
namespace {

constexpr std::size_t kSpoolBlock = 1 << 20;
constexpr std::size_t kHeadBytes = 64;

// Beyond this pread() and pwrite() cannot go.
constexpr auto kLastOffset = static_cast<uint64_t>(std::numeric_limits<off_t>::max());

}  // namespace

std::string TemporaryFolder() {
  const char* const folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/var/tmp";
}

Result<FileDescriptor> MakeTemporaryFile() {
  const std::string folder = TemporaryFolder();
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid()) return file;
  // Some file systems know no O_TMPFILE.
  std::string path = folder + "/kautopsy-XXXXXX";
  file = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) {
    return Fail(fmt::format(
        "no temporary file in {}: {}; set TMPDIR to a folder with room for the unpacked dump",
        folder, std::strerror(errno)));
  }
  ::unlink(path.c_str());
  return file;
}

Result<WholeFile> SpoolToTemporaryFile(ByteSource& source, const Progress& progress) {
  Result<FileDescriptor> temporary = MakeTemporaryFile();
  if (!temporary) return tl::unexpected(temporary.error());
  WholeFile whole{.file = std::move(*temporary), .error = std::nullopt};
  std::vector<char> block(kSpoolBlock);
  for (uint64_t at = 0;;) {
    const Result<std::size_t> read = source.Read(block);
    if (!read) whole.error = read.error();
    if (!read || *read == 0) break;
    const Status status = WriteAt(whole.file.get(), std::span(block).first(*read), at);
    if (!status) return tl::unexpected(status.error());
    at += *read;
    if (progress) progress();
  }
  return whole;
}

Result<WholeFile> MakeSeekable(FileDescriptor file) {
  WholeFile whole{.file = std::move(file), .error = std::nullopt};
  if (::lseek(whole.file.get(), 0, SEEK_SET) < 0) {
    Result<WholeFile> copy =
        SpoolToTemporaryFile(*DescriptorSource(std::move(whole.file)), Progress());
    if (!copy) return copy;
    whole = std::move(*copy);
  }
  std::array<char, kHeadBytes> head = {};
  const Result<std::size_t> read = ReadAt(whole.file.get(), head, 0);
  if (!read) return tl::unexpected(read.error());
  const Packing packing = PackingOf(std::string_view(head.data(), *read));
  if (packing == Packing::kNone) return whole;
  ::lseek(whole.file.get(), 0, SEEK_SET);
  Result<WholeFile> unpacked =
      SpoolToTemporaryFile(*Unpack(DescriptorSource(std::move(whole.file)), packing), Progress());
  if (unpacked && whole.error) unpacked->error = whole.error;
  return unpacked;
}

Result<std::size_t> ReadAt(int file, std::span<char> block, uint64_t offset) {
  std::size_t size = 0;
  while (size < block.size() && offset <= kLastOffset - size) {
    const ssize_t count =
        ::pread(file, block.data() + size, block.size() - size, static_cast<off_t>(offset + size));
    if (count == 0) break;
    if (count > 0)
      size += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      return Fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  return size;
}

Status WriteAt(int file, std::span<const char> block, uint64_t offset) {
  if (offset > kLastOffset - block.size()) return Fail("a place in the file is too far away");
  std::size_t size = 0;
  while (size < block.size()) {
    const ssize_t count =
        ::pwrite(file, block.data() + size, block.size() - size, static_cast<off_t>(offset + size));
    if (count >= 0)
      size += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      return Fail(
          fmt::format("cannot write a temporary file in {}: {}; set TMPDIR to a folder "
                      "with more room",
                      TemporaryFolder(), std::strerror(errno)));
  }
  return {};
}

}  // namespace kautopsy
