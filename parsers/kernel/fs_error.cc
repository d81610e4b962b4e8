// A filesystem that tells that something is wrong with it, a line for each finding. Only lines that
// are known to be bad news are taken: mounts, recoveries and options have the same heads.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/row.h"
#include "base/text.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `fs_error`.
struct FsError {
  Text device;
  Text filesystem;
  Text severity;
  Text function;
  Integer line;
  Integer inode;
  Integer block;
  Text comm;
  Text message;

  static constexpr std::string_view kRelation = "fs_error";
  static std::span<const Field<FsError>> Fields() {
    using F = Field<FsError>;
    static constexpr std::array fields = {
        F("device", &FsError::device),     F("filesystem", &FsError::filesystem),
        F("severity", &FsError::severity), F("function", &FsError::function),
        F("line", &FsError::line),         F("inode", &FsError::inode),
        F("block", &FsError::block),       F("comm", &FsError::comm),
        F("message", &FsError::message)};
    return fields;
  }
};

constexpr std::size_t kMaxGroups = 10;

// One wording. `groups` tells by a letter what each group of the pattern is: d device, F the
// filesystem's name, s a word for the severity, f function, l line, i inode, b block, c comm, m
// message. Without m the message is the whole text.
struct Form {
  std::string_view head;
  std::string_view filesystem;
  std::string_view severity;
  LogPattern pattern;
  std::string_view groups;
};

// fs/ext4/super.c: __ext4_error(), __ext4_error_inode(), __ext4_error_file(), __ext4_std_error(),
// __ext4_warning(), ext4_handle_error() and print_daily_error_info(), since 3.16;
// fs/ext4/page-io.c and inode.c. fs/ext3/super.c and fs/ext2/super.c print the same without line,
// inode and comm. fs/jbd2/journal.c: jbd2_journal_abort(), jbd2_write_superblock(); commit.c.
std::span<const Form> ExtForms() {
  static const Form kForms[] = {
      {"EXT", "", "",
       LogPattern(
           R"re((EXT[234])-fs (error|warning|abort|panic) \(device ([^)]+)\)(?: in|:) (\w+))re"
           R"re((?::(\d+))?: (?:inode #(\d+): )?(?:l?block (\d+): )?)re"
           R"re((?:comm (?:(.{1,15}): path .{1,80}?|(.{1,15}?)): )?(.+))re"),
       "Fsdflibccm"},
      {"EXT", "", "readonly",
       LogPattern(R"re((EXT[234])-fs \(([^)]+)\): (Remounting filesystem read-only))re"), "Fdm"},
      {"EXT", "", "error",
       LogPattern(R"re((EXT[234])-fs \(([^)]+)\): ((?:previous I/O error to superblock detected|)re"
                  R"re(I/O error while writing superblock|error loading journal|)re"
                  R"re(Delayed block allocation failed for inode \d+ .*|)re"
                  R"re(This should not happen!! Data will be lost).*))re"),
       "Fdm"},
      {"EXT", "", "warning",
       LogPattern(R"re((EXT[234])-fs \(([^)]+)\): (error count since last fsck: \d+))re"), "Fdm"},
      {"Remounting filesystem read-only", "ext3", "readonly",
       LogPattern("Remounting filesystem read-only"), ""},
      {"Aborting journal on device ", "jbd2", "abort",
       LogPattern(R"re(Aborting journal on device (\S+?)\.)re"), "d"},
      {"JBD", "", "error",
       LogPattern(R"re((JBD2?): ((?:Detected IO errors(?: -?\d+)? while flushing file data on|)re"
                  R"re((?:(?:previous )?I/O error|Error -?\d+)(?: detected)? when updating )re"
                  R"re(journal superblock for|I/O error detected when updating journal )re"
                  R"re(superblock for) (\S+?)\.?))re"),
       "Fmd"}};
  return kForms;
}

