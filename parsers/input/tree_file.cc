#include "parsers/input/tree_file.h"

#include <algorithm>

#include "base/text.h"

namespace kautopsy {

std::optional<std::string_view> RootOfFile(std::string_view path, std::string_view file) {
  if (!path.ends_with(file)) return std::nullopt;
  const std::string_view root = path.substr(0, path.size() - file.size());
  return root.empty() || root.back() == '/' ? std::optional(root) : std::nullopt;
}

std::string_view FirstLineOf(std::string_view contents) {
  return TrimBlanks(contents.substr(0, contents.find('\n')));
}

std::string_view ValueOf(std::string_view contents, std::string_view key) {
  while (!contents.empty()) {
    const std::size_t end = std::min(contents.find('\n'), contents.size());
    std::string_view line = TrimBlanks(contents.substr(0, end));
    contents.remove_prefix(std::min(end + 1, contents.size()));
    if (!ConsumePrefix(line, key)) continue;
    std::string_view value = ConsumeWord(line);
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

}  // namespace kautopsy
