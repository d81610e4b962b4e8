#include "parsers/input/line_scanner.h"

#include <hs/hs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "parsers/envelope/unescape.h"
#include "parsers/input/noise.h"

namespace kautopsy {
namespace {

// Literals that tell of a line what is no opener's word, by their ids.
constexpr unsigned kJoinedId = 0;   // a second prefix
constexpr unsigned kHiddenId = 1;   // a no-break space: words parted by them match no opener's
constexpr unsigned kEncodedId = 2;  // quoted-printable's equals sign
constexpr std::array<std::pair<std::string_view, unsigned>, 3> kMarks = {
    {{" kernel: ", kJoinedId}, {"\xC2\xA0", kHiddenId}, {"=3D", kEncodedId}}};
constexpr std::size_t kQuoteMarks = 6;  // "> > > "
constexpr unsigned kFirstOpenerId = 3;  // that of group 0
constexpr unsigned kGroupBits = 64;

struct Hits {
  const std::vector<uint32_t>& ends;
  ScannedChunk& scanned;
  std::size_t at = 0;  // matches come in the order of their ends
};

int OnHit(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned /*flags*/,
          void* context) {
  Hits& hits = *static_cast<Hits*>(context);
  while (hits.ends[hits.at] < to) ++hits.at;
  Candidate& candidate = hits.scanned.candidates[hits.at];
  // Behind nothing but quote marks it is the first prefix.
  const unsigned long long begin = hits.at == 0 ? 0 : hits.ends[hits.at - 1];
  if (id == kJoinedId)
    candidate.joined = candidate.joined || to - begin > kMarks[0].first.size() + kQuoteMarks;
  else if (id == kHiddenId)
    candidate.openers = ~uint64_t{0};
  else if (id == kEncodedId)
    hits.scanned.quoted_printable = true;
  else
    candidate.openers |= uint64_t{1} << (id - kFirstOpenerId);
  return 0;
}

}  // namespace

struct OpenerWords::Database {
  hs_database_t* compiled = nullptr;
  ~Database() { hs_free_database(compiled); }
};

OpenerWords::OpenerWords(std::span<const OpenerWord> words)
    : database_(std::make_unique<Database>()) {
  std::vector<const char*> literals;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> ids;
  for (const auto& [mark, id] : kMarks) {
    literals.push_back(mark.data());
    lengths.push_back(mark.size());
    ids.push_back(id);
  }
  for (const auto& [word, group] : words) {
    literals.push_back(word.data());
    lengths.push_back(word.size());
    ids.push_back(kFirstOpenerId + group % kGroupBits);
  }
  const std::vector<unsigned> flags(literals.size(), 0);
  hs_compile_error_t* error = nullptr;
  const hs_error_t status = hs_compile_lit_multi(
      literals.data(), flags.data(), ids.data(), lengths.data(),
      static_cast<unsigned>(literals.size()), HS_MODE_BLOCK, nullptr, &database_->compiled, &error);
  if (status != HS_SUCCESS) {  // words are compiled in: only a machine without memory comes here
    const std::string message = error != nullptr ? error->message : "out of memory";
    hs_free_compile_error(error);
    throw std::runtime_error("the search for openers cannot be set up: " + message);
  }
}

OpenerWords::~OpenerWords() = default;

std::size_t OpenerWords::bytes() const {
  std::size_t bytes = 0;
  hs_database_size(database_->compiled, &bytes);
  return bytes;
}

struct LineScanner::Scratch {
  hs_scratch_t* space = nullptr;
  ~Scratch() { hs_free_scratch(space); }
};

LineScanner::LineScanner(const OpenerWords& words)
    : words_(words), scratch_(std::make_unique<Scratch>()) {
  if (hs_alloc_scratch(words_.database_->compiled, &scratch_->space) != HS_SUCCESS)
    throw std::bad_alloc();
}

LineScanner::~LineScanner() = default;
LineScanner::LineScanner(LineScanner&&) noexcept = default;

void LineScanner::Gather(std::string_view line, Classification place, Candidate candidate,
                         ScannedChunk& scanned) {
  candidate.witness = place.line_class == LineClass::kWitness;
  candidate.kernel = candidate.witness || place.line_class == LineClass::kKernel;
  const std::string_view text = line.substr(place.text_begin);
  candidate.noise = candidate.kernel && !candidate.witness && IsKnownNoise(text);
  text_.append(text);
  text_.push_back('\n');
  ends_.push_back(static_cast<uint32_t>(text_.size()));
  scanned.candidates.push_back(candidate);
}

void LineScanner::MarkOpeners(ScannedChunk& scanned) {
  scanned.quoted_printable = false;
  Hits hits{.ends = ends_, .scanned = scanned};
  hs_scan(words_.database_->compiled, text_.data(), static_cast<unsigned>(text_.size()), 0,
          scratch_->space, OnHit, &hits);
}

void LineScanner::MarkNuls(ScannedChunk& scanned) {
  if (text_.find('\0') == std::string::npos) return;
  for (Candidate& candidate : scanned.candidates) {
    candidate.nul = scanned.Line(candidate).find('\0') != std::string_view::npos;
  }
}

// One search through all lines costs a tenth of one in each. Where no record begins few lines are
// read.
void LineScanner::MarkPlain(ScannedChunk& scanned) {
  const auto opens = [](const Candidate& candidate) { return candidate.openers != 0; };
  if (std::none_of(scanned.candidates.begin(), scanned.candidates.end(), opens)) return;
  for (Candidate& candidate : scanned.candidates) candidate.plain = candidate.kernel;
  for (const std::string_view mark : kUndoneMarks) {
    auto end = ends_.begin();
    for (std::size_t at = text_.find(mark); at != std::string::npos; at = text_.find(mark, *end)) {
      end = std::upper_bound(end, ends_.end(), at);
      scanned.candidates[static_cast<std::size_t>(end - ends_.begin())].plain = false;
    }
  }
}

void LineScanner::Scan(ScannedChunk& scanned) {
  const std::string_view bytes = scanned.chunk.bytes();
  scanned.lines = scanned.not_kernel = 0;
  scanned.candidates.clear();
  text_.clear();
  ends_.clear();
  std::size_t begin = 0;
  bool below_empty = false;
  while (begin < bytes.size()) {
    const void* newline = std::memchr(bytes.data() + begin, '\n', bytes.size() - begin);
    const std::size_t end =
        newline == nullptr
            ? bytes.size()
            : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
    const std::string_view line = bytes.substr(begin, end - begin);
    const Classification place = Classify(line);
    // Of empty lines in a row the first says all: millions of them would cost as many candidates.
    if (place.line_class == LineClass::kOtherProgram || (line.empty() && below_empty)) {
      ++scanned.not_kernel;
    } else {
      const Candidate candidate{.offset = static_cast<uint32_t>(begin),
                                .length = static_cast<uint32_t>(line.size()),
                                .line = static_cast<uint32_t>(scanned.lines)};
      Gather(line, place, candidate, scanned);
    }
    ++scanned.lines;
    below_empty = line.empty();
    begin = end + 1;
  }
  MarkOpeners(scanned);
  MarkNuls(scanned);
  MarkPlain(scanned);
}

}  // namespace kautopsy
