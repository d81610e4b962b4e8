#include "reports/diagnosis/kernel_version.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/text.h"

namespace kautopsy {
namespace {

// Release numbers are small; anything else is not a release.
constexpr int64_t kLargestPart = 100000;

// The base of Red Hat's own kernels. Other kernels built for their systems (Oracle's UEK, ELRepo's)
// carry ".el7" in their names, too.
bool IsRedHatBase(const KernelVersion& version) {
  constexpr KernelVersion kBases[] = {{.major = 2, .minor = 6, .patch = 18, .el = 5},
                                      {.major = 2, .minor = 6, .patch = 32, .el = 6},
                                      {.major = 3, .minor = 10, .el = 7},
                                      {.major = 4, .minor = 18, .el = 8},
                                      {.major = 5, .minor = 14, .el = 9},
                                      {.major = 6, .minor = 12, .el = 10}};
  return std::any_of(std::begin(kBases), std::end(kBases), [&](const KernelVersion& base) {
    return std::tie(base.major, base.minor, base.patch, base.el) ==
           std::tie(version.major, version.minor, version.patch, version.el);
  });
}

int ConsumePart(std::string_view& text) {
  const std::optional<int64_t> value = ConsumeInteger(text);
  return value && *value >= 0 && *value < kLargestPart ? static_cast<int>(*value) : 0;
}

}  // namespace

bool KernelVersion::AtLeast(int want_major, int want_minor, int want_patch) const {
  return known() && std::tie(major, minor, patch) >= std::tie(want_major, want_minor, want_patch);
}

bool KernelVersion::Below(int want_major, int want_minor, int want_patch) const {
  return known() && !AtLeast(want_major, want_minor, want_patch);
}

KernelVersion ParseKernelVersion(std::string_view release) {
  KernelVersion version;
  std::string_view rest = release;
  version.major = ConsumePart(rest);
  if (!ConsumePrefix(rest, ".")) return {};
  version.minor = ConsumePart(rest);
  if (ConsumePrefix(rest, ".")) version.patch = ConsumePart(rest);
  if (ConsumePrefix(rest, "-")) version.el_build = ConsumePart(rest);
  const std::size_t at = release.find(".el");
  if (at != std::string_view::npos) {
    std::string_view number = release.substr(at + 3);
    version.el = ConsumePart(number);
  }
  if (!IsRedHatBase(version)) version.el = 0;
  if (version.el == 0) version.el_build = 0;
  return version;
}

}  // namespace kautopsy
