#include "parsers/input/journal_index.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kautopsy {
namespace {

constexpr std::string_view kMagic = "LPKSHHRH";
// Offsets of struct Header's members; the file is little-endian.
constexpr uint64_t kIncompatibleFlags = 12;
constexpr uint64_t kHeaderSize = 88;
constexpr uint64_t kArenaSize = 96;
constexpr uint64_t kFieldTable = 120;
constexpr uint64_t kFieldTableSize = 128;
constexpr uint64_t kEntries = 152;
constexpr uint64_t kTailRealtime = 192;
constexpr std::size_t kSmallestHeader = 208;  // HEADER_SIZE_MIN
constexpr uint64_t kCompact = 1 << 4;         // HEADER_INCOMPATIBLE_COMPACT
// Of the objects.
constexpr unsigned char kDataType = 1;                           // OBJECT_DATA
constexpr unsigned char kFieldType = 2;                          // OBJECT_FIELD
constexpr unsigned char kCompressed = 1 << 0 | 1 << 1 | 1 << 2;  // xz, lz4, zstd
constexpr uint64_t kObjectSize = 8;
constexpr uint64_t kNextHash = 24;
constexpr uint64_t kHeadData = 32;     // FieldObject
constexpr uint64_t kFieldName = 40;    // FieldObject's payload
constexpr uint64_t kNextField = 32;    // DataObject
constexpr uint64_t kDataEntries = 56;  // DataObject
constexpr uint64_t kRegularData = 64;  // DataObject's payload
constexpr uint64_t kCompactData = 72;
constexpr uint64_t kHashItem = 16;
// A damaged index may lead in circles: no real journal has as many fields or values of those that
// are asked for.
constexpr unsigned kMaxSteps = 100000;

uint64_t NumberAt(std::string_view bytes, std::size_t offset, std::size_t size = 8) {
  uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return number;
}

// The bytes at `offset`; less than asked for at the file's end.
std::string ReadAt(int fd, uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return bytes;
}

// Walks over the objects of one file. Every step is counted against kMaxSteps.
class IndexReader {
 public:
  IndexReader(int fd, const JournalHeader& header) : fd_(fd), header_(header) {}

  // False once something was found to be damaged.
  bool whole() const { return whole_; }

  // The offset of the first value of `field`; 0 if there is none.
  uint64_t FindField(std::string_view field) {
    for (uint64_t at = 0; whole_ && at + kHashItem <= header_.field_table_bytes; at += kHashItem) {
      const std::string item = ReadAt(fd_, header_.field_table + at, kHashItem);
      if (item.size() < kHashItem || ++steps_ > kMaxSteps) whole_ = false;
      if (!whole_) break;
      if (const uint64_t head = FindInChain(NumberAt(item, 0), field); head != 0) return head;
    }
    return 0;
  }

  // Appends the value at `object` and returns the offset of the next; 0 if there is none.
  uint64_t ReadValue(uint64_t object, std::size_t max_bytes, std::vector<JournalValue>& values) {
    const uint64_t payload = header_.compact ? kCompactData : kRegularData;
    const std::string bytes = ReadObject(object, kDataType, payload, max_bytes);
    if (bytes.empty()) return 0;
    const uint64_t value_bytes = NumberAt(bytes, kObjectSize) - payload;
    const bool compressed = (static_cast<unsigned char>(bytes[1]) & kCompressed) != 0;
    if (!compressed && value_bytes <= max_bytes)
      values.push_back({bytes.substr(payload), NumberAt(bytes, kDataEntries)});
    return NumberAt(bytes, kNextField);
  }

 private:
  // The same among the fields of one hash, of which `object` is the first.
  uint64_t FindInChain(uint64_t object, std::string_view field) {
    while (object != 0) {
      const std::string bytes = ReadObject(object, kFieldType, kFieldName, field.size());
      if (bytes.empty()) return 0;
      const uint64_t name_bytes = NumberAt(bytes, kObjectSize) - kFieldName;
      if (name_bytes == field.size() && std::string_view(bytes).substr(kFieldName) == field)
        return NumberAt(bytes, kHeadData);
      object = NumberAt(bytes, kNextHash);
    }
    return 0;
  }

  // An object's head and up to `max_payload` bytes of its payload; empty if it is damaged.
  std::string ReadObject(uint64_t offset, unsigned char type, uint64_t payload,
                         std::size_t max_payload) {
    std::string bytes;
    if (++steps_ <= kMaxSteps && offset < header_.file_bytes)
      bytes = ReadAt(fd_, offset, payload + max_payload);
    const uint64_t size = bytes.size() < payload ? 0 : NumberAt(bytes, kObjectSize);
    const uint64_t wanted = std::min<uint64_t>(size, payload + max_payload);
    whole_ =
        size >= payload && bytes.size() >= wanted && static_cast<unsigned char>(bytes[0]) == type;
    bytes.resize(whole_ ? wanted : 0);
    return bytes;
  }

  int fd_;
  const JournalHeader& header_;
  unsigned steps_ = 0;
  bool whole_ = true;
};

}  // namespace

Result<JournalHeader> ReadJournalHeader(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0)
    return Fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  const std::string bytes = ReadAt(fd, 0, kSmallestHeader);
  if (!std::string_view(bytes).starts_with(kMagic)) return Fail("is no journal file");
  if (bytes.size() < kSmallestHeader) return Fail("is cut within the journal's header");
  return JournalHeader{.claimed_bytes = NumberAt(bytes, kHeaderSize) + NumberAt(bytes, kArenaSize),
                       .file_bytes = static_cast<uint64_t>(status.st_size),
                       .field_table = NumberAt(bytes, kFieldTable),
                       .field_table_bytes = NumberAt(bytes, kFieldTableSize),
                       .entries = NumberAt(bytes, kEntries),
                       .tail_realtime_us = NumberAt(bytes, kTailRealtime),
                       .compact = (NumberAt(bytes, kIncompatibleFlags, 4) & kCompact) != 0};
}

JournalValues JournalValuesOf(int fd, const JournalHeader& header, std::string_view field,
                              std::size_t max_bytes) {
  IndexReader reader(fd, header);
  JournalValues result;
  const std::size_t prefix = field.size() + 1;  // a value is kept as "FIELD=value"
  uint64_t object = reader.FindField(field);
  while (object != 0) object = reader.ReadValue(object, prefix + max_bytes, result.values);
  for (JournalValue& value : result.values)
    value.value.erase(0, std::min(prefix, value.value.size()));
  result.whole = reader.whole();
  return result;
}

}  // namespace kautopsy
