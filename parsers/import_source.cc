#include "parsers/import_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/envelope/date_finder.h"
#include "parsers/envelope/entry_readers.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/journal_json.h"
#include "parsers/envelope/newest_first.h"
#include "parsers/envelope/printk_prefix.h"
#include "parsers/envelope/quoted_printable.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/unwrapper.h"
#include "parsers/envelope/year_finder.h"
#include "parsers/input/noise.h"
#include "parsers/input/scan_pipeline.h"
#include "parsers/input/sha256_source.h"
#include "parsers/kernel/kinds.h"
#include "parsers/line_group.h"
#include "parsers/stream/block_engine.h"
#include "parsers/stream/quoted_tail.h"

namespace kautopsy {
namespace {

// Enough to see what is not understood; a log full of one unknown message must not fill the store.
constexpr uint64_t kMaxUnclaimedKept = 1000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // editors put it before the first line

// Bytes at the head of a source that are no text: an editor's mark, or what a paste that began
// within a prefix has of it, "2.985912] ".
std::size_t CutHead(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) return kByteOrderMark.size();
  const std::size_t digits = line.find_first_not_of(" 0123456789.");
  constexpr std::size_t kLongestUptime = 17;
  const bool uptime = digits > 0 && digits <= kLongestUptime;
  return uptime && line.substr(digits).starts_with("] ") ? digits + 2 : 0;
}

// How much of a text behind a hole is unsure: none if a new line begins there, else all of it.
// Words in front of what is left may have given it another meaning, as "?" does to a frame.
std::size_t UnsureHead(std::string_view text) {
  return Classify(text).line_class == LineClass::kUnknown ? text.size() : 0;
}

uint64_t LinesOf(std::string_view message) {
  return 1 + static_cast<uint64_t>(std::ranges::count(message, '\n'));
}

// Of a line whose JSON says who printed its message: what the scanner tells of other lines. Most
// are other programs', which one search shows. Returns how many lines the message has.
uint64_t FlagKernelJson(std::string_view line, Candidate& flags) {
  const std::string_view object = JsonObjectOf(StripLineEnd(line));
  if (object.empty() || object.find("kernel") == std::string_view::npos) return 1;
  const std::optional<JsonLine> json = ParseJsonLine(object);
  if (!json || json->witness) return 1;
  std::string_view text = json->text;
  if (!json->kernel) {
    const Classification place = Classify(text);
    if (place.line_class != LineClass::kKernel) return 1;
    text.remove_prefix(place.text_begin);
  }
  flags.kernel = true;
  flags.noise = IsKnownNoise(text);
  return LinesOf(json->text);
}

// What became of a physical line. The message of an entry may have several lines in one of the
// source, as in JSON; each counts, so that the ledger is that of the forms that print it in
// several.
struct Share {
  uint64_t lines = 1;
  uint64_t claimed = 0;
};

// Takes the candidates of one source in order: repairs, takes the prefix off, offers to the engine,
// keeps the ledger, and hands events to the sink. After a failure of the sink it only drains.
class Importer {
 public:
  Importer(const ImportOptions& options, EventSink& sink)
      : options_(options),
        sink_(sink),
        tails_([this](EventRecord&& event) { OnEvent(std::move(event)); }),
        engine_(
            AllKinds(), [this](EventRecord&& event) { tails_.Take(std::move(event)); },
            [this](uint32_t index, BootRecord&& boot) {
              if (status_) status_ = sink_.WriteBoot(index, std::move(boot));
            }) {}

  void OnChunk(const ScannedChunk& scanned) {
    if (scanned.quoted_printable) NoteQuotedPrintable();
    CountNewYear(scanned.chunk.bytes());
    for (const Candidate& candidate : scanned.candidates) OnCandidate(scanned, candidate);
    lines_before_ += scanned.lines;
    ledger_.lines += scanned.lines;
    ledger_.not_kernel += scanned.not_kernel;
    if (scanned.chunk.cut && !first_cut_line_) first_cut_line_ = lines_before_;
    group_.KeepText();
    const std::string_view bytes = scanned.chunk.bytes();
    const std::string_view last = bytes.substr(
        bytes.find_last_of('\n', bytes.size() - std::min<std::size_t>(bytes.size(), 2)) + 1);
    CountNewYear(last);
    last_uptime_us_ = ReadUptime(last);
  }

