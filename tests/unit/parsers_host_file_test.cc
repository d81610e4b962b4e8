#include "parsers/input/host_file.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace kautopsy {
namespace {

// "root name" that a file tells, empty if it tells nothing.
std::string Read(std::string_view path, std::string_view contents) {
  const std::optional<HostTree> tree = ReadHostFile(path, contents);
  return tree ? tree->root + " " + tree->host : "";
}

TEST_CASE("files that name their machine") {
  CHECK(Read("s/etc/hostname", "db7\n") == "s/ db7");
  CHECK(Read("s/etc/HOSTNAME", "db7.example.com\n") == "s/ db7.example.com");
  CHECK(Read("s/proc/sys/kernel/hostname", "db7\n") == "s/ db7");
  CHECK(Read("s/sos_commands/host/hostname", "db7\n") == "s/ db7");
  CHECK(Read("s/sos_commands/general/hostname", "db7\n") == "s/ db7");
  CHECK(Read("s/hostname", "db7\n") == "s/ db7");
  CHECK(Read("s/etc/sysconfig/network", "NETWORKING=yes\n#HOSTNAME=x\nHOSTNAME=\"db7\"\n") ==
        "s/ db7");
  CHECK(Read("s/sos_commands/kernel/uname_-a", "Linux db7 2.6.32 #1 SMP\n") == "s/ db7");
  CHECK(Read("s/uname", "Linux db7 2.6.32 #1 SMP\n") == "s/ db7");
}

TEST_CASE("hostnamectl names the machine, and the transient name only where there is no other") {
  for (const std::string path :
       {"s/sos_commands/host/hostnamectl_status", "s/sos_commands/host/hostnamectl"}) {
    CHECK(Read(path, "   Static hostname: db7\n         Icon name: computer-vm\n") == "s/ db7");
    CHECK(Read(path, "   Static hostname: db7\nTransient hostname: dhcp3\n") == "s/ db7");
    CHECK(Read(path, "   Static hostname: n/a\nTransient hostname: dhcp3\n") == "s/ dhcp3");
    CHECK(Read(path, "   Static hostname: localhost.localdomain\nTransient hostname: dhcp3\n") ==
          "s/ dhcp3");
    CHECK(Read(path, "   Static hostname: n/a\n").empty());
  }
}

TEST_CASE("what any machine may be called names none") {
  CHECK(Read("s/etc/hostname", "localhost\n").empty());
  CHECK(Read("s/etc/sysconfig/network", "HOSTNAME=localhost.localdomain\n").empty());
  CHECK(Read("s/uname", "Linux localhost.localdomain 2.6.32\n").empty());
}

TEST_CASE("a file that only has the name of one tells nothing") {
  CHECK(Read("s/hostname", "auto\n/usr/bin/hostname\n").empty());
  CHECK(Read("s/uname", "uname is a program\n").empty());
  CHECK(Read("s/my-hostname", "db7\n").empty());
  CHECK(Read("s/etc/hostname.d", "db7\n").empty());
  CHECK(Read("s/etc/sysconfig/network", "GATEWAY=10.0.0.1\n").empty());
}

TEST_CASE("of a tree's files the explicit ones are believed first") {
  const std::vector<std::string> paths = {"etc/hostname",
                                          "etc/HOSTNAME",
                                          "proc/sys/kernel/hostname",
                                          "sos_commands/general/hostname",
                                          "hostname",
                                          "sos_commands/host/hostnamectl_status",
                                          "etc/sysconfig/network",
                                          "sos_commands/kernel/uname_-a"};
  std::size_t rank = 0;
  for (const std::string& path : paths) {
    std::string contents = "db7\n";
    if (path.ends_with("status")) contents = "Static hostname: db7\n";
    if (path.ends_with("network")) contents = "HOSTNAME=db7\n";
    if (path.ends_with("-a")) contents = "Linux db7 2.6.32\n";
    const std::optional<HostTree> tree = ReadHostFile(path, contents);
    REQUIRE_MESSAGE(tree, path);
    CHECK_MESSAGE((path == paths[0] ? tree->rank == 0 : tree->rank > rank), path);
    rank = tree->rank;
  }
  CHECK(ReadUname("s/", "Linux db7 2.6.32\n")->rank > rank);
}

TEST_CASE("uname tells the kernel of a tree") {
  const auto kernel = ReadKernelFile("s/sos_commands/kernel/uname_-a",
                                     "Linux db7 2.6.32-431.el6.x86_64 #1 SMP x86_64\n");
  REQUIRE(kernel);
  CHECK(kernel->root == "s/");
  CHECK(kernel->release == "2.6.32-431.el6.x86_64");
  CHECK(ReadKernelFile("s/uname", "Linux localhost 5.14.21 #1\n")->release == "5.14.21");
  CHECK_FALSE(ReadKernelFile("s/uname", "Linux db7\n"));
  CHECK_FALSE(ReadKernelFile("s/uname", "Linux db7 x86_64 5.14\n"));
  CHECK_FALSE(ReadKernelFile("s/uname", "Linux db7 5\x1b[31m #1\n"));
  CHECK_FALSE(ReadKernelFile("s/uname", "Linux db7 " + std::string(65, '5') + " #1\n"));
  CHECK_FALSE(ReadKernelFile("s/my-uname", "Linux db7 5.14.21 #1\n"));
}

}  // namespace
}  // namespace kautopsy
