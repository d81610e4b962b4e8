#include "cli/inputs.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "parsers/input/pstore.h"

namespace kautopsy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestHead = 256;  // "Panic#1 Part3"

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
    Input input = {.path = path,
                   .argument = argument,
                   .walked = walked,
                   .parts = {},
                   .bytes = {},
                   .mtime = {}};
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
    std::vector<std::string> files;
    for (const fs::directory_entry& entry : entries) {
      std::error_code ignored;  // what vanishes meanwhile is neither file nor folder
      if (entry.is_directory(ignored) && !entry.is_symlink(ignored))
        Walk(entry.path(), argument);
      else if (entry.is_regular_file(ignored))
        files.push_back(entry.path().string());
      else if (!NoteClockLink(entry.path()))
        NoteSkipped(entry);
    }
    const std::set<std::string> taken = AddPstore(folder.string(), files, argument);
    for (const std::string& file : files) {
      if (fs::path(file).filename() == "localtime") NoteClockLink(file);
      if (!taken.contains(file) && !IsStore(file)) AddFile(file, argument, true);
    }
  }

  // True if it is the link that tells the zone. It often points nowhere, as the tree is another
  // machine's.
  bool NoteClockLink(const fs::path& path) {
    std::error_code error;
    if (path.filename() != "localtime") return false;
    const fs::path target = fs::read_symlink(path, error);
    if (!error) inputs_.clock_links.emplace_back(path.string(), target.string());
    return !error;
  }

  // What is neither a file nor a folder of its own.
  void NoteSkipped(const fs::directory_entry& entry) {
    std::error_code ignored;
    const char* reason = nullptr;
    if (!entry.is_symlink(ignored))
      reason = entry.exists(ignored) ? "a device, pipe or socket" : nullptr;
    else if (entry.is_directory(ignored))
      reason = "a link to a folder, which is not followed";
    else
      reason = entry.exists(ignored) ? "a link to a device, pipe or socket" : "a link to nothing";
    if (reason != nullptr) inputs_.skipped.emplace_back(entry.path().string(), reason);
  }

  // Adds the kernel logs in pstore that a folder holds, and returns the files that belong to them.
  std::set<std::string> AddPstore(const std::string& folder, const std::vector<std::string>& files,
                                  std::size_t argument) {
    std::set<std::string> taken;
    const PstoreFolder pstore = SortPstore(PstoreFilesOf(files));
    const auto take = [&](const std::string& name) {
      return *taken.insert((fs::path(folder) / name).string()).first;
    };
    for (const PstoreRecord& record : pstore.records) {
      AddFile(take(record.names.front()), argument, true);
      for (const std::string& name : record.names) inputs_.files.back().parts.push_back(take(name));
    }
    for (const PstoreProblem& problem : pstore.problems)
      inputs_.problems.push_back(take(problem.name) + ": " + problem.message);
    for (const std::string& name : pstore.duplicates)
      inputs_.skipped.emplace_back(take(name), kToldAgain);
    return taken;
  }

  // What tells whether a folder holds logs of pstore; nothing if no name looks like it.
  static std::vector<PstoreFile> PstoreFilesOf(const std::vector<std::string>& files) {
    std::vector<PstoreFile> result;
    const auto name_of = [](const std::string& file) { return fs::path(file).filename().string(); };
    if (std::ranges::none_of(files,
                             [&](const auto& file) { return name_of(file).starts_with("dmesg-"); }))
      return result;
    for (const std::string& file : files) {
      std::ifstream stream(file);
      std::string line(kLongestHead, '\0');
      stream.read(line.data(), static_cast<std::streamsize>(line.size()));
      line.resize(std::min(line.find('\n'), static_cast<std::size_t>(stream.gcount())));
      result.push_back({name_of(file), line});
    }
    return result;
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
