#include "parsers/kernel/workload.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/row.h"
#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

std::vector<std::string_view> Components(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) names.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

// "machine-qemu-3-web1.scope", unescaped (libvirt, src/util/virsystemd.c,
// virSystemdMakeScopeName(); without the number before 1.3); "web1.libvirt-qemu" before systemd.
Text GuestOfName(std::string_view component) {
  static constexpr std::string_view kOldEnd = ".libvirt-qemu";
  if (component.ends_with(kOldEnd) && component.size() > kOldEnd.size())
    return std::string(component.substr(0, component.size() - kOldEnd.size()));
  static const LogPattern kScope(R"re(machine-qemu-(?:\d+-)?(.+)\.scope)re");
  if (!component.starts_with("machine-qemu")) return std::nullopt;
  const std::string name = UnescapeUnitName(component);
  const auto groups = MatchAll<1>(name, kScope);
  return groups ? TextOf((*groups)[0]) : std::nullopt;
}

// "pod8f1c..." below "kubepods" (kubelet, cm/cgroup_manager_linux.go), or the slice that systemd
// makes of it, "kubepods-burstable-pod8f1c_....slice", where the uid's dashes became underscores.
Text PodOfName(std::string_view component) {
  static const LogPattern kPod(
      R"re((?:kubepods(?:-besteffort|-burstable)?-)?pod([0-9a-f_-]{16,}))re"
      R"re((?:\.slice)?)re");
  const auto groups = MatchAll<1>(component, kPod);
  if (!groups) return std::nullopt;
  std::string uid((*groups)[0]);
  std::replace(uid.begin(), uid.end(), '_', '-');
  return uid;
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>.scope", "libpod-<id>.scope", or the
// bare id (64 hex digits) below "docker", a pod and others.
Text ContainerOfName(std::string_view component) {
  static const LogPattern kId(
      R"re((?:(?:docker|cri-containerd|containerd|crio|libpod)-)?([0-9a-f]{64})(?:\.scope)?)re");
  const auto groups = MatchAll<1>(component, kId);
  return groups ? TextOf((*groups)[0]) : std::nullopt;
}

// "/lxc/NAME" (LXC until 3, Proxmox), "lxc.payload.NAME" since 4, "machine-lxc\x2dNAME.scope".
Text LxcOfName(std::string_view parent, std::string_view component) {
  if (parent == "lxc") return std::string(component);
  std::string_view name = component;
  if (ConsumePrefix(name, "lxc.payload.") && !name.empty()) return std::string(name);
  static const LogPattern kScope(R"re(machine-lxc-(?:\d+-)?(.+)\.scope)re");
  if (!component.starts_with("machine-lxc")) return std::nullopt;
  const std::string unescaped = UnescapeUnitName(component);
  const auto groups = MatchAll<1>(unescaped, kScope);
  return groups ? TextOf((*groups)[0]) : std::nullopt;
}

// "session-2.scope" (logind, src/login/logind-session.c).
Text SessionOfName(std::string_view component) {
  static const LogPattern kSession(R"re(session-(.+)\.scope)re");
  const auto groups = MatchAll<1>(component, kSession);
  return groups ? TextOf((*groups)[0]) : std::nullopt;
}

Text UnitOfName(std::string_view component) {
  static constexpr std::array<std::string_view, 5> kEnds = {".service", ".scope", ".socket",
                                                            ".mount", ".swap"};
  const bool unit = std::any_of(kEnds.begin(), kEnds.end(),
                                [&](std::string_view end) { return component.ends_with(end); });
  return unit ? Text(UnescapeUnitName(component)) : std::nullopt;
}

// Looks for one kind in the components, the innermost first.
template <class Reader>
std::optional<Workload> Find(const std::vector<std::string_view>& names, std::string_view kind,
                             const Reader& read) {
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const std::string_view parent = name + 1 == names.rend() ? std::string_view() : *(name + 1);
    if (Text found = read(parent, *name)) return Workload{std::string(kind), *std::move(found)};
  }
  return std::nullopt;
}

}  // namespace

std::string UnescapeUnitName(std::string_view name) {
  std::string result;
  while (!name.empty()) {
    const std::optional<int64_t> byte =
        name.size() >= 4 && name.starts_with("\\x") ? ParseHex(name.substr(2, 2)) : std::nullopt;
    result += byte ? static_cast<char>(*byte) : name.front();
    name.remove_prefix(byte ? 4 : 1);
  }
  return result;
}

std::optional<Workload> WorkloadOfCgroup(std::string_view path) {
  const std::vector<std::string_view> names = Components(path);
  const auto alone = [](Text (*read)(std::string_view)) {
    return [read](std::string_view, std::string_view name) { return read(name); };
  };
  std::optional<Workload> found = Find(names, "guest", alone(GuestOfName));
  if (!found) found = Find(names, "pod", alone(PodOfName));
  if (!found) found = Find(names, "container", alone(ContainerOfName));
  if (!found) found = Find(names, "container", LxcOfName);
  if (!found) found = Find(names, "session", alone(SessionOfName));
  if (!found) found = Find(names, "unit", alone(UnitOfName));
  return found;
}

std::optional<std::string> GuestOfComm(std::string_view comm) {
  if (!ConsumePrefix(comm, "qemu_") || comm.empty()) return std::nullopt;
  return std::string(comm);
}

}  // namespace kautopsy
