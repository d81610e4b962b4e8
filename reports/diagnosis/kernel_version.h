#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace kautopsy {

// A kernel release as far as rules need it: the base version, and the build of a Red Hat kernel,
// which carries newer code under an old number.
struct KernelVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  int el = 0;        // 5 to 10 for Red Hat's "...el6.x86_64"; 0 for others (UEK, ELRepo)
  int el_build = 0;  // 431 of 2.6.32-431.17.1.el6
  bool known() const { return major > 0; }
  // Compares the base version only; false for an unknown one.
  bool AtLeast(int want_major, int want_minor, int want_patch = 0) const;
  bool Below(int want_major, int want_minor, int want_patch = 0) const;
};

// Reads "2.6.32-431.17.1.el6.x86_64", "6.1.0-56-amd64", "5.7.0-rc3"; unknown for other text.
KernelVersion ParseKernelVersion(std::string_view release);

}  // namespace kautopsy
