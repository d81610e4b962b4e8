#pragma once

#include <array>
#include <streambuf>

namespace kautopsy {

// Buffers what is printed and writes it to a file descriptor. Remembers why a write failed, which
// standard streams do not; after a failure nothing more is written.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor);

  int error_number() const { return error_number_; }  // 0 if all went well

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  int descriptor_;
  int error_number_ = 0;
  std::array<char, 65536> buffer_;
};

}  // namespace kautopsy
