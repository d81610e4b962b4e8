#include "parsers/input/archive.h"

#include <algorithm>
#include <utility>

#include "parsers/input/archive_handle.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

// cpio(5) in its portable forms, and zip.
constexpr std::string_view kMagics[] = {"070701"sv, "070702"sv, "070707"sv, "PK\x03\x04"sv,
                                        "PK\x05\x06"sv};

constexpr std::size_t kTarBlock = 512;

// The sum of a tar header's bytes stands in it, in octal, and counts as blanks (tar(5)). Old
// archives have no other mark.
bool IsTarHeader(std::string_view head) {
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumSize = 8;
  if (head.size() < kTarBlock || head.front() == '\0') return false;
  uint64_t sum = kSumSize * ' ';
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    if (i < kSumAt || i >= kSumAt + kSumSize) sum += static_cast<uint8_t>(head[i]);
  }
  std::string_view digits = head.substr(kSumAt, kSumSize);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  uint64_t printed = 0;
  std::size_t count = 0;
  for (; count < digits.size() && digits[count] >= '0' && digits[count] <= '7'; ++count)
    printed = printed * 8 + static_cast<uint64_t>(digits[count] - '0');
  return count > 0 && printed == sum;
}

class LibarchiveReader final : public ArchiveReader {
 public:
  explicit LibarchiveReader(std::unique_ptr<ByteSource> archive)
      : handle_(std::move(archive), "the archive") {
    archive_read_support_format_tar(handle_.get());
    archive_read_support_format_cpio(handle_.get());
    archive_read_support_format_zip_streamable(handle_.get());
  }

  Result<std::optional<ArchiveMember>> Next() override {
    while (true) {
      const Result<archive_entry*> entry = handle_.Next();
      if (!entry) return tl::unexpected(entry.error());
      if (*entry == nullptr) return std::nullopt;
      // A hard link has no contents of its own: the file that it links to was read.
      if (archive_entry_filetype(*entry) == AE_IFLNK && archive_entry_symlink(*entry) != nullptr) {
        ArchiveMember member = Describe(*entry);
        member.link = archive_entry_symlink(*entry);
        if (!member.link.empty()) return member;
      }
      if (archive_entry_filetype(*entry) == AE_IFREG && archive_entry_hardlink(*entry) == nullptr)
        return Describe(*entry);
    }
  }

  std::unique_ptr<ByteSource> Contents() override { return std::make_unique<Member>(handle_); }

 private:
  class Member final : public ByteSource {
   public:
    explicit Member(ArchiveHandle& handle) : handle_(handle) {}
    Result<std::size_t> Read(std::span<char> block) override { return handle_.Read(block); }

   private:
    ArchiveHandle& handle_;
  };

  static ArchiveMember Describe(archive_entry* entry) {
    ArchiveMember member;
    const char* const path = archive_entry_pathname(entry);
    if (path != nullptr) member.path = path;
    if (member.path.starts_with("./")) member.path.erase(0, 2);
    if (archive_entry_mtime_is_set(entry) != 0) member.mtime = archive_entry_mtime(entry);
    return member;
  }

  ArchiveHandle handle_;
};

}  // namespace

bool IsArchive(std::string_view head) {
  const auto begins = [head](std::string_view magic) { return head.starts_with(magic); };
  return std::ranges::any_of(kMagics, begins) || IsTarHeader(head);
}

std::unique_ptr<ArchiveReader> OpenArchive(std::unique_ptr<ByteSource> archive) {
  return std::make_unique<LibarchiveReader>(std::move(archive));
}

}  // namespace kautopsy