  // Closes what is open and moves the outcome to `result`; an error of the sink's, if there was
  // one.
  Status Finish(ImportResult& result) {
    OfferGroup();
    if (entries_) OfferEntry();
    engine_.Finish();
    tails_.Finish();
    result.summary.ledger = ledger_;
    result.summary.quotes = quotes_ + tails_.left_out();
    if (first_cut_line_) {
      result.summary.damage = fmt::format(
          "line {} is longer than {} MiB: only its beginning was read; if log lines were joined in "
          "it, split them",
          *first_cut_line_, ChunkReader::kMaxLineBytes >> 20);
    }
    result.summary.years = dates_.Years();
    result.summary.zone = options_.zone;
    result.summary.mtime = options_.mtime;
    result.summary.crash_time = options_.crash_time;
    result.summary.last_uptime_us = last_uptime_us_;
    result.summary.span = new_years_.span();
    result.events = events_;
    result.incomplete_events = incomplete_events_;
    result.lines_in_lines = lines_in_lines_;
    return status_;
  }

  const Status& status() const { return status_; }

 private:
  void OnCandidate(const ScannedChunk& scanned, const Candidate& candidate) {
    const bool last =
        &candidate == &scanned.candidates.back() && candidate.line + 1 == scanned.lines;
    const PhysicalLine line = {.text = scanned.Line(candidate),
                               .number = lines_before_ + candidate.line + 1,
                               .flags = candidate,
                               .cut = last && (scanned.chunk.cut || scanned.chunk.unterminated),
                               .too_long = last && scanned.chunk.cut};
    if ((entries_ || !candidate.kernel) &&
        OnEntryLine(line, scanned.chunk.offset + candidate.offset))
      return;
    if (!candidate.kernel) {
      dates_.Look(line.text);
      if (IsQuotedPrintableHeader(line.text)) NoteQuotedPrintable();
    }
    if (group_.PassesOver(line)) return Account(line, Share());
    if (group_.Join(line, engine_.HasOpenBlocks())) return;
    OfferGroup();
    group_.Begin(line);
  }

  // Lines without a record tell of the year, too; one in a chunk is enough.
  void CountNewYear(std::string_view line) {
    std::optional<Stamp> stamp = ConsumeSyslogStamp(line);
    if (!stamp) stamp = ConsumeIsoStamp(line);
    if (!stamp) return;
    PrintedTime time = stamp->Time();
    new_years_.Count(time);
  }

  // True if the line belongs to an entry of several lines. Its message waits for the entry's end:
  // what tells who printed it may stand below.
  bool OnEntryLine(const PhysicalLine& line, uint64_t offset) {
    const SourceLine source = {.text = line.text,
                               .offset = offset,
                               .number = line.number,
                               .openers = line.flags.openers,
                               .cut = line.cut,
                               .too_long = line.too_long};
    Taken taken = entries_ ? entries_->Take(source) : Taken::kNone;
    if (taken == Taken::kNone && entries_) OfferEntry();  // another format's line ends it
    if (taken == Taken::kNone && !line.flags.kernel) {
      std::unique_ptr<EntryReader> reader = EntryReaderFor(line.text);
      if (!reader) return false;
      entries_ = std::move(reader);
      taken = entries_->Take(source);
    }
    if (taken == Taken::kNone) return false;
    OfferGroup();
    if (taken == Taken::kEnd) OfferEntry();
    if (taken != Taken::kMessage) ++(line.too_long ? ledger_.damaged : ledger_.not_kernel);
    return true;
  }

  // Offers the message of the entry, and enters its lines into the ledger.
  void OfferEntry() {
    const Entry entry = entries_->TakeEntry();
    for (const MessageLine& message : entry.message) {
      const bool readable = (entry.kernel || entry.witness) && !entry.damaged;
      const bool wanted = readable && (message.openers != 0 || engine_.HasOpenBlocks());
      const Share share = {.lines = LinesOf(message.text),
                           .claimed = wanted ? OfferMessage(entry, message) : 0};
      Account(
          {.text = message.raw,
           .number = message.place.line,
           .flags = {.kernel = entry.kernel, .noise = entry.kernel && IsKnownNoise(message.text)},
           .too_long = message.too_long || entry.damaged},
          share);
    }
  }

