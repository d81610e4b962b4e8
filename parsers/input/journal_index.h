#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kautopsy {

// What a journal file tells of itself in its header (https://systemd.io/JOURNAL_FILE_FORMAT,
// src/libsystemd/sd-journal/journal-def.h, struct Header).
struct JournalHeader {
  uint64_t claimed_bytes = 0;  // header_size + arena_size: how long the file was
  uint64_t file_bytes = 0;     // how long it is
  uint64_t field_table = 0;    // [offset] field_hash_table_offset, behind the object's head
  uint64_t field_table_bytes = 0;
  uint64_t entries = 0;
  uint64_t tail_realtime_us = 0;  // of the last entry
  bool compact = false;           // offsets have 32 bits
};

// An error says why there is none: the file cannot be read, is shorter than a header, or has
// another magic.
Result<JournalHeader> ReadJournalHeader(int fd);

// A field's value and how many entries have it.
struct JournalValue {
  std::string value;
  uint64_t entries = 0;
};

// The values of one field.
struct JournalValues {
  std::vector<JournalValue> values;
  bool whole = true;  // false: the index is damaged, and there may be more
};

// The values of `field` as the file's own index lists them, without those that are compressed or
// longer than `max_bytes`. libsystemd gives the values (sd_journal_query_unique()) but no counts,
// and walks over damage in silence.
JournalValues JournalValuesOf(int fd, const JournalHeader& header, std::string_view field,
                              std::size_t max_bytes);

}  // namespace kautopsy
