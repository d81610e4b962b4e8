#include "reports/diagnosis/alloc_profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/format.h"

namespace kautopsy {
namespace {

// Places that allocate what a counter of the report holds; a name that ends in '/' is a folder, and
// "pgalloc.h" is any file of that name. Where they are: mm/slub.c, alloc_slab_page(); mm/filemap.c,
// mm/readahead.c and file systems for files (include/linux/pagemap.h, filemap_alloc_folio(), a
// macro that names its caller); mm/swap_state.c for the swap cache; mm/memory.c, folio_prealloc()
// and its neighbours for programs; mm/hugetlb.c for the pool; asm-generic/pgalloc.h for page
// tables; kernel/fork.c, alloc_thread_stack_node().
constexpr auto kCounted = std::to_array<std::string_view>(
    {"mm/slub.c", "mm/slab_common.c", "mm/filemap.c", "mm/readahead.c", "mm/swap_state.c",
     "mm/memory.c", "mm/huge_memory.c", "mm/khugepaged.c", "mm/shmem.c", "mm/migrate.c", "mm/ksm.c",
     "mm/mempolicy.c", "mm/userfaultfd.c", "mm/hugetlb.c", "mm/pgtable-generic.c", "kernel/fork.c",
     "fs/"});
// Of these folders, what no counter holds: what lies in pipes (pipe_write(), anon_pipe_write()),
// and the buffers of XFS (xfs_buf_alloc_pages()).
constexpr auto kNotCounted = std::to_array<std::string_view>({"fs/pipe.c", "fs/xfs/xfs_buf.c"});

bool IsCounted(std::string_view file) {
  if (std::ranges::find(kNotCounted, file) != kNotCounted.end()) return false;
  if (file.ends_with("pgalloc.h") || file.ends_with("/mm/pgtable.c")) return true;
  return std::ranges::any_of(kCounted, [&](std::string_view place) {
    return place.ends_with('/') ? file.starts_with(place) : file == place;
  });
}

// An object below a page lies in slab, whose pages are counted. Several pages at once may come from
// kmalloc(), which counts them as slab too (mm/slub.c, ___kmalloc_large_node()). Sizes are printed
// in three digits (lib/string_helpers.c, string_get_size()).
bool IsOfSinglePages(const AllocTagFacts& tag, int64_t page_kb) {
  constexpr double kLeast = 0.9;
  constexpr double kMost = 1.1;
  if (tag.calls.value_or(0) <= 0) return false;
  const double pages =
      static_cast<double>(tag.bytes) / static_cast<double>(*tag.calls * page_kb * 1024);
  return pages >= kLeast && pages <= kMost;
}

}  // namespace

ProfileNames NamedByProfile(const EventFacts& event) {
  constexpr int64_t kBytesPerKb = 1024;
  ProfileNames names;
  for (const AllocTagFacts& tag : event.alloc_tags) {
    if (IsCounted(tag.file.value_or("")) || !IsOfSinglePages(tag, event.page_kb())) continue;
    names.holders.push_back(&tag);
    names.size_kb += tag.bytes / kBytesPerKb;
  }
  return names;
}

std::string TagWords(const AllocTagFacts& tag) {
  constexpr int64_t kBytesPerKb = 1024;
  return fmt::format("{}{} {}", tag.function.value_or("?"),
                     tag.module ? " [" + *tag.module + "]" : std::string(),
                     SizeText(tag.bytes / kBytesPerKb));
}

}  // namespace kautopsy