  // How many of the message's lines a record took.
  uint64_t OfferMessage(const Entry& entry, const MessageLine& message) {
    uint64_t claimed = 0;
    for (LogLine& line : unwrapper_.UnwrapMessage(entry, message))
      claimed += OfferLogLine(line, message.openers) ? 1 : 0;
    return claimed;
  }

  void NoteQuotedPrintable() {
    group_.ExpectQuotedPrintable();
    unwrapper_.ExpectQuotedPrintable();
  }

  // Offers the lines of the group as one, and enters each into the ledger.
  void OfferGroup() {
    if (group_.lines().empty()) return;
    const bool wanted = engine_.HasOpenBlocks() || group_.MayOpen();
    if (wanted && group_.lines().size() > 1 && OfferJoined()) {
      for (const PhysicalLine& line : group_.lines()) Account(line, {.claimed = 1});
    } else {  // what nobody takes as one was not broken: each may be a line of its own
      for (const PhysicalLine& line : group_.lines())
        Account(line, wanted ? OfferLine(line) : Share());
    }
    group_.Clear();
  }

  void Account(PhysicalLine line, Share share) {
    if (share.claimed < share.lines && !line.flags.kernel)
      share.lines = std::max(share.lines, FlagKernelJson(line.text, line.flags));
    const uint64_t claimed = line.too_long ? 0 : std::min(share.claimed, share.lines);
    ledger_.lines += share.lines - 1;
    lines_in_lines_ += share.lines - 1;
    ledger_.claimed += claimed;
    if (const uint64_t left = share.lines - claimed; left > 0) AccountUnclaimed(line, left);
  }

  void AccountUnclaimed(const PhysicalLine& line, uint64_t lines) {
    if (line.too_long || line.flags.nul)
      ledger_.damaged += lines;
    else if (line.flags.noise)
      ledger_.noise += lines;
    else if (!line.flags.kernel || line.flags.witness)
      ledger_.not_kernel += lines;
    else {
      const bool kept = ledger_.unclaimed_kernel < kMaxUnclaimedKept;
      ledger_.unclaimed_kernel += lines;
      if (kept && status_) status_ = sink_.WriteUnclaimed(line.number, StripLineEnd(line.text));
    }
  }

  bool OfferJoined() {
    uint64_t openers = 0;
    const LogLine line = group_.Joined(openers);
    return OfferUnwrapped(line, openers) > 0;
  }

  // Offers a physical line, which may hold many log lines. It is claimed if a record took some of
  // it; of a message's lines in JSON, each by itself.
  Share OfferLine(const PhysicalLine& physical) {
    const std::string_view line = physical.text;
    const uint64_t number = physical.number;
    Share share;
    std::size_t begin = number == 1 ? CutHead(line) : 0;
    // NULs stand where a crash left the file unwritten: text is cut there.
    while (begin < line.size()) {
      const std::size_t end = std::min(line.find('\0', begin), line.size());
      const bool behind_hole = begin > 0 && line[begin - 1] == '\0';
      if (behind_hole) begin += UnsureHead(line.substr(begin, end - begin));
      const std::string_view piece = StripLineEnd(line.substr(begin, end - begin));
      const Place place = {number, static_cast<uint32_t>(begin + 1)};
      share.claimed += OfferPiece(piece, place, physical.flags, physical.cut || end < line.size());
      share.lines = std::max(share.lines, unwrapper_.message_lines());
      begin = end + 1;
    }
    share.claimed = std::min(share.claimed, share.lines);
    return share;
  }

  uint64_t OfferPiece(std::string_view piece, Place place, const Candidate& candidate, bool cut) {
    const bool one_line = candidate.kernel || !JsonObjectOf(piece).empty();
    if (one_line && !candidate.joined && place.column == 1) {
      fragments_.assign(1, Fragment{0, piece});
    } else {
      SplitJoinedLine(piece, fragments_);
    }
    // The scanner does not look for words that a NUL or a joined line's rest hides.
    const uint64_t openers = candidate.joined || candidate.nul ? kAnyKind : candidate.openers;
    uint64_t claimed = 0;
    for (const Fragment& fragment : fragments_) {
      LogLine line;
      line.place = {place.line, place.column + static_cast<uint32_t>(fragment.offset)};
      line.cut = cut && &fragment == &fragments_.back();
      line.raw = line.cut ? TrimToSure(fragment.text) : fragment.text;
      line.trimmed = line.raw.size() < TrimBlanks(fragment.text).size();
      line.text = line.raw;
      line.plain = candidate.plain;
      claimed += OfferUnwrapped(line, openers);
    }
    return claimed;
  }

