#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parsers/input/byte_source.h"

namespace kautopsy {

// libarchive, reading from a ByteSource. Enable filters and formats on get() before the first
// Next().
class ArchiveHandle {
 public:
  // `what` is read, for messages: "the archive"; must outlive the handle.
  ArchiveHandle(std::unique_ptr<ByteSource> packed, std::string_view what);
  ArchiveHandle(const ArchiveHandle&) = delete;  // libarchive keeps its address
  ArchiveHandle& operator=(const ArchiveHandle&) = delete;

  archive* get() const { return archive_.get(); }

  // The next entry, valid until the one after it; null at the end.
  Result<archive_entry*> Next();
  // Bytes of the entry at hand, as ByteSource::Read gives them.
  Result<std::size_t> Read(std::span<char> block);

 private:
  static la_ssize_t ReadPacked(archive* archive, void* self, const void** block);
  // What went wrong: the source cannot be read, or its data is damaged.
  tl::unexpected<Error> Failure() const;

  struct Freer {
    void operator()(archive* archive) const { archive_read_free(archive); }
  };

  std::unique_ptr<ByteSource> packed_;
  std::string_view what_;
  std::vector<char> block_;
  std::unique_ptr<archive, Freer> archive_;
  bool opened_ = false;
  std::string_view left_;       // of the entry's data, what libarchive gave and Read() did not
  la_int64_t left_at_ = 0;      // where that stands in the entry: behind position_ there is a hole
  la_int64_t position_ = 0;     // of Read()
  std::optional<Error> error_;  // of `packed_`
};

}  // namespace kautopsy
