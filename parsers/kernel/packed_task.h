#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/kernel/task_rows.h"

namespace kautopsy {

// What of a Task a row of a process table says, in some 80 bytes instead of 500, for machines with
// 100,000 processes. A figure takes four bytes or eight: in as few as hold it, it took nearly twice
// the instructions to pack and to read.
class PackedTask {
 public:
  // Adds `task` to `packed`, whose size then says where the next one will lie.
  static void Append(const Task& task, std::string& packed);

  // The one that lies at `packed`, which must last as long as this object and its views.
  explicit PackedTask(const char* packed);
  // Where the next one lies.
  const char* end() const { return figures_ + head_.figures_size; }

  std::optional<std::string_view> comm() const;
  Integer pid() const;
  // Cost a fraction of the whole.
  TaskTerms terms() const;
  // Sets what is packed, also to none; the rest of `task` stays as it is.
  void Unpack(Task& task) const;

 private:
  // The texts and the figures follow it.
  struct Head {
    uint32_t comm_size = 0;   // [byte]
    uint32_t guest_size = 0;  // [byte]
    // A bit per figure, the lowest for the first.
    uint32_t present = 0;
    uint32_t wide = 0;          // has eight bytes
    uint16_t figures_size = 0;  // [byte]
    bool has_comm = false;
    bool has_guest = false;
  };
  class FigurePacker;
  class FigureReader;

  static Head HeadAt(const char* packed);
  std::optional<std::string_view> guest() const;
  FigureReader figures() const;

  Head head_;
  const char* texts_;
  const char* figures_;
};

}  // namespace kautopsy