  uint64_t OfferUnwrapped(const LogLine& line, uint64_t openers) {
    uint64_t claimed = 0;
    for (LogLine& unwrapped : unwrapper_.Unwrap(line))
      claimed += OfferLogLine(unwrapped, openers) ? 1 : 0;
    return claimed;
  }

  bool OfferLogLine(LogLine& line, uint64_t openers) {
    if (line.text.empty() && !line.cut) return false;
    if (line.time) new_years_.Count(*line.time);
    if (line.time && options_.zone) line.time = options_.zone->ToUtc(*line.time);
    if (line.host.empty()) line.host = options_.host;
    const LineFate fate = engine_.Offer(line, openers);
    if (fate == LineFate::kQuoted) ++quotes_;
    if (fate == LineFate::kClaimed) unwrapper_.NoteClaimed(line);
    return fate != LineFate::kUnclaimed;
  }

  void OnEvent(EventRecord&& event) {
    ++events_;
    if (!event.complete) ++incomplete_events_;
    if (status_) status_ = sink_.Write(std::move(event));
  }

  const ImportOptions& options_;
  EventSink& sink_;
  QuotedTail tails_;
  BlockEngine engine_;
  Unwrapper unwrapper_;
  std::unique_ptr<EntryReader> entries_;  // once the source showed that it has some
  DateFinder dates_;
  NewYearCounter new_years_;
  LineLedger ledger_;
  uint64_t lines_before_ = 0;  // of the source, in the chunks before
  std::vector<Fragment> fragments_;
  LineGroup group_;  // one line, or several that were one
  uint64_t quotes_ = 0;
  uint64_t events_ = 0;
  uint64_t incomplete_events_ = 0;
  uint64_t lines_in_lines_ = 0;
  std::optional<uint64_t> first_cut_line_;
  Integer last_uptime_us_;
  Status status_;
};

}  // namespace

Result<ImportResult> ImportSource(ByteSource& source, std::string_view path, std::string_view kind,
                                  const ImportOptions& options, EventSink& sink) {
  static const OpenerWords kWords(OpenerWordsOf(AllKinds()));
  if (const Status begun = sink.BeginSource(path, kind); !begun)
    return tl::unexpected(begun.error());
  std::optional<Sha256Source> hashed;
  if (options.sha256) hashed.emplace(source);
  ByteSource& bytes_of = hashed ? *hashed : source;
  ScanPipeline pipeline(bytes_of, kWords, options.scan_threads, options.chunk_bytes);
  Importer importer(options, sink);
  uint64_t bytes = 0;
  ScannedChunk scanned;
  ImportResult result;
  while (pipeline.Next(scanned)) {
    if (bytes == 0) result.newest_first = IsNewestFirst(scanned.chunk.bytes());
    importer.OnChunk(scanned);
    if (!importer.status()) break;
    bytes += scanned.chunk.size;
    if (options.progress) options.progress(bytes);
  }
  const Status written = importer.Finish(result);
  // A list of anything may go from newest to oldest, as long as there is no record in it.
  result.newest_first = result.newest_first && result.summary.ledger.claimed > 0;
  if (!written || result.newest_first) sink.AbandonSource();
  if (!written) return tl::unexpected(written.error());
  if (result.newest_first) return result;
  result.summary.content_hash = pipeline.ContentHash();
  if (hashed) result.summary.sha256 = hashed->Hex();
  result.summary.bytes = pipeline.bytes();
  if (pipeline.error()) result.summary.damage = pipeline.error()->message;
  const Result<SourceCounts> counts = sink.EndSource(result.summary);
  if (!counts) return tl::unexpected(counts.error());
  result.counts = *counts;
  return result;
}

}  // namespace kautopsy
