#include "parsers/input/pstore.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

// fs/pstore/inode.c, pstore_mkfile(): the record's type, the backend, its number, and what tells
// that the kernel could not unpack it.
constexpr std::string_view kDumpPrefix = "dmesg-";
constexpr std::string_view kPackedSuffix = ".enc.z";

constexpr std::string_view kSystemdLog = "dmesg.txt";  // src/pstore/pstore.c, append_dmesg()

constexpr char kPackedMessage[] =
    "the kernel could not unpack this record; boot the kernel that wrote it, or one with the same "
    "compression for pstore, and copy the folder again";

// The line that pstore_dump() in fs/pstore/platform.c writes above each part. Part 1 is the end of
// the log, part 2 what stands before it.
struct Head {
  std::string title;
  unsigned part = 0;
};

std::optional<Head> ParseHead(std::string_view line) {
  std::string_view rest = line;
  while (!rest.empty() && rest.front() >= 'A' && rest.front() <= 'z') rest.remove_prefix(1);
  if (rest.size() == line.size() || !ConsumePrefix(rest, "#")) return std::nullopt;
  if (!ConsumeInteger(rest)) return std::nullopt;
  const std::string_view title = line.substr(0, line.size() - rest.size());
  if (!ConsumePrefix(rest, " Part")) return std::nullopt;
  const std::optional<int64_t> part = ConsumeInteger(rest);
  constexpr int64_t kMostParts = 1'000'000;
  if (!part || *part < 1 || *part > kMostParts || !rest.empty()) return std::nullopt;
  return Head{.title = std::string(title), .part = static_cast<unsigned>(*part)};
}

struct Part {
  std::string_view name;
  std::string_view backend;
  uint64_t number = 0;
  Head head;
};

// None if `name` is not that of a part.
std::optional<Part> ParseName(std::string_view name) {
  if (!name.starts_with(kDumpPrefix)) return std::nullopt;
  const std::size_t dash = name.rfind('-');
  const std::optional<int64_t> number = ParseInteger(name.substr(dash + 1));
  if (!number || !IsDigit(name[dash + 1])) return std::nullopt;
  if (dash <= kDumpPrefix.size() || name[dash - 1] == '-') return std::nullopt;
  Part part;
  part.name = name;
  part.backend = name.substr(kDumpPrefix.size(), dash - kDumpPrefix.size());
  part.number = static_cast<uint64_t>(*number);
  return part;
}

// What the numbers of two parts of one dump share. drivers/firmware/efi/efi-pstore.c, generic_id():
// (seconds * 100 + part) * 1000 + count. drivers/firmware/efi/cper.c, cper_next_record_id(), which
// ERST uses: the upper half tells the time of the boot, the lower counts up. Others number places,
// and take only the first part (fs/pstore/ram.c, ramoops_pstore_write(); fs/pstore/zone.c).
struct Era {
  uint64_t begin = 0;
  uint64_t length = 0;  // within which numbers may be of one dump
};

Era EraOf(const Part& part) {
  constexpr uint64_t kEfiSecond = 100'000;
  constexpr uint64_t kDumpSeconds = 60;  // storing to flash is slow, but not slower than a reboot
  if (part.backend == "efi" || part.backend == "efi_pstore")
    return {.begin = part.number / kEfiSecond, .length = kDumpSeconds};
  if (part.backend == "erst") return {.begin = part.number >> 32, .length = 0};
  return {.begin = 0, .length = 0};
}

// EFI's numbers tell the part and the count, too.
void CompleteHead(Part& part) {
  if (part.head.part > 0 || EraOf(part).length == 0) return;
  part.head.title = "#" + std::to_string(part.number % 1000);
  part.head.part = static_cast<unsigned>(part.number / 1000 % 100);
}

// The parts of one dump, the end of the log first.
using Dump = std::vector<const Part*>;

bool GoesOn(const Dump& dump, const Part& part) {
  const Part& last = *dump.back();
  const Era era = EraOf(part);
  return part.head.part > last.head.part && era.begin - EraOf(last).begin <= era.length;
}

PstoreRecord RecordOf(const Dump& dump) {
  PstoreRecord record;
  record.title = dump.front()->head.title;
  if (record.title.starts_with('#')) record.title.clear();
  unsigned expected = 1;
  for (const Part* part : dump) {
    for (; expected < part->head.part; ++expected) record.missing.push_back(expected);
    ++expected;
    record.names.emplace_back(part->name);
  }
  std::ranges::reverse(record.names);
  return record;
}

