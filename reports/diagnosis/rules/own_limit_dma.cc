#include <fmt/core.h>

#include "base/text.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/own_limit.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// include/linux/swiotlb.h, IO_TLB_SHIFT, IO_TLB_SEGSIZE and IO_TLB_DEFAULT_SIZE: the same from 2.6
// (then in lib/swiotlb.c) to 6.x.
constexpr int64_t kSlotBytes = 2048;
constexpr int64_t kMostBytes = 128 * kSlotBytes;
constexpr int64_t kDefaultSlots = 32768;
constexpr int64_t kBytesPerKib = 1024;

// The number behind `name`, of "total 65536 (slots), used 12 (slots)".
Integer NumberBehind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  return ConsumeInteger(text);
}

struct Buffers {
  std::string who;  // the device, or "a device"
  Integer bytes, total, used;

  int64_t slots() const { return (bytes.value_or(0) + kSlotBytes - 1) / kSlotBytes; }
  bool full() const { return total && used && *total - *used < slots(); }
};

Buffers ReadBuffers(const EventFacts& event) {
  const std::string device = DeviceOf(event);
  const std::string& reason = *event.refusal->reason;
  Buffers buffers = {device.empty() ? "a device" : device, event.refusal->size_bytes,
                     NumberBehind(reason, ", total "), NumberBehind(reason, ", used ")};
  // Figures that no kernel prints are damage.
  constexpr int64_t kMostSlots = int64_t{1} << 40;
  const auto makes_sense = [](const Integer& number) {
    return number && *number >= 0 && *number <= kMostSlots;
  };
  if (!makes_sense(buffers.bytes)) buffers.bytes.reset();
  if (!makes_sense(buffers.total) || !makes_sense(buffers.used) || *buffers.used > *buffers.total)
    buffers.total = buffers.used = std::nullopt;
  return buffers;
}

std::string SlotsText(int64_t slots) { return SizeText(slots * kSlotBytes / kBytesPerKib); }

// Documentation/admin-guide/kernel-parameters.txt, swiotlb=: the number of slots. Debugfs:
// kernel/dma/swiotlb.c, swiotlb_create_default_debugfs(), since 5.1.
Advice Larger(int64_t slots, std::string why) {
  return {fmt::format("swiotlb={} at boot", slots), std::move(why),
          "as much memory that devices reach is set aside for good",
          "/sys/kernel/debug/swiotlb: io_tlb_used stays below io_tlb_nslabs"};
}

// swiotlb_find_slots() looks for a run within one segment of IO_TLB_SEGSIZE slots;
// swiotlb_max_mapping_size() tells drivers so, since 5.1.
LimitWords TooLarge(const Buffers& buffers) {
  LimitWords words;
  words.confidence_why = "the line states the size, and no buffer of that size can be had";
  words.title = fmt::format(
      "{} asked for {} in one piece of the bounce buffers [swiotlb]; more than {} is never given.",
      buffers.who, SizeText(*buffers.bytes / kBytesPerKib), SizeText(kMostBytes / kBytesPerKib));
  words.brief = "more asked than a bounce buffer can hold";
  words.explanation =
      "The device does not reach the memory that it was to use, or may not see it as it is "
      "encrypted, "
      "so the kernel copies through "
      "buffers that it does reach. These are given in runs of at most 128 slots of 2 KiB "
      "[IO_TLB_SEGSIZE], however many are free: a larger swiotlb= does not help.";
  words.advice.push_back(
      {fmt::format("report it to the maintainers of the driver of {}", buffers.who),
       "it has to map smaller pieces [dma_max_mapping_size()]", "",
       "no further line \"swiotlb buffer is full\" with that size"});
  return words;
}

// arch/x86/kernel/pci-swiotlb.c, pci_swiotlb_detect_override() and pci_swiotlb_detect_4gb().
LimitWords NoneSetUp(const Buffers& buffers) {
  LimitWords words;
  words.confidence_why = "the line states it: total 0; why there are none is not in the text";
  words.title = fmt::format("{} needed a bounce buffer [swiotlb], and this boot had set up none.",
                            buffers.who);
  words.brief = "no bounce buffers were set up [swiotlb]";
  words.explanation =
      "The device does not reach the memory that it was to use, or may not see it as it is "
      "encrypted, "
      "so the kernel had to copy through "
      "buffers that it does reach. They are made at boot, or not at all.";
  words.advice.push_back({"dmesg | grep -iE 'software IO TLB|swiotlb|iommu'; cat /proc/cmdline",
                          "tells why there are none; iommu=off, for one, leaves them out on x86",
                          "", ""});
  words.advice.push_back({"swiotlb=force at boot", "sets them up in any case",
                          "all devices copy their data then, which costs time",
                          "\"software IO TLB: mapped\" in the log of the boot"});
  return words;
}

