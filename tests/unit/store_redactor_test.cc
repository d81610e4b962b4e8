#include "store/redactor.h"

#include <doctest/doctest.h>

#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

// A store that knows host wv2-f302 and guests wl50 to wl52.
class Seed {
 public:
  Seed() : database_(StoreOf("samples/seed/paste.txt")) { REQUIRE(database_.Redact()); }
  std::string Apply(std::string_view text) const { return database_.redactor()->Apply(text); }
  Database& database() { return database_; }

 private:
  Database database_;
};

TEST_CASE("names that the store knows are replaced wherever they stand as words") {
  const Seed seed;
  CHECK(seed.Apply("wv2-f302") == "host-1");
  CHECK(seed.Apply("Nov 20 wv2-f302: qemu_wl52, wl52.log") ==
        "Nov 20 host-1: qemu_guest-3, guest-3.log");
  CHECK(seed.Apply("awl52 wl520 wv2-f3020") == "awl52 wl520 wv2-f3020");
}

TEST_CASE("guests that only libvirt's files name are replaced, too") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(database.Execute(
      "INSERT INTO guest (host, name, told_by) VALUES ('hv77', 'customer9', 'config')"));
  REQUIRE(database.Redact());
  CHECK(database.redactor()->Apply("hv77: customer9") == "host-2: guest-4");
}

TEST_CASE("addresses, users, mail and ids are replaced by their form, always alike") {
  const Seed seed;
  const std::string address = seed.Apply("10.1.2.3");
  CHECK(address.starts_with("addr-"));
  CHECK(seed.Apply("from 10.1.2.3: nfs, 10.1.2.3.") ==
        "from " + address + ": nfs, " + address + ".");
  CHECK(seed.Apply("2001:db8::17").starts_with("addr-"));
  CHECK(seed.Apply("MAC=52:54:00:12:34:56 x").starts_with("MAC=mac-"));
  CHECK_FALSE(Mentions(seed.Apply("/home/alice/run"), "alice"));
  CHECK_FALSE(Mentions(seed.Apply("root@build.example.com"), "example"));
  CHECK_FALSE(Mentions(seed.Apply("pod0f0e1d2c-1111-2222-3333-0123456789ab"), "1111"));
  CHECK_FALSE(Mentions(seed.Apply("exe=/data/customer-x/bin/app"), "customer"));
}

TEST_CASE("a host is known in capitals and with its domain, and a log by a usual name only") {
  const Seed seed;
  CHECK(seed.Apply("WV2-F302 wv2-f302.corp.example.com: up") == "host-1 host-1: up");
  CHECK(seed.Apply("alice@wv2-f302").starts_with("mail-"));
  CHECK(seed.Apply("samples/seed/paste.txt") == "folder-1/log-1");
}

TEST_CASE("control groups keep the parts that every system has") {
  const Seed seed;
  CHECK(Mentions(seed.Apply("/system.slice/customer-web.service"), "/system.slice/group-"));
  CHECK_FALSE(Mentions(seed.Apply("/docker/payroll"), "payroll"));
  CHECK_FALSE(Mentions(seed.Apply("/system.slice/customerhost-5.service"), "customer"));
  CHECK(seed.Apply("/machine.slice/machine-qemu\\x2d3\\x2dwl52.scope") ==
        "/machine.slice/machine-qemu\\x2d3\\x2dguest-3.scope");
  CHECK_FALSE(Mentions(seed.Apply("/var/www/customer.com/x"), "customer"));
  CHECK_FALSE(Mentions(seed.Apply("/dev/mapper/customer-vg"), "customer"));
}

TEST_CASE("a guest is known in the scope that systemd escapes its name in") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(database.Execute("UPDATE oom_kill SET guest = 'web-1'"));
  REQUIRE(database.Redact());
  const std::string scope = database.redactor()->Apply("machine-qemu\\x2d3\\x2dweb\\x2d1.scope");
  CHECK_FALSE(Mentions(scope, "web"));
  CHECK(Mentions(scope, "machine-qemu\\x2d3\\x2dguest-"));
}

TEST_CASE("figures, versions, system paths, clocks and control groups stay") {
  const Seed seed;
  for (const char* const text :
       {"2.6.32.27-generic", "2.6.32-431.17.1.el6.x86_64", "12:42:42", "free:6593828kB",
        "/proc/sys/vm/compact_memory", "/var/log/messages", "/system.slice/nginx.service",
        "0000:00:1f.2", "RIP: 0010:alloc_skb+0x1f/0x90"})
    CHECK(seed.Apply(text) == text);
}

TEST_CASE("a redacted report names nobody, in any format") {
  Seed seed;
  for (const ReportFormat format :
       {ReportFormat::kText, ReportFormat::kJson, ReportFormat::kHtml, ReportFormat::kMarkdown}) {
    ReportOptions options;
    options.format = format;
    options.redact = true;
    options.verbose = true;
    const std::string report = Report(seed.database(), options);
    CHECK(Mentions(report, "host-1"));
    for (const char* const name : {"wv2-f302", "wl50", "wl51", "wl52"})
      CHECK_FALSE(Mentions(report, name));
  }
}

}  // namespace
}  // namespace kautopsy::test
