#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kautopsy::test {

// `text` as the program `filter` packs it: "gzip", "bzip2", "xz", "lzma", "zstd", "lz4". `options`
// are those of archive_write_set_options(3): "bzip2:compression-level=1".
std::string Pack(const std::string& text, const char* filter, const char* options = "");

// An archive of the format that libarchive calls `format` ("ustar", "cpio", "zip"), with these
// files: path, contents. All were changed at `mtime` [s].
std::string PackArchive(const std::vector<std::pair<std::string, std::string>>& files,
                        const char* format, long mtime = 0);

}  // namespace kautopsy::test
