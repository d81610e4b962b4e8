#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/kernel/workload.h"

namespace kautopsy {
namespace {

TEST_CASE("A cgroup's path tells the workload, whoever made the path") {
  constexpr std::string_view kId =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::string id(kId);
  const std::vector<std::pair<std::string, Workload>> cases = {
      {"/machine.slice/machine-qemu\\x2d3\\x2dweb1.scope", {"guest", "web1"}},
      {"/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d01.scope/libvirt/vcpu0", {"guest", "web-01"}},
      {"/machine.slice/machine-qemu\\x2dweb1.scope", {"guest", "web1"}},
      {"/machine/web1.libvirt-qemu", {"guest", "web1"}},
      {"/kubepods/burstable/podf1c2d3e4-9b36-11ea-b3df-246e9693c184/" + id,
       {"pod", "f1c2d3e4-9b36-11ea-b3df-246e9693c184"}},
      {"/kubepods.slice/kubepods-burstable.slice/"
       "kubepods-burstable-podf1c2d3e4_9b36_11ea_b3df_246e9693c184.slice/cri-containerd-" +
           id + ".scope",
       {"pod", "f1c2d3e4-9b36-11ea-b3df-246e9693c184"}},
      {"/docker/" + id, {"container", id}},
      {"/system.slice/docker-" + id + ".scope", {"container", id}},
      {"/machine.slice/libpod-" + id + ".scope/container", {"container", id}},
      {"/lxc/mail/ns/system.slice/docker-" + id + ".scope", {"container", id}},
      {"/lxc/mail/ns/system.slice/postfix.service", {"container", "mail"}},
      {"/lxc.payload.mail/init.scope", {"container", "mail"}},
      {"/system.slice/mariadb.service", {"unit", "mariadb.service"}},
      {"/system.slice/system-postgresql.slice/postgresql@11\\x2dmain.service",
       {"unit", "postgresql@11-main.service"}},
      {"/user.slice/user-504.slice/session-2.scope", {"session", "2"}},
      {"/user.slice/user-1000.slice/user@1000.service/tmux-spawn-1.scope",
       {"unit", "tmux-spawn-1.scope"}},
  };
  for (const auto& [cgroup, expected] : cases) {
    const auto path = cgroup;  // CAPTURE cannot take a structured binding
    CAPTURE(path);
    const std::optional<Workload> found = WorkloadOfCgroup(path);
    REQUIRE(found.has_value());
    CHECK(found->kind == expected.kind);
    CHECK(found->name == expected.name);
  }
}

TEST_CASE("A cgroup of an unknown maker is no workload") {
  for (const std::string_view path :
       {"", "/", "/leaker", "/machine.slice", "/machine.slice/machine-qemu.scope", "/docker",
        "/docker/0123", "/kubepods/burstable", "/podium", "/x/session-.scope/y",
        "/.libvirt-qemu"}) {
    CAPTURE(path);
    const std::optional<Workload> found = WorkloadOfCgroup(path);
    CHECK((!found || found->kind == "unit"));
    if (path.find(".scope") == std::string_view::npos) CHECK_FALSE(found.has_value());
  }
}

TEST_CASE("A unit's name is unescaped byte by byte, and what is no escape stays") {
  CHECK(UnescapeUnitName("a\\x2db") == "a-b");
  CHECK(UnescapeUnitName("a\\x2") == "a\\x2");
  CHECK(UnescapeUnitName("a\\xzzb\\") == "a\\xzzb\\");
}

TEST_CASE("A guest's name comes from a comm that holds one") {
  CHECK(GuestOfComm("qemu_wl52") == "wl52");
  CHECK_FALSE(GuestOfComm("qemu-kvm").has_value());
  CHECK_FALSE(GuestOfComm("qemu_").has_value());
}

}  // namespace
}  // namespace kautopsy
