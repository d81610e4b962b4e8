#include "reports/diagnosis/call_sites.h"

namespace kautopsy {
namespace {

constexpr std::string_view kCompact = "echo 1 >/proc/sys/vm/compact_memory, then start the guest";
constexpr std::string_view kCompactWhy = "makes large pieces for a while";
constexpr std::string_view kCompactRisk = "takes CPU time and stalls allocations while it runs";

// What starts and runs a virtual machine.
constexpr CallSite kSites[] = {
    {.name = "kvm_create",
     .symbols = "kvm_arch_alloc_vm kvm_create_vm kvm_dev_ioctl_create_vm kvm_dev_ioctl "
                "kvm_arch_init_vm",
     .subsystem = "KVM",
     .wanted = "what KVM keeps of a new guest",
     .size = "struct kvm was one kzalloc() before x86 took it from vmalloc()",
     .lost = "the guest does not start: KVM_CREATE_VM failed with ENOMEM",
     .harm = Harm::kFatal,
     .act = kCompact,
     .act_why = kCompactWhy,
     .risk = kCompactRisk,
     .check = "/proc/buddyinfo",
     .source = "include/linux/kvm_host.h, kvm_arch_alloc_vm(); arch/x86/include/asm/kvm_host.h"},
    {.name = "kvm_memory",
     .symbols = "kvm_arch_create_memslot kvm_arch_prepare_memory_region __kvm_set_memory_region "
                "kvm_set_memory_region kvm_alloc_memslot_metadata kvm_set_memslot",
     .subsystem = "KVM",
     .wanted = "tables over a guest's memory",
     .size = "they grow with the guest's memory",
     .lost = "the guest does not start, or gets no more memory",
     .harm = Harm::kFatal,
     .act = kCompact,
     .act_why = kCompactWhy,
     .risk = kCompactRisk,
     .check = "/proc/buddyinfo",
     .source = "arch/x86/kvm/x86.c, kvm_alloc_memslot_metadata()"},
    {.name = "kvm_page_tables",
     .symbols = "mmu_topup_memory_cache mmu_topup_memory_caches kvm_mmu_topup_memory_cache "
                "__kvm_mmu_topup_memory_cache",
     .subsystem = "KVM",
     .wanted = "page tables of a running guest",
     .lost = "the guest's processor stops: KVM_RUN failed with ENOMEM",
     .harm = Harm::kFatal,
     .source = "virt/kvm/kvm_main.c, kvm_mmu_topup_memory_cache()"},
    {.name = "vhost",
     .symbols = "vhost_net_open vhost_scsi_open vhost_vsock_dev_open vhost_dev_alloc_iovecs "
                "vhost_dev_set_owner vhost_dev_ioctl vhost_vring_ioctl",
     .subsystem = "vhost",
     .wanted = "what the kernel keeps of a guest's network card or disk",
     .size = "one area of tens of KiB per device",
     .lost = "the guest's device does not start: opening vhost failed with ENOMEM",
     .harm = Harm::kFatal,
     .act = kCompact,
     .act_why = kCompactWhy,
     .risk = kCompactRisk,
     .check = "/proc/buddyinfo",
     .source = "drivers/vhost/net.c, vhost_net_open(): kvmalloc()"},
    {.name = "vfio",
     .symbols = "vfio_iommu_type1_ioctl vfio_dma_do_map vfio_pin_pages_remote vfio_iommu_map "
                "vfio_pin_map_dma",
     .subsystem = "VFIO",
     .wanted = "lists of the guest memory that a passed-through device may reach",
     .lost = "the guest with the passed-through device does not start",
     .harm = Harm::kFatal,
     .source = "drivers/vfio/vfio_iommu_type1.c, vfio_dma_do_map()"},
    {.name = "page_descriptors",
     .symbols = "vmemmap_alloc_block vmemmap_populate vmemmap_populate_hugepages "
                "__populate_section_memmap",
     .subsystem = "memory hotplug",
     .wanted = "descriptors of pages that are added while the machine runs",
     .size = "2 MiB are tried first, since one large mapping serves a whole block",
     .lost = "it goes on with single pages [vmemmap_populate_basepages]",
     .harm = Harm::kHarmless,
     .source = "mm/sparse-vmemmap.c, vmemmap_alloc_block(): warn_alloc() once"},
    {.name = "memory_hotplug",
     .symbols = "add_memory_resource __add_memory add_memory __add_pages hot_add_req",
     .weak = true,
     .subsystem = "memory hotplug",
     .wanted = "what the kernel needs to take more memory into use",
     .lost = "the memory is not added",
     .source = "mm/memory_hotplug.c, add_memory_resource()"},
};

}  // namespace

std::span<const CallSite> GuestSites() { return kSites; }

}  // namespace kautopsy
