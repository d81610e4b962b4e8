#include "parsers/input/printk_buffer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace kautopsy {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 31;  // LOG_BUF_LEN_MAX in kernel/printk/printk.c
constexpr uint64_t kLargestHead = 64;               // struct printk_log takes 16 or 24 bytes
constexpr uint64_t kLengthBytes = 2;
constexpr uint64_t kTimeBytes = 8;
constexpr uint64_t kCallerBytes = 4;
constexpr std::size_t kTextBlock = 4096;

Error ImpossibleBuffer() {
  return Error{"the kernel's log buffer contradicts itself: the dump is damaged"};
}

// The buffer of kernels 3.5 to 5.9: records one behind the other, a length of 0 says to go on at
// the beginning. kernel/printk/printk.c, struct printk_log (struct log in the first years); as
// kexec-tools read it (util_lib/elf_info.c, dump_dmesg_structured()).
class RecordBuffer {
 public:
  explicit RecordBuffer(const DumpMemory& memory) : memory_(memory) {}

  Status Open() {
    const VmcoreInfo& info = memory_.info();
    VmcoreLayout layout(info);
    const std::string name = info.Size("printk_log") ? "printk_log" : "log";
    head_bytes_ = layout.Size(name);
    time_ = layout.Offset(name + ".ts_nsec");
    length_ = layout.Offset(name + ".len");
    text_length_ = layout.Offset(name + ".text_len");
    caller_ = info.Offset(name + ".caller_id");  // only with CONFIG_PRINTK_CALLER
    const auto at = memory_.ReadPointer(layout.Symbol("log_buf"));
    const auto bytes = memory_.ReadNumber(layout.Symbol("log_buf_len"), 4);
    const auto first = memory_.ReadNumber(layout.Symbol("log_first_idx"), 4);
    const auto next = memory_.ReadNumber(layout.Symbol("log_next_idx"), 4);
    if (Status status = layout.status(); !status) return status;
    for (const auto* value : {&at, &bytes, &first, &next}) {
      if (!*value) return tl::unexpected(value->error());
    }
    at_ = *at;
    bytes_ = *bytes;
    first_ = *first;
    next_record_ = *next;
    const bool fits = head_bytes_ > 0 && head_bytes_ <= kLargestHead && bytes_ <= kMostBytes &&
                      Fits(time_, kTimeBytes) && Fits(length_, kLengthBytes) &&
                      Fits(text_length_, kLengthBytes) && Fits(caller_.value_or(0), kCallerBytes);
    if (!fits) return tl::unexpected(ImpossibleBuffer());
    return {};
  }

  Status Read(const PrintkReader& reader) {
    uint64_t at = first_;
    // Each step takes a head at least, or goes back to the beginning, once.
    for (uint64_t step = 0; at != next_record_; ++step) {
      if (step > bytes_ / head_bytes_ + 1 || at + head_bytes_ > bytes_)
        return tl::unexpected(ImpossibleBuffer());
      const Result<uint64_t> length = ReadOne(at, reader);
      if (!length) return tl::unexpected(length.error());
      at = *length == 0 ? 0 : at + *length;
    }
    return {};
  }

 private:
  bool Fits(uint64_t offset, uint64_t size) const {
    return offset <= kLargestHead && offset + size <= head_bytes_;
  }

  // The length of the record at `at`; 0 if it only marks the end of the buffer.
  Result<uint64_t> ReadOne(uint64_t at, const PrintkReader& reader) {
    std::array<char, kLargestHead> storage = {};
    const std::span<char> head = std::span(storage).first(head_bytes_);
    if (Status status = memory_.Read(at_ + at, head); !status)
      return tl::unexpected(status.error());
    const uint64_t length = memory_.Number(head.subspan(length_, kLengthBytes));
    if (length == 0) return length;
    PrintkRecord record;
    record.time_ns = memory_.Number(head.subspan(time_, kTimeBytes));
    if (caller_)
      record.caller = static_cast<uint32_t>(memory_.Number(head.subspan(*caller_, kCallerBytes)));
    record.text.resize(memory_.Number(head.subspan(text_length_, kLengthBytes)));
    if (head_bytes_ + record.text.size() > length || at + length > bytes_)
      return tl::unexpected(ImpossibleBuffer());
    if (Status status = memory_.Read(at_ + at + head_bytes_, record.text); !status)
      return tl::unexpected(status.error());
    reader(record);
    return length;
  }

  const DumpMemory& memory_;
  uint64_t head_bytes_ = 0;
  uint64_t time_ = 0;  // offsets in a record's head
  uint64_t length_ = 0;
  uint64_t text_length_ = 0;
  std::optional<uint64_t> caller_;
  uint64_t at_ = 0;  // address of the buffer
  uint64_t bytes_ = 0;
  uint64_t first_ = 0;  // offsets in the buffer
  uint64_t next_record_ = 0;
};

// Gives whole lines, and at the end what is left.
class LineCutter {
 public:
  explicit LineCutter(const PrintkReader& reader) : reader_(reader) {}

  void Add(std::string_view text) {
    while (true) {
      const std::size_t end = text.find('\n');
      line_.text.append(text.substr(0, end));
      if (end == std::string_view::npos) return;
      Finish();
      text.remove_prefix(end + 1);
    }
  }

  void Finish() {
    reader_(line_);
    line_.text.clear();
  }

  bool empty() const { return line_.text.empty(); }

 private:
  const PrintkReader& reader_;
  PrintkRecord line_;
};

}  // namespace

Status ReadPrintkRecords(const DumpMemory& memory, const PrintkReader& reader) {
  RecordBuffer buffer(memory);
  if (Status status = buffer.Open(); !status) return status;
  return buffer.Read(reader);
}

// `log_end` counts all characters that were ever logged; the buffer holds the last of them, as
// kexec-tools read it (util_lib/elf_info.c, dump_dmesg_legacy()).
Status ReadPrintkText(const DumpMemory& memory, const PrintkReader& reader) {
  VmcoreLayout layout(memory.info());
  const auto at = memory.ReadPointer(layout.Symbol("log_buf"));
  const auto bytes = memory.ReadNumber(layout.Symbol("log_buf_len"), 4);
  const auto end = memory.ReadNumber(layout.Symbol("log_end"), 4);
  if (Status status = layout.status(); !status) return status;
  for (const auto* value : {&at, &bytes, &end}) {
    if (!*value) return tl::unexpected(value->error());
  }
  if (*bytes == 0 || *bytes > kMostBytes) return tl::unexpected(ImpossibleBuffer());
  LineCutter lines(reader);
  std::vector<char> block(kTextBlock);
  for (uint64_t position = *end - std::min(*end, *bytes); position < *end;) {
    const uint64_t offset = position % *bytes;
    const auto size = static_cast<std::size_t>(
        std::min({uint64_t{kTextBlock}, *bytes - offset, *end - position}));
    const std::span<char> part = std::span(block).first(size);
    if (Status status = memory.Read(*at + offset, part); !status) return status;
    lines.Add(std::string_view(part.data(), part.size()));
    position += size;
  }
  if (!lines.empty()) lines.Finish();
  return {};
}

Status ReadPrintkBuffer(const DumpMemory& memory, const PrintkReader& reader) {
  const VmcoreInfo& info = memory.info();
  if (info.HasSymbol("prb")) return ReadPrintkRing(memory, reader);
  if (info.HasSymbol("log_first_idx")) return ReadPrintkRecords(memory, reader);
  return ReadPrintkText(memory, reader);
}

}  // namespace kautopsy
