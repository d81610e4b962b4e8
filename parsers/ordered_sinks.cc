#include "parsers/ordered_sinks.h"

#include <string>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

// Of raw text, kept by an input that is ahead of its turn; its rows take some times as much, and an
// event of a single line as much as kEventBytes of text.
constexpr std::size_t kMaxBytesAhead = 4 << 20;
constexpr std::size_t kEventBytes = 1024;

}  // namespace

class OrderedSinks::TurnSink final : public EventSink {
 public:
  TurnSink(OrderedSinks& all, std::size_t turn) : all_(all), turn_(turn) {}
  TurnSink(const TurnSink&) = delete;
  TurnSink& operator=(const TurnSink&) = delete;
  ~TurnSink() override { AbandonSource(); }

  Status BeginSource(std::string_view path, std::string_view kind) override {
    AbandonSource();
    path_ = path;
    kind_ = kind;
    return all_.IsTurn(turn_) ? Open() : Status();
  }

  Status Write(EventRecord&& event) override {
    const std::size_t bytes = kEventBytes + event.lines.bytes();
    if (Status ready = OpenIfDue(); !ready) return ready;
    if (open_) return Check(all_.sink_.Write(std::move(event)));
    events_.push_back(std::move(event));
    bytes_ += bytes;
    return {};
  }

  Status WriteBoot(uint32_t index, BootRecord&& boot) override {
    if (Status ready = OpenIfDue(); !ready) return ready;
    if (open_) return Check(all_.sink_.WriteBoot(index, std::move(boot)));
    bytes_ += sizeof(BootRecord);
    boots_.emplace_back(index, std::move(boot));
    return {};
  }

  Status WriteUnclaimed(uint64_t line, std::string_view text) override {
    if (Status ready = OpenIfDue(); !ready) return ready;
    if (open_) return Check(all_.sink_.WriteUnclaimed(line, text));
    unclaimed_.emplace_back(line, text);
    bytes_ += text.size();
    return {};
  }

  Result<SourceCounts> EndSource(const SourceSummary& summary) override {
    all_.WaitFor(turn_);
    if (Status ready = open_ ? Status() : Open(); !ready) return tl::unexpected(ready.error());
    open_ = false;
    Result<SourceCounts> counts = all_.sink_.EndSource(summary);
    if (!counts) all_.Fail();
    return counts;
  }

  void AbandonSource() override {
    Clear();
    if (std::exchange(open_, false)) all_.sink_.AbandonSource();
  }

 private:
  Status OpenIfDue() {
    if (open_) return {};
    if (bytes_ >= kMaxBytesAhead) all_.WaitFor(turn_);
    return all_.IsTurn(turn_) ? Open() : Status();
  }

  // Gives the sink what was kept; from now on it gets everything at once.
  Status Open() {
    if (all_.failed()) return kautopsy::Fail("given up, as another input could not be stored");
    Status status = all_.sink_.BeginSource(path_, kind_);
    open_ = status.has_value();
    for (EventRecord& event : events_) {
      if (status) status = all_.sink_.Write(std::move(event));
    }
    for (auto& [index, boot] : boots_) {
      if (status) status = all_.sink_.WriteBoot(index, std::move(boot));
    }
    for (const auto& [line, text] : unclaimed_) {
      if (status) status = all_.sink_.WriteUnclaimed(line, text);
    }
    Clear();
    return Check(status);
  }

  void Clear() {
    events_.clear();
    boots_.clear();
    unclaimed_.clear();
    bytes_ = 0;
  }

  Status Check(Status status) {
    if (!status) all_.Fail();
    return status;
  }

  OrderedSinks& all_;
  const std::size_t turn_;
  bool open_ = false;  // in the sink
  std::string path_;
  std::string kind_;
  std::vector<EventRecord> events_;
  std::vector<std::pair<uint32_t, BootRecord>> boots_;  // of these events
  std::vector<std::pair<uint64_t, std::string>> unclaimed_;
  std::size_t bytes_ = 0;
};

std::unique_ptr<EventSink> OrderedSinks::ForTurn(std::size_t turn) {
  return std::make_unique<TurnSink>(*this, turn);
}

void OrderedSinks::WaitFor(std::size_t turn) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return turn_ == turn; });
}

void OrderedSinks::EndTurn() {
  const std::lock_guard lock(mutex_);
  ++turn_;
  changed_.notify_all();
}

bool OrderedSinks::IsTurn(std::size_t turn) {
  const std::lock_guard lock(mutex_);
  return turn_ == turn;
}

bool OrderedSinks::failed() {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void OrderedSinks::Fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

}  // namespace kautopsy
