// The log of kernels since 5.10. Names and numbers are those of kernel/printk/printk_ringbuffer.h;
// what VMCOREINFO tells is in kernel/printk/printk.c, log_buf_vmcoreinfo_setup(). kexec-tools read
// it likewise (util_lib/elf_info.c, dump_dmesg_lockless()).
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "parsers/input/printk_buffer.h"

namespace kautopsy {
namespace {

// enum desc_state: what a descriptor's two highest bits say. Others are not written yet or gone.
constexpr uint64_t kCommitted = 1;
constexpr uint64_t kFinalized = 2;

// A position with the lowest bit set stands for no text at all (LPOS_DATALESS); both this one
// (NO_LPOS) for an empty text, others for one that was lost for want of room.
constexpr uint64_t kNoText = 1;
constexpr uint64_t kEmptyText = 3;

// log_buf_len= takes up to 2 GiB (LOG_BUF_LEN_MAX), with a descriptor for 32 bytes (PRB_AVGBITS).
constexpr uint64_t kMostSizeBits = 31;
constexpr uint64_t kMostCountBits = 26;

constexpr uint64_t kLargestStruct = 512;  // prb_desc takes 24 bytes, printk_info 88
constexpr uint64_t kLengthBytes = 2;      // printk_info.text_len
constexpr uint64_t kSequenceBytes = 8;
constexpr uint64_t kTimeBytes = 8;
constexpr uint64_t kCallerBytes = 4;

// Without so many descriptors in a row the ring is not where it was looked for.
constexpr uint64_t kMostUnreadable = 1 << 12;

class PrintkRing {
 public:
  explicit PrintkRing(const DumpMemory& memory) : memory_(memory) {}

  Status Open() {
    VmcoreLayout layout(memory_.info());
    desc_bytes_ = layout.Size("prb_desc");
    info_bytes_ = layout.Size("printk_info");
    const uint64_t counter = layout.Offset("atomic_long_t.counter");
    const uint64_t position = layout.Offset("prb_desc.text_blk_lpos");
    state_ = layout.Offset("prb_desc.state_var") + counter;
    begin_ = position + layout.Offset("prb_data_blk_lpos.begin");
    next_ = position + layout.Offset("prb_data_blk_lpos.next");
    sequence_ = layout.Offset("printk_info.seq");
    time_ = layout.Offset("printk_info.ts_nsec");
    length_ = layout.Offset("printk_info.text_len");
    caller_ = layout.Offset("printk_info.caller_id");
    if (Status status = layout.status(); !status) return status;
    const uint64_t word = memory_.pointer_bytes();
    const bool fits =
        desc_bytes_ <= kLargestStruct && info_bytes_ <= kLargestStruct &&
        Ends(state_, word) <= desc_bytes_ && Ends(begin_, word) <= desc_bytes_ &&
        Ends(next_, word) <= desc_bytes_ && Ends(sequence_, kSequenceBytes) <= info_bytes_ &&
        Ends(time_, kTimeBytes) <= info_bytes_ && Ends(length_, kLengthBytes) <= info_bytes_ &&
        Ends(caller_, kCallerBytes) <= info_bytes_;
    if (!fits) return Fail("the dump's VMCOREINFO contradicts itself: it is damaged");
    return OpenRings(counter);
  }

  Status Read(const PrintkReader& reader) {
    uint64_t in_a_row = 0;
    uint64_t id = tail_id_;
    for (uint64_t n = 0; n < count_; ++n, id = (id + 1) & IdMask()) {
      const std::size_t before = unreadable_;
      ReadOne(id, reader);
      in_a_row = unreadable_ == before ? 0 : in_a_row + 1;
      if (id == head_id_ || in_a_row == kMostUnreadable) break;
    }
    if (unreadable_ == 0) return {};
    return Fail(fmt::format("{} messages of the log could not be read: {}", unreadable_, reason_));
  }

 private:
  static uint64_t Ends(uint64_t offset, uint64_t size) {
    return offset > kLargestStruct ? UINT64_MAX : offset + size;
  }

  uint64_t IdMask() const { return UINT64_MAX >> (66 - 8 * memory_.pointer_bytes()); }

  Status OpenRings(uint64_t counter) {
    VmcoreLayout layout(memory_.info());
    const Result<uint64_t> ring = memory_.ReadPointer(layout.Symbol("prb"));
    if (!ring) return tl::unexpected(ring.error());
    const uint64_t descs = *ring + layout.Offset("printk_ringbuffer.desc_ring");
    const uint64_t texts = *ring + layout.Offset("printk_ringbuffer.text_data_ring");
    const auto count_bits =
        memory_.ReadNumber(descs + layout.Offset("prb_desc_ring.count_bits"), 4);
    const auto size_bits = memory_.ReadNumber(texts + layout.Offset("prb_data_ring.size_bits"), 4);
    const auto desc = memory_.ReadPointer(descs + layout.Offset("prb_desc_ring.descs"));
    const auto info = memory_.ReadPointer(descs + layout.Offset("prb_desc_ring.infos"));
    const auto data = memory_.ReadPointer(texts + layout.Offset("prb_data_ring.data"));
    const auto head = memory_.ReadPointer(descs + layout.Offset("prb_desc_ring.head_id") + counter);
    const auto tail = memory_.ReadPointer(descs + layout.Offset("prb_desc_ring.tail_id") + counter);
    if (Status status = layout.status(); !status) return status;
    for (const auto* value : {&count_bits, &size_bits, &desc, &info, &data, &head, &tail}) {
      if (!*value) return tl::unexpected(value->error());
    }
    if (*count_bits > kMostCountBits || *size_bits > kMostSizeBits)
      return Fail("the kernel's log buffer has an impossible size: the dump is damaged");
    count_ = uint64_t{1} << *count_bits;
    text_bytes_ = uint64_t{1} << *size_bits;
    desc_at_ = *desc;
    info_at_ = *info;
    text_at_ = *data;
    head_id_ = *head & IdMask();
    tail_id_ = *tail & IdMask();
    return {};
  }

