#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// The settings of the kernel that memory and crashes depend on: "vm.min_free_kbytes".
std::span<const std::string_view> SysctlNames();

// Where `path` is a file below proc/sys that holds one of these settings, the same as sysctl prints
// it, "vm.min_free_kbytes = 90112": its content alone does not tell what it is. Else null.
// `file` must outlive the source.
std::unique_ptr<ByteSource> NameSysctlFile(std::string_view path, ByteSource& file);

}  // namespace kautopsy
