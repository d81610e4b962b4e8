#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "parsers/envelope/log_line.h"
#include "parsers/stream/block.h"
#include "parsers/stream/boot_tracker.h"
#include "parsers/stream/quotes.h"

namespace kautopsy {

enum class LineFate {
  kClaimed,
  kQuoted,  // repeats a line of an earlier record, without prefix
  kUnclaimed,
};

// Assembles the lines of a source into records. A line is offered first to the openers that always
// begin a record, then to the open blocks of its stream (host and boot; all bare lines are one
// stream), one that expects it before all others, else newest first, then to the openers that may
// continue a record. Blocks close by their own rule, by foreign lines between, by number, or at the
// end; events come out in the order of their first lines.
class BlockEngine {
 public:
  using OnEvent = std::function<void(EventRecord&&)>;

  // `kinds` must outlive the engine.
  BlockEngine(
      std::span<const RecordKind> kinds, OnEvent on_event,
      BootTracker::OnBoot on_boot = [](uint32_t, BootRecord&&) {});
  ~BlockEngine();

  // `openers`: bit i (modulo 64) is set if the line may hold a word of an opener of kind i.
  LineFate Offer(const LogLine& line, uint64_t openers);

  // True if a line without opener words can belong to something: then every line must be offered.
  bool HasOpenBlocks() const { return open_count_ > 0; }
  // The source has ended: every open block is closed, its event given out, and then the boots.
  void Finish();

 private:
  struct OpenBlock;
  struct Stream {
    std::list<OpenBlock*> open;  // newest first
  };

  Stream& StreamOf(const LogLine& line);
  bool OpenNew(const LogLine& line, uint64_t openers, bool may_continue, Stream& stream);
  bool OpenNew(const LogLine& line, const RecordKind& kind, bool may_continue, Stream& stream);
  void Insert(const LogLine& line, const RecordKind& kind, std::unique_ptr<Block> block,
              Stream& stream);
  bool OfferToOpen(const LogLine& line, Stream& stream);
  bool OfferToNeighbour(const LogLine& line, Stream& stream);
  bool OfferTo(OpenBlock& block, const LogLine& line, Stream& stream);
  void Keep(const LogLine& line, OpenBlock& block);
  static bool IsCopy(const LogLine& line, const OpenBlock& block);
  void CountForeign(Stream& stream, const OpenBlock* taker);
  static void MarkCut(Stream& stream);
  void Close(OpenBlock& block);
  void CloseOldest(const Stream& current);
  void Complete(OpenBlock& block);
  void GiveOut();

  std::span<const RecordKind> kinds_;
  uint64_t quotable_ = 0;  // groups of the kinds that people quote
  OnEvent on_event_;
  struct HashText {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    std::size_t operator()(std::string_view text) const { return QuickHash(text); }
  };
  using Streams = std::unordered_map<std::string, Stream, HashText, std::equal_to<>>;
  Streams streams_;                             // those with open blocks
  Streams::value_type* last_stream_ = nullptr;  // of the line before: most often the next one's too
  std::deque<std::unique_ptr<OpenBlock>>
      in_order_;                // by first line; closed ones wait for older ones
  OpenBlock* taker_ = nullptr;  // of the line that was taken last, while it is open
  std::size_t open_count_ = 0;
  std::size_t waiting_bytes_ = 0;  // of the closed ones' text
  std::string normalised_;         // of the line at hand
  BootTracker boots_;
  Quotes quotes_;
};

}  // namespace kautopsy