  void ReadOne(uint64_t id, const PrintkReader& reader) {
    std::array<char, kLargestStruct> desc_storage = {};
    const std::span<char> desc = std::span(desc_storage).first(desc_bytes_);
    const uint64_t index = id % count_;
    if (!Check(memory_.Read(desc_at_ + index * desc_bytes_, desc))) return;
    const uint64_t state_var = Word(desc, state_);
    const uint64_t state = state_var >> (8 * memory_.pointer_bytes() - 2);
    // The newest may be about to be written; any other of an old id is not from this ring.
    if ((state_var & IdMask()) != id && id != head_id_) Miss("a descriptor is damaged");
    if ((state_var & IdMask()) != id || (state != kCommitted && state != kFinalized)) return;
    std::array<char, kLargestStruct> info_storage = {};
    const std::span<char> info = std::span(info_storage).first(info_bytes_);
    if (!Check(memory_.Read(info_at_ + index * info_bytes_, info))) return;
    PrintkRecord record;
    record.time_ns = memory_.Number(info.subspan(time_, kTimeBytes));
    record.caller = static_cast<uint32_t>(memory_.Number(info.subspan(caller_, kCallerBytes)));
    record.text.resize(memory_.Number(info.subspan(length_, kLengthBytes)));
    // Pages that are missing read as zeros; only the first message of all is number 0, the banner.
    const bool first = memory_.Number(info.subspan(sequence_, kSequenceBytes)) == 0;
    if (first && (any_ || record.text.empty()))
      Miss("its time is missing");
    else if (ReadText(id, Word(desc, begin_), Word(desc, next_), record.text))
      Give(record, reader);
  }

  void Give(const PrintkRecord& record, const PrintkReader& reader) {
    any_ = true;
    reader(record);
  }

  // Fills `text` as far as the block from `begin` to `next` goes; false if there is none.
  bool ReadText(uint64_t id, uint64_t begin, uint64_t next, std::string& text) {
    if ((begin & kNoText) != 0 || (next & kNoText) != 0) {
      text.clear();
      return begin == kEmptyText && next == kEmptyText;
    }
    begin %= text_bytes_;
    next %= text_bytes_;
    // A block that does not fit before the end of the buffer lies at its beginning; newer kernels
    // let one end exactly there (is_blk_wrapped() in printk_ringbuffer.c).
    if (next == 0 && begin != 0)
      next = text_bytes_;
    else if (begin > next)
      begin = 0;
    // struct prb_data_block: the descriptor's id, then the text.
    const uint64_t word = memory_.pointer_bytes();
    const Result<uint64_t> block_id = memory_.ReadPointer(text_at_ + begin);
    if (!block_id) return Miss(block_id.error().message);
    if (*block_id != id || next < begin + word) return Miss("a text is not where it was");
    text.resize(std::min<uint64_t>(text.size(), next - begin - word));
    return Check(memory_.Read(text_at_ + begin + word, text));
  }

  uint64_t Word(std::span<const char> bytes, uint64_t offset) const {
    return memory_.Number(bytes.subspan(offset, memory_.pointer_bytes()));
  }

  bool Check(const Status& status) { return status ? true : Miss(status.error().message); }

  // Counts a message that cannot be read; false.
  bool Miss(const std::string& reason) {
    if (unreadable_++ == 0) reason_ = reason;
    return false;
  }

  const DumpMemory& memory_;
  uint64_t desc_bytes_ = 0;
  uint64_t info_bytes_ = 0;
  uint64_t state_ = 0;  // offsets in prb_desc
  uint64_t begin_ = 0;
  uint64_t next_ = 0;
  uint64_t sequence_ = 0;  // offsets in printk_info
  uint64_t time_ = 0;
  uint64_t length_ = 0;
  uint64_t caller_ = 0;
  uint64_t count_ = 0;  // of descriptors, and of infos
  uint64_t text_bytes_ = 1;
  uint64_t desc_at_ = 0;  // addresses
  uint64_t info_at_ = 0;
  uint64_t text_at_ = 0;
  uint64_t head_id_ = 0;
  uint64_t tail_id_ = 0;
  bool any_ = false;  // has been given
  std::size_t unreadable_ = 0;
  std::string reason_;  // why the first was
};

}  // namespace

Status ReadPrintkRing(const DumpMemory& memory, const PrintkReader& reader) {
  PrintkRing ring(memory);
  if (Status status = ring.Open(); !status) return status;
  return ring.Read(reader);
}

}  // namespace kautopsy
