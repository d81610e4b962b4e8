#include "parsers/input/guest_file.h"

#include <algorithm>
#include <limits>

namespace kautopsy {
namespace {

constexpr int64_t kBytesPerKb = 1024;
// 2^44 KiB = 16 PiB: beyond the 52 physical address bits of any machine so far.
constexpr int64_t kLargestKb = int64_t{1} << 44;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Bytes of one `unit`; 0 if it is none.
int64_t BytesOfUnit(std::string unit) {
  std::ranges::transform(unit, unit.begin(), Lower);
  if (unit == "b" || unit == "byte" || unit == "bytes") return 1;
  static constexpr std::string_view kPowers = "kmgtpe";
  const std::size_t power = unit.empty() ? std::string_view::npos : kPowers.find(unit[0]);
  const bool binary = unit.size() == 1 || unit.substr(1) == "ib";
  if (power == std::string_view::npos || (!binary && unit.substr(1) != "b")) return 0;
  int64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= binary ? 1024 : 1000;
  return bytes;
}

std::string_view FileName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

// libvirt, docs/formatdomain.rst, <memory>: KiB unless the unit says otherwise; "KB" is 1000 bytes,
// "k" and "KiB" are 1024. src/util/virutil.c, virScaleInteger(): upper and lower case are the same.
Integer ScaleToKb(int64_t value, std::string_view unit) {
  const int64_t bytes_each = unit.empty() ? kBytesPerKb : BytesOfUnit(std::string(unit));
  if (value < 0 || bytes_each == 0 || value > std::numeric_limits<int64_t>::max() / bytes_each - 1)
    return std::nullopt;
  const int64_t bytes = value * bytes_each;
  const int64_t kb = bytes / kBytesPerKb + (bytes % kBytesPerKb > 0 ? 1 : 0);
  return kb <= kLargestKb ? Integer(kb) : std::nullopt;
}

// sos/report/plugins/virsh.py names the output after the command: virsh_-r_dumpxml_NAME.
std::unique_ptr<GuestReader> GuestReaderFor(std::string_view path) {
  const std::string_view name = FileName(path);
  const bool xml = name.ends_with(".xml");
  if (path.find("run/libvirt/qemu/") != std::string_view::npos)
    return xml ? NewDomainXmlReader(GuestTeller::kState) : nullptr;
  if (path.find("log/libvirt/qemu/") != std::string_view::npos) return NewQemuLogReader();
  if (name.find("dumpxml") != std::string_view::npos)
    return NewDomainXmlReader(GuestTeller::kDumpXml);
  const bool config = xml && path.find("libvirt/") != std::string_view::npos;
  return config ? NewDomainXmlReader(GuestTeller::kConfig) : nullptr;
}

}  // namespace kautopsy
