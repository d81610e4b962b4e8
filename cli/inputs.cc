#include "cli/inputs.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace kautopsy {
namespace {

namespace fs = std::filesystem;

class Collector {
 public:
  explicit Collector(const std::string& store) : store_(store) {}

  void Add(const std::string& path, std::size_t argument) {
    struct stat status = {};
    if (path != "-" && ::lstat(path.c_str(), &status) != 0 && AddMatches(path, argument)) return;
    AddPath(path, argument);
  }

  Inputs Take() {
    inputs_.total_bytes = TotalBytes();
    return std::move(inputs_);
  }

 private:
  // False if `pattern` matches nothing: it is then a path that does not exist.
  bool AddMatches(const std::string& pattern, std::size_t argument) {
    glob_t matches = {};
    const bool found = ::glob(pattern.c_str(), 0, nullptr, &matches) == 0;
    for (std::size_t i = 0; found && i < matches.gl_pathc; ++i)
      AddPath(matches.gl_pathv[i], argument);
    ::globfree(&matches);
    return found;
  }

  void AddPath(const std::string& path, std::size_t argument) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path, error)) {
      AddFile(path, argument, false);
      return;
    }
    const std::size_t files = inputs_.files.size();
    const std::size_t problems = inputs_.problems.size();
    Walk(path, argument);
    if (inputs_.files.size() == files && inputs_.problems.size() == problems) {
      inputs_.problems.push_back(path + ": no kernel log lines found: the folder holds no files");
    }
  }

  void AddFile(const std::string& path, std::size_t argument, bool walked) {
    Input input = {.path = path, .argument = argument, .walked = walked, .bytes = {}, .mtime = {}};
    struct stat status = {};
    if (path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      input.bytes = status.st_size;
      input.mtime = status.st_mtim.tv_sec;
    }
    inputs_.files.push_back(std::move(input));
  }

  void Walk(const fs::path& folder, std::size_t argument) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    fs::directory_iterator at(folder, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) entries.push_back(*at);
    if (error) {
      inputs_.problems.push_back(folder.string() + ": cannot be read: " + error.message() +
                                 "; check its permissions");
    }
    std::ranges::sort(entries);
    for (const fs::directory_entry& entry : entries) {
      std::error_code ignored;  // what vanishes meanwhile is neither file nor folder
      if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
        Walk(entry.path(), argument);
      } else if (entry.is_regular_file(ignored)) {
        if (!IsStore(entry.path())) AddFile(entry.path().string(), argument, true);
      } else if (entry.exists(ignored) && !entry.is_directory(ignored)) {
        inputs_.skipped.emplace_back(entry.path().string(), "a device, pipe or socket");
      }
    }
  }

  bool IsStore(const fs::path& path) const {
    if (store_.empty()) return false;
    std::error_code ignored;
    return fs::equivalent(path, store_, ignored) ||
           fs::equivalent(path, store_ + "-journal", ignored);
  }

  std::optional<uint64_t> TotalBytes() const {
    uint64_t total = 0;
    for (const Input& input : inputs_.files) {
      std::error_code ignored;
      if (input.bytes)
        total += *input.bytes;
      else if (input.path == "-" || fs::exists(input.path, ignored))
        return std::nullopt;
    }
    return total;
  }

  std::string store_;
  Inputs inputs_;
};

}  // namespace

Inputs CollectInputs(const std::vector<std::string>& paths, const std::string& store) {
  Collector collector(store);
  for (std::size_t i = 0; i < paths.size(); ++i) collector.Add(paths[i], i);
  return collector.Take();
}

}  // namespace kautopsy
