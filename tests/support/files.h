#pragma once

#include <string>
#include <vector>

namespace kautopsy::test {

// The top folder of the source tree, with a slash at the end.
std::string SourceRoot();

// The bytes of a file below SourceRoot(); fails the running test if it cannot be read.
std::string ReadFile(const std::string& path);

// The lines of a text, without their ends.
std::vector<std::string> LinesOf(const std::string& text);

// Every log below samples/, sorted, as "seed/paste.txt". Not samples/formats and samples/journal,
// whose files hold one log in many formats, which are compared with each other, nor
// samples/captures and samples/dumps, which have tests of their own.
std::vector<std::string> SampleNames();

// Files of a folder below SourceRoot() that end in `suffix`, sorted, with the folder in front.
std::vector<std::string> FilesBelow(const std::string& folder, const std::string& suffix);

// Compares `actual` with the file at `path` below SourceRoot() and fails the running test at the
// first line that differs. With UPDATE_GOLDEN=1 in the environment the file is rewritten instead.
void CheckGolden(const std::string& path, const std::string& actual);

}  // namespace kautopsy::test
