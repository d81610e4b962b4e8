#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace kautopsy {

// Tells on stderr how far reading is: on a terminal by a line that is redrawn, first after a
// second, so that short runs stay silent, then at most five times a second; else by a line every
// ten seconds.
class Progress {
 public:
  // `total_bytes` of all inputs, if known.
  explicit Progress(std::optional<uint64_t> total_bytes);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(uint64_t bytes, uint64_t records);           // sums over all inputs
  void Conclude(std::size_t done, std::size_t incidents);  // 0 of 0: not known yet how many
  void Clear();  // takes the line away, so that something else can be printed

 private:
  using Clock = std::chrono::steady_clock;
  // False while it is too early for another line.
  bool IsDue();
  void Show(const std::string& line);
  std::string Line(uint64_t bytes, uint64_t records, double seconds) const;

  std::optional<uint64_t> total_bytes_;
  bool terminal_;
  bool unicode_;
  bool shown_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace kautopsy
