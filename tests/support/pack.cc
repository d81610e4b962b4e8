#include "tests/support/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

namespace kautopsy::test {
namespace {

la_ssize_t Append(archive* /*archive*/, void* packed, const void* block, std::size_t size) {
  static_cast<std::string*>(packed)->append(static_cast<const char*>(block), size);
  return static_cast<la_ssize_t>(size);
}

void AddFile(archive* writer, const std::string& path, const std::string& text, long mtime) {
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_pathname(entry, path.c_str());
  archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
  archive_entry_set_mtime(entry, mtime, 0);
  REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
  archive_write_data(writer, text.data(), text.size());
  archive_entry_free(entry);
}

}  // namespace

std::string Pack(const std::string& text, const char* filter, const char* options) {
  std::string packed;
  archive* const writer = archive_write_new();
  archive_write_add_filter_by_name(writer, filter);
  archive_write_set_format_raw(writer);
  if (*options != 0) REQUIRE(archive_write_set_options(writer, options) == ARCHIVE_OK);
  archive_write_set_bytes_per_block(writer, 1);  // no NULs behind the end
  REQUIRE(archive_write_open(writer, &packed, nullptr, Append, nullptr) == ARCHIVE_OK);
  AddFile(writer, "", text, 0);
  archive_write_free(writer);
  return packed;
}

std::string PackArchive(const std::vector<std::pair<std::string, std::string>>& files,
                        const char* format, long mtime) {
  std::string packed;
  archive* const writer = archive_write_new();
  REQUIRE(archive_write_set_format_by_name(writer, format) == ARCHIVE_OK);
  REQUIRE(archive_write_open(writer, &packed, nullptr, Append, nullptr) == ARCHIVE_OK);
  for (const auto& [path, text] : files) AddFile(writer, path, text, mtime);
  archive_write_free(writer);
  return packed;
}

}  // namespace kautopsy::test
