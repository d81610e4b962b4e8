#include "parsers/input/noise.h"

#include <array>
#include <cstdint>

namespace kautopsy {
namespace {

// Beginnings of lines, sorted. Words that also begin reports of trouble ("EXT4-fs", "TCP", "md")
// are not here: a line is noise only if nothing of its kind ever matters.
constexpr std::array kNoise = {
    std::string_view("IN="),
    std::string_view("IPTABLES"),
    std::string_view("IPv6: "),
    std::string_view("[UFW "),
    std::string_view("audit: "),
    std::string_view("br"),
    std::string_view("device "),
    std::string_view("docker"),
    std::string_view("eth"),
    std::string_view("hid-generic "),
    std::string_view("hrtimer: "),
    std::string_view("hub "),
    std::string_view("input: "),
    std::string_view("kvm ["),
    std::string_view("martian source "),
    std::string_view("ll header: "),
    std::string_view("perf: "),
    std::string_view("type="),
    std::string_view("usb "),
    std::string_view("usb-storage "),
    std::string_view("veth"),
    std::string_view("virbr"),
    std::string_view("vnet"),
};

// First bytes of the entries above: most lines are decided by one look.
constexpr std::array<bool, 256> kFirstBytes = [] {
  std::array<bool, 256> first = {};
  for (const std::string_view word : kNoise) first[static_cast<uint8_t>(word[0])] = true;
  return first;
}();

std::string_view SkipUptime(std::string_view text) {
  if (text.size() < 8 || text[0] != '[' || (text[1] != ' ' && (text[1] < '0' || text[1] > '9')))
    return text;
  const std::size_t end = text.find("] ");
  return end == std::string_view::npos ? text : text.substr(end + 2);
}

}  // namespace

bool IsKnownNoise(std::string_view text) {
  text = SkipUptime(text);
  if (text.empty() || !kFirstBytes[static_cast<uint8_t>(text[0])]) return false;
  for (const std::string_view word : kNoise) {
    if (word[0] == text[0] && text.starts_with(word)) return true;
  }
  return false;
}

}  // namespace kautopsy
