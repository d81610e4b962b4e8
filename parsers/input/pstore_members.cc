#include "parsers/input/pstore_members.h"

#include <algorithm>
#include <utility>

#include "parsers/input/replaying_source.h"
#include "parsers/input/unpack.h"

namespace kautopsy {
namespace {

// ramoops keeps one or two MiB, EFI some hundred KiB.
constexpr std::size_t kMostBytes = 4 << 20;
constexpr std::size_t kBlockBytes = 64 << 10;

std::string FirstLine(std::string_view text) {
  constexpr std::size_t kLongestHead = 256;  // "Panic#1 Part3"
  return std::string(text.substr(0, std::min(text.find('\n'), kLongestHead)));
}

// systemd's log may have any size elsewhere.
bool IsOfPstore(std::string_view path, std::string_view name) {
  return IsPstoreName(name) ||
         (name == "dmesg.txt" && path.find("systemd/pstore/") != std::string_view::npos);
}

}  // namespace

std::unique_ptr<ByteSource> PstoreMembers::Offer(std::string_view path,
                                                 std::optional<int64_t> mtime,
                                                 std::unique_ptr<ByteSource> contents) {
  const std::size_t name = path.rfind('/') + 1;
  if (!IsOfPstore(path, path.substr(name))) return contents;
  Part part = {.text = {}, .mtime = mtime};
  while (true) {
    const std::size_t before = part.text.size();
    part.text.resize(before + kBlockBytes);
    const Result<std::size_t> read = contents->Read(std::span(part.text).subspan(before));
    part.text.resize(before + read.value_or(0));
    // What was read is good; that the archive is damaged is told by its next member.
    if (!read || *read == 0) break;
    const bool packed = before == 0 && PackingOf(part.text) != Packing::kNone;
    if (packed || bytes_ + part.text.size() > kMostBytes)
      return std::make_unique<ReplayingSource>(std::move(part.text), std::nullopt,
                                               std::move(contents));
  }
  bytes_ += part.text.size();
  const auto [folder, added] = folders_.try_emplace(std::string(path.substr(0, name)));
  folder->second.insert_or_assign(std::string(path.substr(name)), std::move(part));
  return nullptr;
}

std::vector<PstoreMembers::Log> PstoreMembers::TakeLogs() {
  std::vector<Log> logs;
  for (auto& [path, folder] : folders_) TakeLogsOf(path, folder, logs);
  folders_.clear();
  return logs;
}

void PstoreMembers::TakeLogsOf(const std::string& path, Folder& folder, std::vector<Log>& logs) {
  std::vector<PstoreFile> files;
  for (const auto& [name, part] : folder) files.push_back({name, FirstLine(part.text)});
  const PstoreFolder sorted = SortPstore(files);
  for (const PstoreRecord& record : sorted.records) {
    std::vector<std::unique_ptr<ByteSource>> parts;
    for (const std::string& name : record.names)
      parts.push_back(
          std::make_unique<ReplayingSource>(std::move(folder[name].text), std::nullopt, nullptr));
    logs.push_back({.path = path + record.names.front(),
                    .mtime = folder[record.names.front()].mtime,
                    .text = JoinPstore(std::move(parts))});
  }
  for (const std::string& name : sorted.others) {
    Part& log = folder[name];
    logs.push_back(
        {.path = path + name,
         .mtime = log.mtime,
         .joined = false,
         .text = std::make_unique<ReplayingSource>(std::move(log.text), std::nullopt, nullptr)});
  }
  for (const std::string& name : sorted.duplicates)
    duplicates_.push_back({path + name, kToldAgain});
  for (const PstoreProblem& problem : sorted.problems)
    problems_.push_back({path + problem.name, problem.message});
}

}  // namespace kautopsy