LimitWords Full(const Buffers& buffers) {
  LimitWords words;
  words.confidence_why = "the line states how many there are and how many were used";
  words.title = fmt::format(
      "the bounce buffers [swiotlb] were full: of {} slots of 2 KiB {} were used, and {} needed "
      "{}.",
      Thousands(*buffers.total), Thousands(*buffers.used), buffers.who, Thousands(buffers.slots()));
  words.brief = "the bounce buffers were full [swiotlb]";
  words.explanation =
      "A device that does not reach the memory that it is to use, or may not see it as it is "
      "encrypted, "
      "gets a buffer that it does reach. "
      "Their number is set at boot; what else is free does not matter.";
  words.advice.push_back({"watch -n 10 cat /sys/kernel/debug/swiotlb/io_tlb_used",
                          "if it only grows, a driver does not give its buffers back: report that; "
                          "a larger number only delays it",
                          "", ""});
  words.advice.push_back(
      Larger(2 * *buffers.total, fmt::format("double of now: {}", SlotsText(2 * *buffers.total))));
  return words;
}

// Enough slots, but no run of them that the device reaches; or a line without figures.
LimitWords Unclear(const Buffers& buffers) {
  LimitWords words;
  words.confidence = Confidence::kMedium;
  words.title = fmt::format(
      "{} got no bounce buffer{} [swiotlb].", buffers.who,
      buffers.bytes ? fmt::format(" for {} bytes", Thousands(*buffers.bytes)) : std::string());
  words.brief = "no bounce buffer for a device [swiotlb]";
  if (buffers.total && buffers.used) {
    words.confidence_why = "the line states it; why no free slots served is not printed";
    words.explanation = fmt::format(
        "Of {} slots of 2 KiB {} were used, so some were free, but no run of {} that the device "
        "reaches.",
        Thousands(*buffers.total), Thousands(*buffers.used), Thousands(buffers.slots()));
    words.advice.push_back(
        Larger(2 * *buffers.total, fmt::format("longer runs are free then; double of now: {}",
                                               SlotsText(2 * *buffers.total))));
    return words;
  }
  words.confidence_why = "the kernel states it; how many there are is not printed";
  words.explanation =
      "A device that does not reach the memory that it is to use, or may not see it as it is "
      "encrypted, "
      "gets a buffer that it does reach. "
      "Their number is set at boot; what else is free does not matter.";
  words.advice.push_back({"dmesg | grep -i 'software IO TLB'", "tells how many there are", "", ""});
  words.advice.push_back(Larger(
      2 * kDefaultSlots, fmt::format("{}, double of the default", SlotsText(2 * kDefaultSlots))));
  return words;
}

}  // namespace

LimitWords BounceBufferWords(const EventFacts& event) {
  const Buffers buffers = ReadBuffers(event);
  if (buffers.bytes && *buffers.bytes > kMostBytes) return TooLarge(buffers);
  if (buffers.total == 0) return NoneSetUp(buffers);
  return buffers.full() && buffers.bytes ? Full(buffers) : Unclear(buffers);
}

// arch/arm/mm/dma-mapping.c, __alloc_from_pool(): told once in a boot. coherent_pool=:
// Documentation/admin-guide/kernel-parameters.txt.
LimitWords CoherentPoolWords(const EventFacts& event) {
  const int64_t now_kib = NumberBehind(*event.refusal->reason, "").value_or(0);
  LimitWords words;
  words.confidence_why = "the kernel states it; which drivers use the pool up is not printed";
  words.title = fmt::format(
      "the pool for requests of devices that may not wait [coherent_pool, {}] was used up.",
      SizeText(now_kib));
  words.brief = "pool for devices that may not wait used up";
  words.explanation =
      "Drivers that may not wait get memory that device and processor see alike from this pool "
      "alone; its size is set at boot. The kernel tells it once in a boot, so later refusals are "
      "not in the log.";
  words.advice.push_back({fmt::format("coherent_pool={}K at boot", 2 * now_kib), "double of now",
                          "as much memory is set aside for good",
                          fmt::format("\"preallocated {} KiB pool\" in the log of the boot, and no "
                                      "further line \"pool is too small\"",
                                      2 * now_kib)});
  return words;
}

}  // namespace kautopsy
