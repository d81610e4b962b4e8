#include "parsers/stream/block_engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/text.h"
#include "parsers/envelope/printk_prefix.h"

namespace kautopsy {
namespace {

// A report is printed in one go; on a slow console under memory pressure it stalls for seconds.
// Lines further apart belong to different records, whatever their form.
constexpr int64_t kMaxGapSeconds = 60;
// More than one report at a time comes from several CPUs printing at once; beyond a few it is
// noise.
constexpr std::size_t kMaxOpenPerStream = 8;
constexpr std::size_t kMaxOpen = 256;
// Besides the kind's max_lines, as lines may be long: 100,000 rows of a process table have 12 MB.
constexpr std::size_t kMaxBytesPerEvent = std::size_t{16} << 20;
// Events are given out in the order of their first lines, so all wait for the oldest record that is
// open. A host that prints no more never ends its last one.
constexpr std::size_t kMaxWaitingBytes = std::size_t{8} << 20;
constexpr std::size_t kMaxWaiting = 1000;
constexpr std::size_t kGroups = 64;  // of openers' words: one for each bit
constexpr char kFull[] = "too long for one record: what follows is left out, or another record";
constexpr char kCut[] = "the text ends in the record's last line";

bool TooFarApart(const std::optional<PrintedTime>& last, const std::optional<int64_t>& last_uptime,
                 const LogLine& line) {
  if (last && line.time) return std::llabs(SecondsBetween(*last, *line.time)) > kMaxGapSeconds;
  return last_uptime && line.uptime_us &&
         std::llabs(*line.uptime_us - *last_uptime) > kMaxGapSeconds * 1000000;
}

}  // namespace

struct BlockEngine::OpenBlock {
  const RecordKind* kind = nullptr;
  std::string caller;  // of its first line
  std::unique_ptr<Block> block;
  Stream* stream = nullptr;    // none once closed
  bool prefixed = false;       // its first line is
  std::size_t bare_lines = 0;  // that name no host, below its first line, which does
  EventRecord event;
  std::optional<PrintedTime> last_time;
  std::optional<int64_t> last_uptime_us;
  std::string unread_date;     // of the last line whose date is in words that are not known
  unsigned foreign_lines = 0;  // since the last line taken
  Hasher key;
};

BlockEngine::BlockEngine(std::span<const RecordKind> kinds, OnEvent on_event,
                         BootTracker::OnBoot on_boot)
    : kinds_(kinds), on_event_(std::move(on_event)), boots_(std::move(on_boot)) {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    quotable_ |= uint64_t{kinds[i].quotable} << (i % kGroups);
}

BlockEngine::~BlockEngine() = default;

BlockEngine::Stream& BlockEngine::StreamOf(const LogLine& line) {
  if (last_stream_ == nullptr || last_stream_->first != line.host) {
    auto found = streams_.find(line.host);
    if (found == streams_.end()) found = streams_.emplace(line.host, Stream()).first;
    last_stream_ = &*found;
  }
  return last_stream_->second;
}

void BlockEngine::Keep(const LogLine& line, OpenBlock& block) {
  EventRecord& event = block.event;
  normalised_.assign(event.lines.empty() ? 0 : 1, ' ');
  AppendCollapsed(normalised_, line.text);
  block.key.Add(normalised_);
  const uint64_t hash = QuickHash(normalised_);
  if (event.log_lines++ == 0) event.head_hash = hash;
  event.sketch.Add(hash);
  // A line that holds several of the record's is kept once.
  const bool same_line = !event.lines.empty() && event.lines.last() == line.place;
  if (!same_line) event.lines.Add(line.place, line.raw);
  for (const BrokenOff& rest : line.wrapped) event.lines.Add(rest.place, rest.raw);
  if (line.time && !event.time) {
    event.time = line.time;
    event.local_time = std::string(line.local_time);
  }
  // A date that could not be read is kept as printed.
  if (!event.local_time && !line.local_time.empty())
    event.local_time = std::string(line.local_time);
  if (!event.uptime_us) event.uptime_us = line.uptime_us;
  if (line.time) block.last_time = line.time;
  if (line.uptime_us) block.last_uptime_us = line.uptime_us;
  if (!line.time && !line.local_time.empty())
    block.unread_date = std::string(DateWords(line.local_time));
  if (line.cut && (line.trimmed || !block.block->ProvesWhole())) event.damage = kCut;
  block.foreign_lines = 0;
  taker_ = &block;
  const bool full =
      event.lines.size() >= block.kind->max_lines || event.lines.bytes() >= kMaxBytesPerEvent;
  if (full) event.damage = kFull;
  if (full || block.block->closed()) Close(block);
}

bool BlockEngine::OpenNew(const LogLine& line, uint64_t openers, bool may_continue,
                          Stream& stream) {
  for (; openers != 0; openers &= openers - 1) {
    const auto group = static_cast<std::size_t>(std::countr_zero(openers));
    for (std::size_t i = group; i < kinds_.size(); i += kGroups) {
      if (OpenNew(line, kinds_[i], may_continue, stream)) return true;
    }
  }
  return false;
}

bool BlockEngine::OpenNew(const LogLine& line, const RecordKind& kind, bool may_continue,
                          Stream& stream) {
  bool (*tried)(const LogLine&) = nullptr;  // most openers of a kind share the test
  for (const Opener& opener : kind.openers) {
    if (opener.may_continue != may_continue || opener.matches == tried) continue;
    tried = opener.matches;
    if (!tried(line)) continue;
    std::unique_ptr<Block> block = kind.open();
    if (block->Offer(line) != Claim::kTaken) continue;
    Insert(line, kind, std::move(block), stream);
    return true;
  }
  return false;
}

void BlockEngine::Insert(const LogLine& line, const RecordKind& kind, std::unique_ptr<Block> block,
                         Stream& stream) {
  auto opened = std::make_unique<OpenBlock>();
  opened->kind = &kind;
  opened->block = std::move(block);
  opened->stream = &stream;
  opened->prefixed = line.prefixed;
  opened->caller = std::string(line.caller);
  if (!line.host.empty()) opened->event.host = std::string(line.host);
  opened->event.boot = boots_.OnLine(line);
  stream.open.push_front(opened.get());
  in_order_.push_back(std::move(opened));
  ++open_count_;
  CountForeign(stream, in_order_.back().get());
  Keep(line, *in_order_.back());
  if (stream.open.size() > kMaxOpenPerStream) Close(*stream.open.back());
  if (open_count_ > kMaxOpen) CloseOldest(stream);
}

// `current` is the stream of the line at hand. Another one may never have a line again: it goes.
void BlockEngine::CloseOldest(const Stream& current) {
  const auto is_open = [](const auto& block) { return block->stream != nullptr; };
  OpenBlock& oldest = **std::find_if(in_order_.begin(), in_order_.end(), is_open);
  const Stream& stream = *oldest.stream;
  const std::string host = oldest.event.host.value_or("");
  Close(oldest);
  if (&stream != &current && stream.open.empty()) streams_.erase(host);
}

// Who pastes a log in parts copies some lines twice. A line that has its moment to the microsecond,
// and is equal to one of the record byte for byte, is no line of another record.
bool BlockEngine::IsCopy(const LogLine& line, const OpenBlock& block) {
  constexpr std::size_t kLongestRecord = 300;    // others are not searched
  const std::size_t clock = line.raw.find('[');  // of some formats it stands in another line
  constexpr int64_t kCoarse = 1000;              // clocks of a tick have zeros there
  const bool exact = clock != std::string_view::npos && line.uptime_us &&
                     *line.uptime_us % kCoarse != 0 &&
                     ReadUptime(line.raw.substr(clock)) == line.uptime_us;
  if (!exact || block.event.lines.size() > kLongestRecord) return false;
  const std::vector<RawLine> lines = block.event.lines.Split();
  return std::any_of(lines.begin(), lines.end(),
                     [&](const RawLine& known) { return known.text == line.raw; });
}

bool BlockEngine::OfferTo(OpenBlock& block, const LogLine& line, Stream& stream) {
  if (TooFarApart(block.last_time, block.last_uptime_us, line)) return false;
  const std::string_view date = line.time ? std::string_view() : DateWords(line.local_time);
  if (!date.empty() && !block.unread_date.empty() && date != block.unread_date) return false;
  switch (block.block->Offer(line)) {
    case Claim::kTaken:
      CountForeign(stream, &block);
      boots_.OnLine(line);
      Keep(line, block);
      return true;
    case Claim::kConflict:
      if (IsCopy(line, block)) return true;
      Close(block);
      return false;
    case Claim::kNone:
      return false;
  }
  return false;
}

bool BlockEngine::OfferToOpen(const LogLine& line, Stream& stream) {
  if (stream.open.size() > 1) {
    const auto expects = [&](const OpenBlock* block) { return block->block->Expects(line); };
    const auto found = std::find_if(stream.open.begin(), stream.open.end(), expects);
    if (found != stream.open.end() && OfferTo(**found, line, stream)) return true;
  }
  // Two CPUs that print at once are told apart by their callers. Who has no record open may print
  // for one: the backtrace of another CPU, the reaper's line.
  const auto is_callers = [&](const OpenBlock* block) { return block->caller == line.caller; };
  const bool has_own =
      !line.caller.empty() && std::any_of(stream.open.begin(), stream.open.end(), is_callers);
  for (auto at = stream.open.begin(); at != stream.open.end();) {
    OpenBlock& block = **at++;  // Close() takes it off the list
    if (has_own && !is_callers(&block)) continue;
    if (OfferTo(block, line, stream)) return true;
  }
  return false;
}

void BlockEngine::CountForeign(Stream& stream, const OpenBlock* taker) {
  for (auto at = stream.open.begin(); at != stream.open.end();) {
    OpenBlock& block = **at++;
    if (&block == taker) continue;
    if (++block.foreign_lines > block.kind->max_foreign_lines) Close(block);
  }
}

// A cut line that no record claims may have been the next line of one.
void BlockEngine::MarkCut(Stream& stream) {
  for (OpenBlock* block : stream.open) {
    if (block->foreign_lines == 0) block->event.damage = kCut;
  }
}

// The first line that was copied often lacks its prefix, and where it alone has one, all others do.
// The host of either is that of the record, whose lines stand one below the other.
bool BlockEngine::OfferToNeighbour(const LogLine& line, Stream& stream) {
  if (taker_ == nullptr || taker_->stream == &stream) return false;
  OpenBlock& block = *taker_;
  const bool named = block.event.host.has_value();
  if (named && !block.kind->takes_bare) return false;
  const bool one_head = block.event.lines.size() == block.bare_lines + 1;
  if (!one_head || named != line.host.empty() ||
      block.event.lines.last().line + 1 != line.place.line)
    return false;
  // A line with a prefix of another form is of the record's boot by its clock only.
  const bool bare = named ? !line.prefixed : !block.prefixed;
  const bool clocked = block.last_uptime_us && line.uptime_us;
  if ((!bare && !clocked) || TooFarApart({}, block.last_uptime_us, line)) return false;
  if (block.block->Offer(line) != Claim::kTaken) return false;
  if (named) {
    ++block.bare_lines;
  } else {
    block.stream->open.remove(&block);
    block.stream = &stream;
    stream.open.push_front(&block);
    block.event.host = std::string(line.host);
    block.event.boot = boots_.OnLine(line);
  }
  Keep(line, block);
  return true;
}

LineFate BlockEngine::Offer(const LogLine& line, uint64_t openers) {
  Stream& stream = StreamOf(line);
  LineFate fate = LineFate::kClaimed;
  // A witness's line belongs to no record of the kernel's, whatever it says.
  if (line.witness)
    fate = OpenNew(line, openers, false, stream) ? LineFate::kClaimed : LineFate::kUnclaimed;
  else if (!OpenNew(line, openers, false, stream) && !OfferToOpen(line, stream) &&
           !OfferToNeighbour(line, stream)) {
    if (openers != 0 && !line.prefixed && quotes_.IsQuote(CollapseBlanks(line.text)))
      fate = LineFate::kQuoted;
    else if (!OpenNew(line, openers, true, stream))
      fate = LineFate::kUnclaimed;
    if (fate == LineFate::kUnclaimed) {
      if (line.cut) MarkCut(stream);
      CountForeign(stream, nullptr);
    }
  }
  if ((openers & quotable_) != 0 && line.prefixed && fate == LineFate::kClaimed)
    quotes_.Remember(TrimBlanks(normalised_));  // as Keep() left it
  GiveOut();
  if (waiting_bytes_ > kMaxWaitingBytes || in_order_.size() > kMaxWaiting) CloseOldest(stream);
  if (stream.open.empty()) {
    streams_.erase(streams_.find(line.host));
    last_stream_ = nullptr;
  }
  return fate;
}

void BlockEngine::Close(OpenBlock& block) {
  if (block.stream == nullptr) return;
  block.stream->open.remove(&block);
  block.stream = nullptr;
  if (taker_ == &block) taker_ = nullptr;
  --open_count_;
  Complete(block);
}

void BlockEngine::Complete(OpenBlock& block) {
  EventRecord& event = block.event;
  const Text cut = event.damage;
  event.kind = block.kind->name;
  event.damage.reset();
  block.block->Finish(event);
  event.key = block.key.Hex();
  if (!event.subject && event.pid)
    event.subject = fmt::format("{} {}", *event.pid, event.comm.value_or(""));
  if (cut) {
    event.complete = false;
    event.damage = event.damage ? *event.damage + "; " + *cut : *cut;
  }
  boots_.OnEvent(event);
  block.block.reset();
  waiting_bytes_ += event.lines.bytes();
}

void BlockEngine::GiveOut() {
  while (!in_order_.empty() && in_order_.front()->stream == nullptr) {
    EventRecord& event = in_order_.front()->event;
    waiting_bytes_ -= event.lines.bytes();
    if (!event.kind.empty()) on_event_(std::move(event));
    in_order_.pop_front();
  }
}

void BlockEngine::Finish() {
  for (const auto& block : in_order_) Close(*block);
  streams_.clear();
  last_stream_ = nullptr;
  GiveOut();
  boots_.Finish();
}

}  // namespace kautopsy
