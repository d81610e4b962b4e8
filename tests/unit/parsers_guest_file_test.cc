#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "parsers/input/guest_file.h"
#include "parsers/input/supportconfig_guests.h"

namespace kautopsy {
namespace {

std::optional<Guest> ReadXml(std::string_view xml) {
  const std::unique_ptr<GuestReader> reader = NewDomainXmlReader(GuestTeller::kConfig);
  for (const char c : xml) reader->Take({&c, 1});  // in whatever pieces the file comes
  return reader->Finish();
}

std::optional<Guest> ReadLog(std::string_view log) {
  const std::unique_ptr<GuestReader> reader = NewQemuLogReader();
  for (const char c : log) reader->Take({&c, 1});
  return reader->Finish();
}

TEST_CASE("units are read as libvirt reads them") {
  CHECK(ScaleToKb(4194304, "") == 4194304);
  CHECK(ScaleToKb(4194304, "KiB") == 4194304);
  CHECK(ScaleToKb(4194304, "k") == 4194304);
  CHECK(ScaleToKb(1024, "KB") == 1000);
  CHECK(ScaleToKb(1025, "bytes") == 2);  // rounded up
  CHECK(ScaleToKb(4, "GiB") == 4 << 20);
  CHECK(ScaleToKb(4, "g") == 4 << 20);
  CHECK(ScaleToKb(1, "TB") == 976562500);
  CHECK_FALSE(ScaleToKb(4, "GiBi"));
  CHECK_FALSE(ScaleToKb(4, "parsecs"));
  CHECK_FALSE(ScaleToKb(9000000000000000000, "E"));
  CHECK_FALSE(ScaleToKb(1 << 20, "TiB"));  // no machine has that
}

TEST_CASE("a domain's XML gives its guest, and where its memory stands") {
  const std::optional<Guest> guest = ReadXml(
      "<!--\nWARNING: written by libvirt\n-->\n"
      "<domain type='kvm'>\n"
      "  <name>web1</name>\n"
      "  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>\n"
      "  <maxMemory slots='16' unit='GiB'>16</maxMemory>\n"
      "  <memory unit='KiB' dumpCore='off'>4194304</memory>\n"
      "  <currentMemory>2097152</currentMemory>\n"
      "  <vcpu placement='static' current='2'>4</vcpu>\n"
      "  <devices><memory model='dimm'><target><size unit='KiB'>524288</size></target></memory>\n"
      "  </devices>\n"
      "</domain>\n");
  REQUIRE(guest);
  CHECK(guest->name == "web1");
  CHECK(guest->uuid == "c7a5fdbd-edaf-9455-926a-d65c16db1809");
  CHECK(guest->memory_kb == 4194304);
  CHECK(guest->current_memory_kb == 2097152);
  CHECK(guest->max_memory_kb == 16 << 20);
  CHECK(guest->vcpus == 4);
  CHECK(guest->line == 8);
  CHECK(guest->column == 3);
  CHECK(guest->text == "<memory unit='KiB' dumpCore='off'>4194304</memory>");
}

TEST_CASE("the state of a running guest tells its process") {
  const std::optional<Guest> guest = ReadXml(
      "<domstatus state='running' reason='booted' pid='4711'>\n"
      "  <domain type='kvm' id='3'>\n    <name>a &amp; b</name>\n    <memory>1024</memory>\n"
      "  </domain>\n</domstatus>\n");
  REQUIRE(guest);
  CHECK(guest->name == "a & b");
  CHECK(guest->pid == 4711);
  CHECK(guest->memory_kb == 1024);
}

TEST_CASE("XML of other things, or broken, is no guest") {
  CHECK_FALSE(ReadXml("<network><name>default</name></network>"));
  CHECK_FALSE(ReadXml("<domain type='lxc'><name>c1</name></domain>"));
  CHECK_FALSE(ReadXml("<domainsnapshot><name>s1</name></domainsnapshot>"));
  CHECK_FALSE(ReadXml("<domain type='kvm'><name></name></domain>"));
  CHECK_FALSE(ReadXml("<domain type='kvm'><name>web1</name><memory>1"));
  CHECK_FALSE(ReadXml("<domain type='kvm'><name>" + std::string(300, 'x') + "</name></domain>"));
  CHECK_FALSE(ReadXml(""));
}

TEST_CASE("hostile XML costs nothing") {
  std::string bomb = "<!DOCTYPE d [<!ENTITY a \"lollollollol\">";
  for (char c = 'b'; c <= 'z'; ++c) {
    bomb += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) bomb += std::string("&") + static_cast<char>(c - 1) + ";";
    bomb += "\">";
  }
  bomb += "]><domain type='kvm'><name>&z;</name></domain>";
  const std::optional<Guest> guest = ReadXml(bomb);
  CHECK((!guest || guest->name.size() < 16));
  std::string deep = "<domain type='kvm'><name>web1</name>";
  for (int i = 0; i < 200000; ++i) deep += "<a>";
  CHECK_FALSE(ReadXml(deep));
  const std::unique_ptr<GuestReader> reader = NewDomainXmlReader(GuestTeller::kConfig);
  const std::string block(1 << 20, ' ');
  for (int i = 0; i < 64; ++i) reader->Take(block);
  reader->Take("<domain type='kvm'><name>web1</name></domain>");
  CHECK_FALSE(reader->Finish());
}

TEST_CASE("of a guest's log the last start counts") {
  const std::optional<Guest> guest = ReadLog(
      "2014-11-19 10:00:00.123+0000: starting up\n"
      "LC_ALL=C PATH=/bin /usr/libexec/qemu-kvm -name web1 -S -m 8192 -smp 2,sockets=2 -uuid "
      "c7a5fdbd-edaf-9455-926a-d65c16db1809\n"
      "char device redirected to /dev/pts/1\n"
      "2014-11-20 10:00:00.123+0000: starting up libvirt version: 4.5.0, package: 1 (a, b), qemu "
      "version: 2.12.0, kernel: 4.18.0, hostname: hv1.example.com\n"
      "LC_ALL=C \\\n"
      "/usr/libexec/qemu-kvm \\\n"
      "-name 'guest=web,,1 x,debug-threads=on' \\\n"
      "-m size=4194304k,slots=16,maxmem=16G \\\n"
      "-smp cpus=4,maxcpus=8 \\\n"
      "-msg timestamp=on\n"
      "-m 1\n"
      "2014-11-20 11:00:00.000+0000: shutting down, reason=crashed\n");
  REQUIRE(guest);
  CHECK(guest->name == "web,1 x");
  CHECK(guest->host == "hv1.example.com");
  CHECK(guest->started == "2014-11-20T10:00:00.123Z");
  CHECK_FALSE(guest->uuid);
  CHECK(guest->memory_kb == 4194304);
  CHECK(guest->max_memory_kb == 16 << 20);
  CHECK(guest->vcpus == 4);
  CHECK(guest->line == 8);
  CHECK(guest->column == 1);
  CHECK(guest->text == "-m size=4194304k,slots=16,maxmem=16G \\");
}

TEST_CASE("an old log has no stamps, and its sizes are MiB") {
  const std::optional<Guest> guest =
      ReadLog("LC_ALL=C /usr/bin/kvm -S -m 2048 -smp 1 -name old -monitor stdio\n");
  REQUIRE(guest);
  CHECK(guest->memory_kb == 2048 * 1024);
  CHECK(guest->column == 26);
  CHECK_FALSE(ReadLog("2014-11-20 10:00:00.123+0000: starting up\n"));
  CHECK_FALSE(ReadLog(std::string(1 << 20, 'x')));
}

TEST_CASE("a start whose stamp is no time is not dated") {
  constexpr std::string_view kCommand = "LC_ALL=C /usr/bin/kvm -name web1 -m 2048\n";
  for (const std::string stamp :
       {"2014-13-41 10:00:00.123", "2014-02-30 10:00:00.123", "2014-11-20 25:00:00.123",
        "2014-11-20 10:61:00.123", "0000-00-00 00:00:00.000"}) {
    CAPTURE(stamp);
    const std::optional<Guest> guest =
        ReadLog("2014-11-19 10:00:00.123+0000: starting up\n" + std::string(kCommand) + stamp +
                "+0000: starting up\n" + std::string(kCommand));
    REQUIRE(guest);
    CHECK_FALSE(guest->started);
    CHECK(guest->bad_stamp_line == 3);
    CHECK(guest->memory_kb == 2048 * 1024);
  }
  const std::optional<Guest> good =
      ReadLog("2016-02-29 23:59:60.000+0000: starting up\n" + std::string(kCommand));
  REQUIRE(good);
  CHECK(good->bad_stamp_line == 0);
}

TEST_CASE("files of guests are told by their place") {
  CHECK((GuestReaderFor("sos.tar.xz/etc/libvirt/qemu/web1.xml") != nullptr));
  CHECK((GuestReaderFor("var/run/libvirt/qemu/web1.xml") != nullptr));
  CHECK((GuestReaderFor("var/log/libvirt/qemu/web1.log") != nullptr));
  CHECK((GuestReaderFor("sos_commands/virsh/virsh_-r_dumpxml_web1") != nullptr));
  CHECK((GuestReaderFor("var/run/libvirt/qemu/web1.pid") == nullptr));
  CHECK((GuestReaderFor("etc/fonts/fonts.xml") == nullptr));
  CHECK((GuestReaderFor("var/log/messages") == nullptr));
}

// "name memory teller line" per guest of a kvm.txt that comes in pieces of `step` bytes.
std::string ReadKvm(std::string_view text, std::size_t step) {
  const std::unique_ptr<SupportconfigGuests> reader = SupportconfigGuests::For("s/kvm.txt");
  REQUIRE((reader != nullptr));
  for (std::size_t at = 0; at < text.size(); at += step) reader->Take(text.substr(at, step));
  std::string told;
  for (const Guest& guest : reader->Finish())
    told += guest.name + " " + std::to_string(guest.memory_kb.value_or(0)) + " " +
            std::to_string(static_cast<int>(guest.teller)) + " " + std::to_string(guest.line) +
            "\n";
  return told;
}

TEST_CASE("the sections of supportconfig tell of guests like the files that they show") {
  const auto section = [](const std::string& title, const std::string& text) {
    return "#==[ Command ]======================================#\n# " + title + "\n" + text + "\n";
  };
  const auto domain = [](const std::string& name, int kb) {
    return "<domain type='kvm'>\n  <name>" + name + "</name>\n  <memory>" + std::to_string(kb) +
           "</memory>\n</domain>\n";
  };
  const std::string text =
      section("/usr/bin/virsh list --all", domain("no", 1)) +
      section("/usr/bin/virsh dumpxml web1", domain("web1", 4096)) +
      section("/etc/libvirt/qemu/web1.xml", domain("web1", 2048)) +
      section("/etc/libvirt/qemu/web2.xml - File not found", "") +
      section("/var/log/libvirt/qemu/web3.log - Last 500 Lines",
              std::string(100000, 'x') + "\n2014-11-20 10:00:00.123+0000: starting up\n" +
                  "LC_ALL=C /usr/bin/qemu-kvm -name web3 -m 1\n") +
      section("/usr/bin/virsh dumpxml web4", "<domain><name>web4") + domain("no", 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, std::size_t{1} << 20})
    CHECK(ReadKvm(text, step) == "web1 4096 2 12\nweb1 2048 1 19\nweb3 1024 0 29\n");
  CHECK(ReadKvm("/usr/bin/virsh dumpxml web1\n" + domain("web1", 1), 9).empty());
  CHECK((SupportconfigGuests::For("s/xkvm.txt") == nullptr));
}

}  // namespace
}  // namespace kautopsy
