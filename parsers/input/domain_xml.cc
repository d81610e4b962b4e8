// A domain as libvirt writes it (docs/formatdomain.rst):
//   <domain type='kvm'>
//     <name>web1</name>
//     <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
//     <memory unit='KiB'>4194304</memory>
//     <vcpu placement='static'>4</vcpu>
// The state of a running one (src/qemu/qemu_domain.c) is wrapped into
//   <domstatus state='running' reason='booted' pid='4711'>
#include <algorithm>
#include <pugixml.hpp>

#include "base/text.h"
#include "parsers/input/guest_file.h"

namespace kautopsy {
namespace {

// A domain with hundreds of devices has some 100 KiB.
constexpr std::size_t kMaxXmlBytes = 1 << 20;
// libvirt's limits are file names'; Linux has 255 bytes (NAME_MAX).
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestQuote = 200;

// pugixml passes over document types, so their entities are never expanded, and it does not
// recurse into depth.
class DomainXmlReader final : public GuestReader {
 public:
  explicit DomainXmlReader(GuestTeller teller) : teller_(teller) {}

  void Take(std::string_view bytes) override {
    too_large_ = too_large_ || xml_.size() + bytes.size() > kMaxXmlBytes;
    if (too_large_)
      xml_ = std::string();
    else
      xml_ += bytes;
  }

  std::optional<Guest> Finish() override {
    if (too_large_ || xml_.find("<domain") == std::string::npos) return std::nullopt;
    pugi::xml_document document;
    if (!document.load_buffer(xml_.data(), xml_.size(), pugi::parse_default, pugi::encoding_utf8))
      return std::nullopt;
    const pugi::xml_node status = document.child("domstatus");
    const pugi::xml_node domain = status ? status.child("domain") : document.child("domain");
    Guest guest;
    guest.name = domain.child_value("name");
    // A container of LXC is a domain, too.
    const bool container = std::string_view(domain.attribute("type").value()) == "lxc";
    if (guest.name.empty() || guest.name.size() > kLongestName || container) return std::nullopt;
    guest.teller = teller_;
    if (const std::string_view uuid = domain.child_value("uuid"); IsUuid(uuid))
      guest.uuid = std::string(uuid);
    guest.memory_kb = KbOf(domain.child("memory"));
    guest.current_memory_kb = KbOf(domain.child("currentMemory"));
    guest.max_memory_kb = KbOf(domain.child("maxMemory"));
    guest.vcpus = NumberOf(domain.child_value("vcpu"));
    if (status) guest.pid = NumberOf(status.attribute("pid").value());
    if (const pugi::xml_node memory = domain.child("memory"); memory)
      Locate(static_cast<std::size_t>(memory.offset_debug()), guest);
    return guest;
  }

 private:
  static bool IsUuid(std::string_view text) {
    constexpr std::size_t kUuidBytes = 36;
    return text.size() == kUuidBytes &&
           text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
  }

  static Integer NumberOf(std::string_view text) {
    const Integer number = ParseInteger(TrimBlanks(text));
    return number && *number > 0 ? number : std::nullopt;
  }

  static Integer KbOf(pugi::xml_node node) {
    const Integer number = NumberOf(node.child_value());
    return number ? ScaleToKb(*number, node.attribute("unit").value()) : std::nullopt;
  }

  // pugixml's offset is that of the element's name.
  void Locate(std::size_t offset, Guest& guest) const {
    const std::string_view text = xml_;
    if (offset == 0 || offset > text.size()) return;
    const std::size_t at = offset - 1;
    const std::size_t newline = text.substr(0, at).rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    guest.line = 1 + static_cast<uint64_t>(std::ranges::count(text.substr(0, at), '\n'));
    guest.column = at - begin + 1;
    guest.text = text.substr(at, std::min(text.find('\n', at) - at, kLongestQuote));
  }

  const GuestTeller teller_;
  std::string xml_;
  bool too_large_ = false;
};

}  // namespace

std::unique_ptr<GuestReader> NewDomainXmlReader(GuestTeller teller) {
  return std::make_unique<DomainXmlReader>(teller);
}

}  // namespace kautopsy
