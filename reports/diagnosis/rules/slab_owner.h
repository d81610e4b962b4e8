#pragma once

#include <string>
#include <string_view>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// Who uses a cache of kernel objects, told by its name: "network packets"; empty for unknown names.
std::string_view SlabOwner(std::string_view cache);

// "kmalloc-64 5.1 GiB (any part of the kernel), dentry 1.2 GiB (names of files)"; empty where the
// report lists no caches.
std::string LargestCaches(const EventFacts& event);

}  // namespace kautopsy
