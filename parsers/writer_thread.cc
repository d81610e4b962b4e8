#include "parsers/writer_thread.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"

namespace kautopsy {
namespace {

// Events of a report are some 50 KB; handing over a few at a time keeps the threads from waking
// each other for every one.
constexpr std::size_t kBatchesAhead = 4;
constexpr std::size_t kEventsPerBatch = 16;
// Lines of up to 1 MiB are let through: few of them are enough.
constexpr std::size_t kBytesPerBatch = std::size_t{1} << 20;
// Of text that is handed over and not freed yet, while the next events are parsed.
constexpr std::size_t kMaxBytesAhead = 3 * kBytesPerBatch;

class WriterThread final : public EventSink {
 public:
  explicit WriterThread(EventSink& sink) : sink_(sink) {}
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;
  ~WriterThread() override { AbandonSource(); }

  Status BeginSource(std::string_view path, std::string_view kind) override {
    AbandonSource();
    if (Status begun = sink_.BeginSource(path, kind); !begun) return begun;
    open_ = true;
    failed_ = false;
    status_ = Status();
    bytes_ahead_ = 0;
    queue_ = std::make_unique<BoundedQueue<Batch>>(kBatchesAhead);
    spent_ = std::make_unique<BoundedQueue<Batch>>(kBatchesAhead * 2);
    thread_ = std::thread(&WriterThread::Run, this);
    return {};
  }

  Status Write(EventRecord&& event) override {
    batch_.bytes += event.lines.bytes();
    batch_.events.push_back(std::move(event));
    const bool full = batch_.events.size() >= kEventsPerBatch || batch_.bytes >= kBytesPerBatch;
    return full ? HandOver() : Status();
  }

  Status WriteBoot(uint32_t index, BootRecord&& boot) override {
    batch_.boots.emplace_back(index, std::move(boot));
    return batch_.boots.size() < kEventsPerBatch ? Status() : HandOver();
  }

  Status WriteUnclaimed(uint64_t line, std::string_view text) override {
    batch_.unclaimed.emplace_back(line, text);
    return batch_.unclaimed.size() < kEventsPerBatch ? Status() : HandOver();
  }

  Result<SourceCounts> EndSource(const SourceSummary& summary) override {
    static_cast<void>(HandOver());  // a failure stays in status_
    Join();
    if (status_) {
      open_ = false;
      return sink_.EndSource(summary);
    }
    const Error error = status_.error();
    AbandonSource();
    return tl::unexpected(error);
  }

  void AbandonSource() override {
    if (!std::exchange(open_, false)) return;
    batch_ = Batch();
    Join();
    sink_.AbandonSource();
  }

  Status Flush() override { return sink_.Flush(); }

 private:
  struct Batch {
    std::vector<EventRecord> events;
    std::size_t bytes = 0;  // of their texts
    std::vector<std::pair<uint32_t, BootRecord>> boots;
    std::vector<std::pair<uint64_t, std::string>> unclaimed;
  };

  Status HandOver() {
    while (const std::optional<Batch> spent = spent_->TryPop()) bytes_ahead_ -= spent->bytes;
    if (!failed_) {
      const std::size_t bytes = batch_.bytes;
      if (queue_->Push(std::exchange(batch_, Batch()))) bytes_ahead_ += bytes;
      // The next event may be as large as this one: it is not begun before there is room.
      while (bytes_ahead_ > kMaxBytesAhead) bytes_ahead_ -= spent_->Pop()->bytes;
      return {};
    }
    Join();
    return status_;
  }

  void Join() {
    queue_->Close();
    if (thread_.joinable()) thread_.join();
  }

  void Run() {
    while (std::optional<Batch> batch = queue_->Pop()) {
      for (EventRecord& event : batch->events) {
        if (status_) status_ = sink_.Write(std::move(event));
      }
      for (auto& [index, boot] : batch->boots) {
        if (status_) status_ = sink_.WriteBoot(index, std::move(boot));
      }
      for (const auto& [line, text] : batch->unclaimed) {
        if (status_) status_ = sink_.WriteUnclaimed(line, text);
      }
      spent_->Push(*std::move(batch));
      if (status_) continue;
      failed_ = true;  // only now may the other thread look at status_, after it has joined
      queue_->Close();
    }
  }

  EventSink& sink_;
  bool open_ = false;
  Batch batch_;
  std::size_t bytes_ahead_ = 0;
  std::unique_ptr<BoundedQueue<Batch>> queue_;
  // What is written goes back to be freed by the thread that allocated it: two threads that free
  // and allocate from one arena wait for each other. Never full: it holds more than are under way.
  std::unique_ptr<BoundedQueue<Batch>> spent_;
  std::thread thread_;
  std::atomic<bool> failed_ = false;
  Status status_;  // the thread's while it runs
};

}  // namespace

std::unique_ptr<EventSink> NewWriterThread(EventSink& sink) {
  return std::make_unique<WriterThread>(sink);
}

}  // namespace kautopsy
