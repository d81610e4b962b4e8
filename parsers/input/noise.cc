#include "parsers/input/noise.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace kautopsy {
namespace {

// Beginnings of lines. Words that also begin reports of trouble ("EXT4-fs", "TCP", "md") are not
// here: a line is noise only if nothing of its kind ever matters.
constexpr auto kNoise = std::to_array<std::string_view>({
    // Packets that netfilter's rules log, or that have an impossible address.
    "IN=",
    "IPTABLES",
    "[UFW ",
    "martian source ",
    "ll header: ",
    // The audit daemon's records.
    "audit: ",
    "type=",
    // Network devices that come and go, their addresses and links.
    "br",
    "device ",
    "docker",
    "eth",
    "IPv6: ",
    "veth",
    "virbr",
    "vnet",
    // Input devices and USB.
    "hid-generic ",
    "hub ",
    "input: ",
    "usb ",
    "usb-storage ",
    // A timer interrupt, or a sample of perf, that took long.
    "hrtimer: ",
    "perf: ",
    // Arm's mark before it prints registers.
    "8<--- cut here ---",
    // Registers that a guest asks for and KVM does not have.
    "kvm [",
    // The line above reports of lockdep, of the sanitizers and of slab allocators.
    "==========",
    // What an operator asks for by SysRq is told by the report that follows (drivers/tty/sysrq.c).
    "sysrq: Manual OOM",
    "sysrq: Show ",
    "sysrq: SysRq : Manual OOM",
    "sysrq: SysRq : Show ",
    "SysRq : Manual OOM",
    "SysRq : Show ",
});

// The entries above by their first bytes: those of byte b are kSorted[kBegin[b]] up to, without it,
// kSorted[kBegin[b + 1]]. Most lines are decided by one look.
constexpr auto kSorted = [] {
  auto sorted = kNoise;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}();
constexpr std::array<uint8_t, 257> kBegin = [] {
  static_assert(kSorted.size() <= 255);
  std::array<uint8_t, 257> begin = {};
  for (const std::string_view words : kSorted) {
    for (std::size_t byte = static_cast<uint8_t>(words[0]) + 1; byte < begin.size(); ++byte)
      ++begin[byte];
  }
  return begin;
}();

std::string_view SkipUptime(std::string_view text) {
  if (text.size() < 8 || text[0] != '[' || (text[1] != ' ' && (text[1] < '0' || text[1] > '9')))
    return text;
  const std::size_t end = text.find("] ");
  if (end != std::string_view::npos) return text.substr(end + 2);
  return text.ends_with(']') ? std::string_view() : text;
}

}  // namespace

bool IsKnownNoise(std::string_view text) {
  text = SkipUptime(text);
  if (text.find_first_not_of(' ') == std::string_view::npos)
    return true;  // reports are set off by blank lines
  const auto first = static_cast<uint8_t>(text[0]);
  return std::any_of(kSorted.begin() + kBegin[first], kSorted.begin() + kBegin[first + 1],
                     [&](std::string_view words) { return text.starts_with(words); });
}

}  // namespace kautopsy
