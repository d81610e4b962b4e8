#include "parsers/input/scan_pipeline.h"

#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"

namespace kautopsy {
namespace {

// Chunks between reader and scanners, and between scanners and the caller: enough to keep all busy
// over a slow commit, little enough for the promise of bounded memory.
constexpr std::size_t kChunksAhead = 8;

struct Job {
  ScannedChunk scanned;  // only its chunk is filled
  std::promise<ScannedChunk> done;
};

}  // namespace

struct ScanPipeline::Threads {
  BoundedQueue<Job> jobs{kChunksAhead};
  BoundedQueue<std::future<ScannedChunk>> results{kChunksAhead};
  BoundedQueue<ScannedChunk> used{2 * kChunksAhead + 2};  // their memory is read into again
  std::vector<std::thread> threads;

  ~Threads() {
    jobs.Close();
    results.Close();
    for (std::thread& thread : threads) thread.join();
  }

  void Read(ChunkReader& reader, ScannedChunk scanned) {
    do {
      Job job{.scanned = std::move(scanned), .done = {}};
      if (!results.Push(job.done.get_future()) || !jobs.Push(std::move(job))) return;
      scanned = used.TryPop().value_or(ScannedChunk());
    } while (reader.Next(scanned.chunk));
    jobs.Close();
    results.Close();
  }

  void Scan(LineScanner scanner) {
    while (std::optional<Job> job = jobs.Pop()) {
      try {
        scanner.Scan(job->scanned);
        job->done.set_value(std::move(job->scanned));
      } catch (...) {
        job->done.set_exception(std::current_exception());
      }
    }
  }
};

ScanPipeline::ScanPipeline(ByteSource& source, const OpenerWords& words, unsigned scan_threads,
                           std::size_t chunk_bytes)
    : reader_(source, chunk_bytes), has_first_(reader_.Next(first_.chunk)) {
  const bool small =
      !has_first_ || first_.chunk.unterminated || first_.chunk.size * 2 < chunk_bytes;
  if (scan_threads == 0 || small) {
    scanner_ = std::make_unique<LineScanner>(words);
    return;
  }
  threads_ = std::make_unique<Threads>();
  for (unsigned i = 0; i < scan_threads; ++i) {
    threads_->threads.emplace_back(&Threads::Scan, threads_.get(), LineScanner(words));
  }
  threads_->threads.emplace_back(&Threads::Read, threads_.get(), std::ref(reader_),
                                 std::move(first_));
}

ScanPipeline::~ScanPipeline() = default;

bool ScanPipeline::Next(ScannedChunk& scanned) {
  if (threads_) {
    if (!scanned.chunk.storage.empty()) threads_->used.Push(std::move(scanned));
    std::optional<std::future<ScannedChunk>> result = threads_->results.Pop();
    if (result) scanned = result->get();
    return result.has_value();
  }
  if (std::exchange(has_first_, false)) {
    scanned = std::move(first_);
  } else if (!reader_.Next(scanned.chunk)) {
    return false;
  }
  scanner_->Scan(scanned);
  return true;
}

}  // namespace kautopsy
