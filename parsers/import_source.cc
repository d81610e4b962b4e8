#include "parsers/import_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "parsers/envelope/date_finder.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/unwrapper.h"
#include "parsers/input/scan_pipeline.h"
#include "parsers/kernel/kinds.h"
#include "parsers/stream/block_engine.h"

namespace kautopsy {
namespace {

// Enough to see what is not understood; a log full of one unknown message must not fill the store.
constexpr uint64_t kMaxUnclaimedKept = 1000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // editors put it before the first line

// How much of a text behind a hole may be the end of a longer word: none if a new line begins
// there.
std::size_t UnsureHead(std::string_view text) {
  if (Classify(text).line_class != LineClass::kUnknown) return 0;
  return std::min(text.find(' '), text.size());
}

// Takes the candidates of one source in order: repairs, takes the prefix off, offers to the engine,
// keeps the ledger, and hands events to the sink. After a failure of the sink it only drains.
class Importer {
 public:
  Importer(const ImportOptions& options, EventSink& sink)
      : options_(options),
        sink_(sink),
        engine_(AllKinds(), [this](EventRecord&& event) { OnEvent(std::move(event)); }) {}

  void OnChunk(const ScannedChunk& scanned) {
    for (const Candidate& candidate : scanned.candidates) OnCandidate(scanned, candidate);
    ledger_.lines += scanned.lines;
    ledger_.not_kernel += scanned.not_kernel;
    if (scanned.chunk.cut && !first_cut_line_) first_cut_line_ = ledger_.lines;
  }

  // Closes what is open and moves the outcome to `result`; an error of the sink's, if there was
  // one.
  Status Finish(ImportResult& result) {
    engine_.Finish();
    result.summary.ledger = ledger_;
    result.summary.quotes = quotes_;
    if (first_cut_line_) {
      result.summary.damage = fmt::format(
          "line {} is longer than {} MiB: only its beginning was read; if log lines were joined in "
          "it, split them",
          *first_cut_line_, ChunkReader::kMaxLineBytes >> 20);
    }
    result.summary.boots = engine_.TakeBoots();
    result.summary.years = dates_.Years();
    result.events = events_;
    result.incomplete_events = incomplete_events_;
    return status_;
  }

  const Status& status() const { return status_; }

 private:
  void OnCandidate(const ScannedChunk& scanned, const Candidate& candidate) {
    const std::string_view line = scanned.Line(candidate);
    const bool last =
        &candidate == &scanned.candidates.back() && candidate.line + 1 == scanned.lines;
    const bool cut = last && (scanned.chunk.cut || scanned.chunk.unterminated);
    bool claimed = false;
    if (candidate.opener || candidate.joined || candidate.nul || engine_.HasOpenBlocks()) {
      const uint64_t number = ledger_.lines + candidate.line + 1;
      claimed = OfferLine(line, number, candidate, cut);
    }
    if (!candidate.kernel) dates_.Look(line);
    Account(candidate, line, claimed, last && scanned.chunk.cut,
            ledger_.lines + candidate.line + 1);
  }

  void Account(const Candidate& candidate, std::string_view line, bool claimed, bool too_long,
               uint64_t number) {
    if (claimed && !too_long)
      ++ledger_.claimed;
    else if (too_long || candidate.nul)
      ++ledger_.damaged;
    else if (candidate.noise)
      ++ledger_.noise;
    else if (!candidate.kernel)
      ++ledger_.not_kernel;
    else {
      ++ledger_.unclaimed_kernel;
      if (ledger_.unclaimed_kernel > kMaxUnclaimedKept || !status_) return;
      status_ = sink_.WriteUnclaimed(number, StripLineEnd(line));
    }
  }

  // Offers a physical line, which may hold many log lines. True if a record took some of it.
  bool OfferLine(std::string_view line, uint64_t number, const Candidate& candidate, bool cut) {
    bool claimed = false;
    std::size_t begin = number == 1 && line.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    // NULs stand where a crash left the file unwritten: text is cut there.
    while (begin < line.size()) {
      const std::size_t end = std::min(line.find('\0', begin), line.size());
      const bool behind_hole = begin > 0 && line[begin - 1] == '\0';
      if (behind_hole) begin += UnsureHead(line.substr(begin, end - begin));
      const std::string_view piece = StripLineEnd(line.substr(begin, end - begin));
      const Place place = {number, static_cast<uint32_t>(begin + 1)};
      claimed = OfferPiece(piece, place, candidate, cut || end < line.size()) || claimed;
      begin = end + 1;
    }
    return claimed;
  }

  bool OfferPiece(std::string_view piece, Place place, const Candidate& candidate, bool cut) {
    const bool one_line = candidate.kernel || piece.starts_with('{');
    if (one_line && !candidate.joined && place.column == 1) {
      fragments_.assign(1, Fragment{0, piece});
    } else {
      SplitJoinedLine(piece, fragments_);
    }
    const bool opener_word = candidate.opener || candidate.joined || candidate.nul;
    bool claimed = false;
    for (const Fragment& fragment : fragments_) {
      LogLine line;
      line.place = {place.line, place.column + static_cast<uint32_t>(fragment.offset)};
      line.cut = cut && &fragment == &fragments_.back();
      line.raw = line.cut ? TrimToSure(fragment.text) : fragment.text;
      for (LogLine& unwrapped : unwrapper_.Unwrap(line))
        claimed = OfferLogLine(unwrapped, opener_word) || claimed;
    }
    return claimed;
  }

  bool OfferLogLine(LogLine& line, bool opener_word) {
    if (line.text.empty() && !line.cut) return false;
    if (line.time && !line.time->year) line.time->year = options_.year;
    const LineFate fate = engine_.Offer(line, opener_word);
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
  BlockEngine engine_;
  Unwrapper unwrapper_;
  DateFinder dates_;
  LineLedger ledger_;
  std::vector<Fragment> fragments_;
  uint64_t quotes_ = 0;
  uint64_t events_ = 0;
  uint64_t incomplete_events_ = 0;
  std::optional<uint64_t> first_cut_line_;
  Status status_;
};

}  // namespace

Result<ImportResult> ImportSource(ByteSource& source, std::string_view path, std::string_view kind,
                                  const ImportOptions& options, EventSink& sink) {
  static const OpenerWords kWords(OpenerWordsOf(AllKinds()));
  if (const Status begun = sink.BeginSource(path, kind); !begun)
    return tl::unexpected(begun.error());
  ScanPipeline pipeline(source, kWords, options.scan_threads, options.chunk_bytes);
  Importer importer(options, sink);
  uint64_t bytes = 0;
  ScannedChunk scanned;
  while (pipeline.Next(scanned)) {
    importer.OnChunk(scanned);
    if (!importer.status()) break;
    bytes += scanned.chunk.size;
    if (options.progress) options.progress(bytes);
  }
  ImportResult result;
  const Status written = importer.Finish(result);
  if (!written) {
    sink.AbandonSource();
    return tl::unexpected(written.error());
  }
  result.summary.content_hash = pipeline.ContentHash();
  result.summary.bytes = pipeline.bytes();
  if (pipeline.error()) result.summary.damage = pipeline.error()->message;
  const Result<SourceOutcome> outcome = sink.EndSource(result.summary);
  if (!outcome) return tl::unexpected(outcome.error());
  result.outcome = *outcome;
  return result;
}

}  // namespace kautopsy
