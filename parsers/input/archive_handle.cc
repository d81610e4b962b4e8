#include "parsers/input/archive_handle.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kautopsy {
namespace {

constexpr std::size_t kPackedBlock = 256 * 1024;

}  // namespace

ArchiveHandle::ArchiveHandle(std::unique_ptr<ByteSource> packed, std::string_view what)
    : packed_(std::move(packed)), what_(what), block_(kPackedBlock), archive_(archive_read_new()) {}

la_ssize_t ArchiveHandle::ReadPacked(archive* /*archive*/, void* self, const void** block) {
  auto& handle = *static_cast<ArchiveHandle*>(self);
  const Result<std::size_t> read = handle.packed_->Read(handle.block_);
  *block = handle.block_.data();
  if (read) return static_cast<la_ssize_t>(*read);
  handle.error_ = read.error();
  return ARCHIVE_FATAL;
}

tl::unexpected<Error> ArchiveHandle::Failure() const {
  if (error_) return tl::unexpected(*error_);
  const char* const reason = archive_error_string(archive_.get());
  return Fail(fmt::format("{} is damaged, encrypted, or ends too early: {}", what_,
                          reason ? reason : "unknown format"));
}

Result<archive_entry*> ArchiveHandle::Next() {
  archive_entry* entry = nullptr;
  if (!std::exchange(opened_, true) &&
      archive_read_open(archive_.get(), this, nullptr, ReadPacked, nullptr) != ARCHIVE_OK)
    return Failure();
  left_ = {};
  position_ = 0;
  left_at_ = 0;
  // What it warns of are names in an encoding of their own.
  const int status = archive_read_next_header(archive_.get(), &entry);
  if (status == ARCHIVE_EOF) return nullptr;
  if (status == ARCHIVE_OK || status == ARCHIVE_WARN) return entry;
  return Failure();
}

Result<std::size_t> ArchiveHandle::Read(std::span<char> block) {
  // archive_read_data() would fail as a whole where some of `block` was filled before the damage.
  while (left_.empty() && left_at_ <= position_) {
    const void* data = nullptr;
    std::size_t size = 0;
    const int status = archive_read_data_block(archive_.get(), &data, &size, &left_at_);
    if (status == ARCHIVE_EOF) return 0;
    if (status != ARCHIVE_OK) return Failure();
    left_ = {static_cast<const char*>(data), size};
  }
  const std::size_t hole =
      left_at_ > position_ ? std::min(static_cast<std::size_t>(left_at_ - position_), block.size())
                           : 0;
  std::memset(block.data(), 0, hole);
  const std::size_t size = std::min(left_.size(), block.size() - hole);
  std::memcpy(block.data() + hole, left_.data(), size);
  left_.remove_prefix(size);
  position_ += static_cast<la_int64_t>(hole + size);
  left_at_ += static_cast<la_int64_t>(size);
  return hole + size;
}

}  // namespace kautopsy
