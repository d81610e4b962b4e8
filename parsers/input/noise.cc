#include "parsers/input/noise.h"

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

// First bytes of the entries above: most lines are decided by one look.
constexpr std::array<bool, 256> kFirstBytes = [] {
  std::array<bool, 256> first = {};
  for (const std::string_view words : kNoise) first[static_cast<uint8_t>(words[0])] = true;
  return first;
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
  if (!kFirstBytes[static_cast<uint8_t>(text[0])]) return false;
  for (const std::string_view words : kNoise) {
    if (words[0] == text[0] && text.starts_with(words)) return true;
  }
  return false;
}

}  // namespace kautopsy