// fs/xfs/xfs_error.c: xfs_error_report(), xfs_corruption_error(), xfs_buf_verifier_error(),
// xfs_inode_verifier_error(); xfs_fsops.c: xfs_do_force_shutdown(), in new words since 5.15;
// xfs_buf.c: xfs_buf_ioerror_alert(); xfs_log.c, xfs_aops.c, xfs_mount.c, xfs_log_recover.c. The
// last three forms: until 2.6.38.
std::span<const Form> XfsForms() {
  static const Form kForms[] = {
      {"XFS (", "xfs", "error",
       LogPattern(
           R"re(XFS \(([^)]+)\): (Metadata (?:CRC error|corruption) detected at (\w+).*))re"),
       "dmf"},
      {"XFS (", "xfs", "error",
       LogPattern(R"re(XFS \(([^)]+)\): ([Ii]nternal error .* at line (\d+) of file .*))re"),
       "dml"},
      {"XFS (", "xfs", "shutdown",
       LogPattern(R"re(XFS \(([^)]+)\): ((xfs_do_force_shutdown)\(0x[0-9a-f]+\) called from )re"
                  R"re(line (\d+) of file .*))re"),
       "dmfl"},
      {"XFS (", "xfs", "shutdown",
       LogPattern(
           R"re(XFS \(([^)]+)\): ((?:Corruption of |Log I/O |I/O Error |Metadata I/O |)re"
           R"re(Block device removal |All device paths lost).*Shutting down filesystem\.?))re"),
       "dm"},
      {"XFS (", "xfs", "shutdown",
       LogPattern(R"re(XFS \(([^)]+)\): (Filesystem has been shut down due to .*))re"), "dm"},
      {"XFS (", "xfs", "error",
       LogPattern(R"re(XFS \(([^)]+)\): (metadata I/O error in "(\w+).*))re"), "dmf"},
      {"XFS (", "xfs", "error",
       LogPattern(R"re(XFS \(([^)]+)\): ((?:Corruption detected\. Unmount and run xfs_repair|)re"
                  R"re(metadata I/O error: |writeback error on |page discard on page |)re"
                  R"re(log mount/recovery failed|log mount failed|log I/O error ).*))re"),
       "dm"},
      {"XFS (", "xfs", "error",
       LogPattern(R"re(XFS \(([^)]+)\): (\w+): (\w+\(\) returned error -?\d+\.|)re"
                  R"re(error -?\d+ returned\.))re"),
       "dfm"},
      {"xfs_force_shutdown(", "xfs", "shutdown",
       LogPattern(
           R"re((xfs_force_shutdown)\(([^,]+),0x[0-9a-f]+\) called from line (\d+) of file .*)re"),
       "fdl"},
      {"Filesystem \"", "xfs", "error",
       LogPattern(R"re(Filesystem "([^"]+)": (XFS internal error .* at line (\d+) of file .*))re"),
       "dml"},
      {"Filesystem \"", "xfs", "shutdown",
       LogPattern(R"re(Filesystem "([^"]+)": (.*Shutting down filesystem.*))re"), "dm"}};
  return kForms;
}

// fs/btrfs/messages.c (super.c, ctree.h before 6.2): _btrfs_printk(), __btrfs_handle_fs_error();
// the state since 5.18, the level since 3.14.
std::span<const Form> BtrfsForms() {
  static const Form kForms[] = {
      {"BTRFS ", "btrfs", "",
       LogPattern(R"re(BTRFS (emergency|alert|critical|error|warning) \(device ([^):,]+))re"
                  R"re((?:[:,] state [A-Z]+)?\): (.+))re"),
       "sdm"},
      {"BTRFS info ", "btrfs", "readonly",
       LogPattern(
           R"re(BTRFS info \(device ([^):,]+)(?:[:,] state [A-Z]+)?\): (forced readonly))re"),
       "dm"},
      {"BTRFS: error ", "btrfs", "error",
       LogPattern(R"re(BTRFS: error \(device ([^):,]+)(?:[:,] state [A-Z]+)?\) in (\w+):(\d+): )re"
                  R"re((errno=-?\d+ .+))re"),
       "dflm"},
      {"BTRFS (device ", "btrfs", "error",
       LogPattern(R"re(BTRFS \(device ([^)]+)\): (parent transid verify failed .+))re"), "dm"}};
  return kForms;
}

// fs/f2fs/super.c, f2fs_printk(); fs/fat/misc.c, __fat_fs_error(), and its callers;
// net/sunrpc/clnt.c, call_timeout(); fs/squashfs/squashfs_fs.h, ERROR(); fs/isofs/inode.c,
// isofs_fill_super().
std::span<const Form> OtherForms() {
  static const Form kForms[] = {
      {"F2FS-fs (", "f2fs", "error",
       LogPattern(R"re(F2FS-fs \(([^)]+)\): (.*(?:run fsck|Stopped filesystem|corrupted|)re"
                  R"re(I/O error|[Ii]nconsistent).*))re"),
       "dm"},
      {"FAT-fs (", "fat", "error",
       LogPattern(R"re(FAT-fs \(([^)]+)\): ((?:error, |Directory bread\(block \d+\) failed|)re"
                  R"re(FAT read failed |bread failed ).*))re"),
       "dm"},
      {"FAT-fs (", "fat", "warning",
       LogPattern(R"re(FAT-fs \(([^)]+)\): (Volume was not properly unmounted\..*))re"), "dm"},
      {"FAT-fs (", "fat", "readonly",
       LogPattern(R"re(FAT-fs \(([^)]+)\): (Filesystem has been set read-only))re"), "dm"},
      {"FAT: Filesystem ", "fat", "error",
       LogPattern(R"re(FAT: Filesystem (?:error|panic) \(dev ([^)]+)\).*)re"), "d"},
      {"nfs: server ", "nfs", "warning",
       LogPattern(R"re(nfs: server (\S+) (not responding, (?:still trying|timed out)))re"), "dm"},
      {"SQUASHFS error: ", "squashfs", "error", LogPattern(R"re(SQUASHFS error: (.+))re"), "m"},
      {"isofs_fill_super: bread failed, ", "isofs", "error",
       LogPattern(R"re(isofs_fill_super: (bread failed, dev=([^,]+), .*))re"), "md"}};
  return kForms;
}

// "EXT4" -> "ext4".
std::string ToLower(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string SeverityOf(std::string_view word) {
  return std::string(word == "warning" || word == "abort" ? word : "error");
}

void Set(char what, std::string_view group, FsError& row) {
  switch (what) {
    case 'd':
      row.device = TextOf(group);
      break;
    case 'F':
      row.filesystem = ToLower(group);
      break;
    case 's':
      row.severity = SeverityOf(group);
      break;
    case 'f':
      row.function = TextOf(group);
      break;
    case 'l':
      row.line = ParseInteger(group);
      break;
    case 'i':
      row.inode = ParseInteger(group);
      break;
    case 'b':
      row.block = ParseInteger(group);
      break;
    case 'c':
      if (!group.empty()) row.comm = std::string(group);
      break;
    default:
      row.message = TextOf(group);
  }
}

std::optional<FsError> ParseAs(std::string_view text, const Form& form) {
  if (!text.starts_with(form.head)) return std::nullopt;
  const auto groups = MatchAll<kMaxGroups>(text, form.pattern);
  if (!groups) return std::nullopt;
  FsError row;
  row.filesystem = TextOf(form.filesystem);
  row.severity = TextOf(form.severity);
  row.message = std::string(text);
  for (std::size_t i = 0; i < form.groups.size(); ++i) Set(form.groups[i], (*groups)[i], row);
  return row;
}

std::optional<FsError> Parse(const LogLine& line) {
  if (line.cut) return std::nullopt;
  for (const auto forms : {ExtForms, XfsForms, BtrfsForms, OtherForms}) {
    for (const Form& form : forms()) {
      if (std::optional<FsError> row = ParseAs(line.text, form)) return row;
    }
  }
  return std::nullopt;
}

// Without a prefix it may be prose about it.
// Without a prefix prose looks like some of these, but tells no inode, block or line.
bool IsError(const LogLine& line) {
  static const LogPattern kNumber(R"re(.*(?:[=#]\d| at line \d+ of file |\b0x[0-9a-f]).*)re");
  const std::optional<FsError> row = Parse(line);
  return row && (line.prefixed || Matches(*row->message, kNumber));
}

// The message's words, without figures and what else differs from line to line.
std::string WordsOf(std::string_view message) {
  constexpr std::size_t kLongest = 80;
  std::string words;
  message = message.substr(0, message.find(" at line "));
  while (!message.empty() && words.size() < kLongest) {
    const std::string_view word = ConsumeWord(message);
    if (word.find_first_of("0123456789(\"<[#=+") != std::string_view::npos) continue;
    if (!words.empty()) words += ' ';
    words += word.substr(0, kLongest);
  }
  return words;
}

class FsErrorBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (!row_.filesystem) {
      std::optional<FsError> row = Parse(line);
      if (!row) return Claim::kNone;
      row_ = *std::move(row);
      return Claim::kTaken;
    }
    if (closed()) return Claim::kNone;
    if (IsError(line)) {
      ended_ = true;
      return Claim::kConflict;
    }
    Claim claim = IsBelow(line.text) ? Claim::kTaken : process_.Offer(line);
    if (claim == Claim::kNone) claim = trace_.Offer(line);
    if (claim == Claim::kNone && !line.cut) ended_ = true;
    return claim;
  }

  // XFS gives advice below what it found, the head of the bad buffer, or a call trace
  // (fs/xfs/xfs_error.c, xfs_error_report()).
  bool closed() const override { return row_.filesystem != "xfs" || ended_; }

  void Finish(EventRecord& event) override {
    event.comm = row_.comm ? row_.comm : process_.comm();
    event.pid = process_.pid();
    event.kernel_release = process_.release();
    event.title = *row_.filesystem + " " + *row_.severity;
    if (row_.device) event.title += " on " + *row_.device;
    if (row_.function) event.title += " in " + *row_.function;
    const std::string words = WordsOf(*row_.message);
    if (!words.empty()) event.title += ": " + words;
    Damage damage;
    damage.AddIf(!closed(), "nothing shows the end");
    damage.StoreIn(event);
    AddRows(event, std::vector<FsError>{std::move(row_)});
    process_.AddTo(event);
    trace_.AddTo(event);
  }

 private:
  // The rows of the buffer have no head until 4.19.
  bool IsBelow(std::string_view text) const {
    static const LogPattern kBelow(
        R"re(Unmount and run xfs_repair|Please u(?:n)?mount the filesystem(?: and |, ).*|)re"
        R"re(First \d+ bytes of corrupted metadata buffer:)re");
    static const LogPattern kBytes(R"re([0-9a-f]{8,16}: (?:[0-9a-f]{2} ){8,16}.*)re");
    if (Matches(text, kBytes)) return true;
    const std::string head = "XFS (" + row_.device.value_or("") + "): ";
    return ConsumePrefix(text, head) && (Matches(text, kBelow) || Matches(text, kBytes));
  }

  FsError row_;
  ProcessLineSection process_;
  CallTraceSection trace_{CallTraceSection::Traces::kOne};
  bool ended_ = false;  // a line of another record has followed
};

}  // namespace

RecordKind FsErrorKind() {
  return {.name = "fs_error",
          .openers = {{" (device ", IsError, true},
                      {"Remounting filesystem read-only", IsError, true},
                      {"error loading journal", IsError, true},
                      {"superblock detected", IsError, true},
                      {"writing superblock", IsError, true},
                      {"Delayed block allocation failed", IsError, true},
                      {"This should not happen!!", IsError, true},
                      {"error count since last fsck", IsError, true},
                      {"Aborting journal on device ", IsError, true},
                      {"JBD: ", IsError, true},
                      {"JBD2: ", IsError, true},
                      {"nternal error ", IsError, true},
                      {"force_shutdown(", IsError, true},
                      {"hutting down filesystem", IsError, true},
                      {"has been shut down", IsError, true},
                      {"orruption ", IsError, true},
                      {"etadata ", IsError, true},
                      {"I/O error", IsError, true},
                      {"writeback error on ", IsError, true},
                      {"page discard on page", IsError, true},
                      {"log mount", IsError, true},
                      {"returned error -", IsError, true},
                      {"error -", IsError, true},
                      {"F2FS-fs (", IsError, true},
                      {"FAT-fs (", IsError, true},
                      {"FAT: Filesystem ", IsError, true},
                      {"nfs: server ", IsError, true},
                      {"SQUASHFS error: ", IsError, true},
                      {"isofs_fill_super: bread failed", IsError, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<FsErrorBlock>()); }};
}

}  // namespace kautopsy
