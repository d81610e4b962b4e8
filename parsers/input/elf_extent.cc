#include "parsers/input/elf_extent.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "parsers/input/temporary_file.h"

namespace kautopsy {
namespace {

struct Field {
  std::size_t offset;
  std::size_t size;
};

// Where the two classes have what is needed here.
struct Layout {
  Field table, entry_bytes, entries;  // in the file's head
  Field begin, size;                  // in a segment's
};

template <class Head, class Segment>
constexpr Layout LayoutOf() {
  return {.table = {offsetof(Head, e_phoff), sizeof(Head::e_phoff)},
          .entry_bytes = {offsetof(Head, e_phentsize), sizeof(Head::e_phentsize)},
          .entries = {offsetof(Head, e_phnum), sizeof(Head::e_phnum)},
          .begin = {offsetof(Segment, p_offset), sizeof(Segment::p_offset)},
          .size = {offsetof(Segment, p_filesz), sizeof(Segment::p_filesz)}};
}

constexpr Layout kLayout32 = LayoutOf<Elf32_Ehdr, Elf32_Phdr>();
constexpr Layout kLayout64 = LayoutOf<Elf64_Ehdr, Elf64_Phdr>();

uint64_t Number(std::span<const char> bytes, const Field& field, bool big_endian) {
  uint64_t value = 0;
  for (std::size_t i = 0; i < field.size; ++i) {
    const std::size_t at = field.offset + (big_endian ? i : field.size - 1 - i);
    value = (value << 8) | static_cast<unsigned char>(bytes[at]);
  }
  return value;
}

uint64_t SumOrMost(uint64_t a, uint64_t b) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  return a > kMost - b ? kMost : a + b;
}

}  // namespace

std::optional<uint64_t> ElfExtent(int file) {
  std::array<char, sizeof(Elf64_Ehdr)> head = {};
  const Result<std::size_t> read = ReadAt(file, head, 0);
  if (!read || *read < head.size()) return std::nullopt;
  if (!std::string_view(head.data(), head.size()).starts_with(ELFMAG)) return std::nullopt;
  const Layout& layout = head[EI_CLASS] == ELFCLASS32 ? kLayout32 : kLayout64;
  const bool big_endian = head[EI_DATA] == ELFDATA2MSB;
  const uint64_t table = Number(head, layout.table, big_endian);
  const uint64_t entries = Number(head, layout.entries, big_endian);
  std::vector<char> segment(Number(head, layout.entry_bytes, big_endian));
  if (segment.size() < layout.size.offset + layout.size.size) return std::nullopt;
  uint64_t extent = SumOrMost(table, entries * segment.size());
  for (uint64_t i = 0; i < entries; ++i) {
    const Result<std::size_t> got = ReadAt(file, segment, SumOrMost(table, i * segment.size()));
    if (!got || *got < segment.size()) break;
    const uint64_t begin = Number(segment, layout.begin, big_endian);
    extent = std::max(extent, SumOrMost(begin, Number(segment, layout.size, big_endian)));
  }
  return extent;
}

}  // namespace kautopsy
