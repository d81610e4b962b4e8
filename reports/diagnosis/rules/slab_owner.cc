#include "reports/diagnosis/rules/slab_owner.h"

#include <fmt/core.h>

#include <array>

#include "reports/format.h"

namespace kautopsy {
namespace {

struct Owner {
  std::string_view prefix;  // of the cache's name, as its maker gives it to kmem_cache_create()
  std::string_view words;
};

// Longer prefixes stand before shorter ones. A kernel may merge caches of one size, so that a name
// may hold other objects too (mm/slab_common.c, find_mergeable()).
constexpr auto kOwners = std::to_array<Owner>({{"kmalloc-", "any part of the kernel"},
                                               {"size-", "any part of the kernel"},
                                               {"dma-kmalloc-", "drivers"},
                                               {"dentry", "names of files"},
                                               {"inode_cache", "open or known files"},
                                               {"proc_inode_cache", "files of /proc"},
                                               {"shmem_inode_cache", "files of tmpfs"},
                                               {"sock_inode_cache", "sockets"},
                                               {"ext4_", "ext4 file systems"},
                                               {"ext3_", "ext3 file systems"},
                                               {"xfs_", "XFS file systems"},
                                               {"btrfs_", "Btrfs file systems"},
                                               {"nfsd", "the NFS server"},
                                               {"nfs_", "NFS mounts"},
                                               {"cifs_", "SMB mounts"},
                                               {"ceph_", "Ceph mounts"},
                                               {"fuse_", "FUSE mounts"},
                                               {"ovl_", "overlay mounts"},
                                               {"buffer_head", "blocks of the file cache"},
                                               {"radix_tree_node", "index of the file cache"},
                                               {"xarray_node", "index of the file cache"},
                                               {"bio", "requests to disks"},
                                               {"biovec", "requests to disks"},
                                               {"skbuff", "network packets"},
                                               {"TCP", "network connections"},
                                               {"UDP", "network sockets"},
                                               {"nf_conntrack", "connection tracking"},
                                               {"task_struct", "threads"},
                                               {"thread_stack", "threads"},
                                               {"signal_cache", "processes"},
                                               {"sighand_cache", "processes"},
                                               {"mm_struct", "processes"},
                                               {"vm_area_struct", "mappings of processes"},
                                               {"anon_vma", "mappings of processes"},
                                               {"filp", "open files"},
                                               {"cred_jar", "rights of processes"},
                                               {"pid", "processes"},
                                               {"names_cache", "paths being looked up"},
                                               {"iommu_iova", "addresses for devices"},
                                               {"kernfs_node_cache", "sysfs and control groups"},
                                               {"fsnotify_mark", "watched files"},
                                               {"inotify_", "watched files"},
                                               {"zspage", "compressed swap"},
                                               {"kmemleak_", "the leak detector [kmemleak]"},
                                               {"debug_objects_cache", "debugging of timers"}});

}  // namespace

std::string_view SlabOwner(std::string_view cache) {
  for (const Owner& owner : kOwners) {
    if (cache.starts_with(owner.prefix)) return owner.words;
  }
  return {};
}

std::string LargestCaches(const EventFacts& event) {
  std::string words;
  for (const SlabFacts& slab : event.slabs) {
    const std::string_view owner = SlabOwner(slab.name);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", slab.name, SizeText(slab.total_kb));
    if (!owner.empty()) words += fmt::format(" ({})", owner);
  }
  return words;
}

}  // namespace kautopsy