// `parts` are sorted by backend and number, which is the order of their being written.
std::vector<PstoreRecord> Group(const std::vector<Part>& parts) {
  std::vector<Dump> dumps;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> newest;  // in `dumps`
  for (const Part& part : parts) {
    const std::pair key(part.backend, std::string_view(part.head.title));
    const auto known = newest.find(key);
    if (part.head.part > 0 && known != newest.end() && GoesOn(dumps[known->second], part)) {
      dumps[known->second].push_back(&part);
      continue;
    }
    newest[key] = dumps.size();
    dumps.push_back({&part});
  }
  std::vector<PstoreRecord> records;
  records.reserve(dumps.size());
  for (const Dump& dump : dumps) records.push_back(RecordOf(dump));
  return records;
}

// Heads, and the names of files that older systemd-pstore wrote above them.
bool IsHeadLine(std::string_view line) {
  if (ParseHead(line)) return true;
  return line.ends_with(':') && ParseName(line.substr(0, line.size() - 1)).has_value();
}

class JoinedSource final : public ByteSource {
 public:
  explicit JoinedSource(std::vector<std::unique_ptr<ByteSource>> parts)
      : parts_(std::move(parts)) {}

  Result<std::size_t> Read(std::span<char> block) override {
    while (ready_ == 0 && at_ < parts_.size()) Fill();
    if (ready_ == 0 && error_) return tl::unexpected(*error_);
    const std::size_t size = std::min(block.size(), ready_);
    std::memcpy(block.data(), text_.data(), size);
    text_.erase(0, size);
    ready_ -= size;
    return size;
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kLongestHead = 128;  // what is longer without a newline is none

  // Reads on, and takes the heads off. `text_` is at the beginning of a line behind `ready_`, if
  // `line_begins_`.
  void Fill() {
    const std::size_t before = text_.size();
    text_.resize(before + kBlockBytes);
    const Result<std::size_t> read =
        parts_[at_]->Read(std::span(text_).subspan(before, kBlockBytes));
    if (!read && !error_) error_ = read.error();
    const std::size_t size = read ? *read : 0;
    text_.resize(before + size);
    if (size == 0) EndPart();
    while (TakeLine()) {
    }
  }

  // A part holds whole lines, but one that the kernel cut to its room may end without newline.
  void EndPart() {
    ++at_;
    const bool cut = text_.empty() ? !line_begins_ : text_.back() != '\n';
    if (cut) text_ += '\n';
  }

  // Decides about the next line, or the piece of it that is there.
  bool TakeLine() {
    const std::string_view rest = std::string_view(text_).substr(ready_);
    if (rest.empty()) return false;
    const std::size_t end = rest.find('\n');
    const bool whole = end != std::string_view::npos;
    if (line_begins_ && whole && end <= kLongestHead && IsHeadLine(rest.substr(0, end))) {
      text_.erase(ready_, end + 1);
      return true;
    }
    if (line_begins_ && !whole && rest.size() <= kLongestHead) return false;
    ready_ += whole ? end + 1 : rest.size();
    line_begins_ = whole;
    return true;
  }

  std::vector<std::unique_ptr<ByteSource>> parts_;
  std::size_t at_ = 0;          // the part that is being read
  std::string text_;            // was read and not given yet
  std::size_t ready_ = 0;       // how much of it has been decided about
  bool line_begins_ = true;     // behind that
  std::optional<Error> error_;  // the first one
};

bool IsPackedName(std::string_view name) {
  return name.starts_with(kDumpPrefix) && name.ends_with(kPackedSuffix);
}

}  // namespace

bool IsPstoreName(std::string_view name) {
  return ParseName(name).has_value() || IsPackedName(name);
}

PstoreFolder SortPstore(std::span<const PstoreFile> files) {
  PstoreFolder folder;
  std::vector<Part> parts;
  std::vector<std::string> logs;
  for (const PstoreFile& file : files) {
    std::optional<Part> part = ParseName(file.name);
    if (part) {
      part->head = ParseHead(file.first_line).value_or(Head());
      CompleteHead(*part);
      parts.push_back(std::move(*part));
    } else if (IsPackedName(file.name)) {
      folder.problems.push_back({file.name, kPackedMessage});
    } else {
      (file.name == kSystemdLog ? logs : folder.others).push_back(file.name);
    }
  }
  std::ranges::sort(
      parts, {}, [](const Part& part) { return std::tie(part.backend, part.number, part.name); });
  folder.records = Group(parts);
  std::ranges::move(logs, std::back_inserter(parts.empty() ? folder.others : folder.duplicates));
  std::ranges::sort(folder.problems, {}, &PstoreProblem::name);
  std::ranges::sort(folder.others);
  return folder;
}

std::unique_ptr<ByteSource> JoinPstore(std::vector<std::unique_ptr<ByteSource>> parts) {
  return std::make_unique<JoinedSource>(std::move(parts));
}

}  // namespace kautopsy
