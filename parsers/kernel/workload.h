#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// What a process belongs to, in the operator's words.
struct Workload {
  std::string kind;  // guest, pod, container, unit or session
  std::string name;  // guest: libvirt's name; pod: its uid; container: its id; unit: sshd.service
};

// Reads it out of a path of the cgroup tree, as the kernel prints it. What an operator would look
// at first wins: a virtual machine or a pod before the container inside it, a container before the
// unit that starts it. None for the root and for paths of unknown makers.
std::optional<Workload> WorkloadOfCgroup(std::string_view path);

// systemd writes bytes that a unit's name may not hold as \xNN (src/basic/unit-name.c,
// unit_name_escape()).
std::string UnescapeUnitName(std::string_view name);

// The name of the virtual machine in a qemu process's comm: "qemu_wl52" gives "wl52"; none for
// "qemu-kvm" and other programs.
std::optional<std::string> GuestOfComm(std::string_view comm);

}  // namespace kautopsy
