#include "parsers/kernel/packed_task.h"

#include <array>
#include <cstring>
#include <utility>

namespace kautopsy {
namespace {

// Those of the score come first, as they are read alone, too.
constexpr std::array kTerms = {
    &TaskTerms::pid,           &TaskTerms::rss_pages,      &TaskTerms::nr_ptes,
    &TaskTerms::nr_pmds,       &TaskTerms::pgtables_bytes, &TaskTerms::swapents_pages,
    &TaskTerms::oom_score_adj, &TaskTerms::fifth,          &TaskTerms::sixth};
constexpr std::array kOthers = {&Task::uid,
                                &Task::tgid,
                                &Task::total_vm_pages,
                                &Task::rss_anon_pages,
                                &Task::rss_file_pages,
                                &Task::rss_shmem_pages,
                                &Task::cpu,
                                &Task::oom_adj,
                                &Task::total_vm_kb,
                                &Task::rss_kb,
                                &Task::log_line};
constexpr std::size_t kFigures = kTerms.size() + kOthers.size();
static_assert(kFigures <= 32);  // bits

std::string_view ViewOf(const Text& text) { return text ? std::string_view(*text) : ""; }

}  // namespace

// Notes in `head` which figures there are.
class PackedTask::FigurePacker {
 public:
  explicit FigurePacker(Head& head) : head_(head) {}

  template <class Figures, class Row>
  void Put(const Figures& figures, const Row& row) {
    for (const auto figure : figures) Put(row.*figure);
  }
  std::string_view packed() const { return {bytes_.data(), end_}; }

 private:
  void Put(const Integer& figure) {
    const uint32_t bit = std::exchange(bit_, bit_ << 1);
    if (!figure) return;
    head_.present |= bit;
    const auto narrow = static_cast<int32_t>(*figure);
    if (narrow == *figure) return Append(&narrow, sizeof(narrow));
    head_.wide |= bit;
    Append(&*figure, sizeof(*figure));
  }
  void Append(const void* value, std::size_t size) {
    std::memcpy(end_, value, size);
    end_ += size;
  }

  Head& head_;
  uint32_t bit_ = 1;
  std::array<char, sizeof(int64_t) * kFigures> bytes_;
  char* end_ = bytes_.data();
};

// Reads what was packed, in the same order.
class PackedTask::FigureReader {
 public:
  FigureReader(const Head& head, const char* at)
      : present_(head.present), wide_(head.wide), at_(at) {}

  template <class Figures, class Row>
  void Take(const Figures& figures, Row& row) {
    for (const auto figure : figures) Take(row.*figure);
  }
  void Take(Integer& figure) {
    if ((present_ & 1) == 0)
      figure.reset();
    else
      figure = (wide_ & 1) != 0 ? Take<int64_t>() : Take<int32_t>();
    present_ >>= 1;
    wide_ >>= 1;
  }

 private:
  template <class T>
  T Take() {
    T value;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }

  uint32_t present_;
  uint32_t wide_;
  const char* at_;
};

void PackedTask::Append(const Task& task, std::string& packed) {
  const std::string_view comm = ViewOf(task.comm);
  const std::string_view guest = ViewOf(task.guest);
  Head head;
  head.has_comm = task.comm.has_value();
  head.has_guest = task.guest.has_value();
  head.comm_size = static_cast<uint32_t>(comm.size());
  head.guest_size = static_cast<uint32_t>(guest.size());
  FigurePacker figures(head);
  figures.Put(kTerms, task);
  figures.Put(kOthers, task);
  head.figures_size = static_cast<uint16_t>(figures.packed().size());
  std::array<char, sizeof(head)> bytes;
  std::memcpy(bytes.data(), &head, sizeof(head));
  packed.append(bytes.data(), bytes.size()).append(comm).append(guest).append(figures.packed());
}

PackedTask::Head PackedTask::HeadAt(const char* packed) {
  Head head;
  std::memcpy(&head, packed, sizeof(head));
  return head;
}

PackedTask::PackedTask(const char* packed)
    : head_(HeadAt(packed)),
      texts_(packed + sizeof(Head)),
      figures_(texts_ + head_.comm_size + head_.guest_size) {}

std::optional<std::string_view> PackedTask::comm() const {
  if (!head_.has_comm) return std::nullopt;
  return std::string_view(texts_, head_.comm_size);
}

std::optional<std::string_view> PackedTask::guest() const {
  if (!head_.has_guest) return std::nullopt;
  return std::string_view(texts_ + head_.comm_size, head_.guest_size);
}

PackedTask::FigureReader PackedTask::figures() const { return {head_, figures_}; }

Integer PackedTask::pid() const {
  static_assert(kTerms[0] == &TaskTerms::pid);
  Integer pid;
  figures().Take(pid);
  return pid;
}

TaskTerms PackedTask::terms() const {
  TaskTerms terms;
  figures().Take(kTerms, terms);
  return terms;
}

void PackedTask::Unpack(Task& task) const {
  task.comm = comm();
  task.guest = guest();
  FigureReader reader = figures();
  reader.Take(kTerms, task);
  reader.Take(kOthers, task);
}

}  // namespace kautopsy
