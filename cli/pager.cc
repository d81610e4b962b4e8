#include "cli/pager.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include "cli/pager_process.h"
#include "cli/terminal.h"
#include "reports/render/text_writer.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

// A pager that took more than a pipe holds (pipe(7): 64 KiB) and a part of it was started.
constexpr std::size_t kMostKept = 128 << 10;

// Without the codes of colours, which end in m.
int Columns(std::string_view line) {
  std::string text;
  bool in_code = false;
  for (const char c : line) {
    in_code = in_code || c == '\x1b';
    if (!in_code) text += c;
    if (c == 'm') in_code = false;
  }
  return DisplayWidth(text);
}

}  // namespace

// Holds what is printed until it is known whether the screen has room for it.
class Pager::Buffer : public std::streambuf {
 public:
  Buffer(std::string command, std::streambuf* terminal, ScreenSize screen)
      : command_(std::move(command)), terminal_(terminal), screen_(screen) {
    setp(chunk_.data(), chunk_.data() + chunk_.size());
  }

  // Everything is printed, and the pager has ended.
  void Finish() {
    TakeChunk();
    if (state_ == State::kHolding) PrintHeld();
    if (state_ == State::kPaging) EndPager();
  }

  std::streambuf* terminal() const { return terminal_; }

 protected:
  int_type overflow(int_type c) override {
    if (!TakeChunk()) return traits_type::eof();
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return sputc(traits_type::to_char_type(c));
  }

  int sync() override { return TakeChunk() ? 0 : -1; }

 private:
  enum class State { kHolding, kDirect, kPaging, kLeft };

  bool TakeChunk() {
    const std::string_view text(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    const bool taken = text.empty() ? state_ != State::kLeft : Take(text);
    setp(chunk_.data(), chunk_.data() + chunk_.size());
    return taken;
  }

  // False: nobody reads any more.
  bool Take(std::string_view text) {
    if (state_ == State::kLeft) return false;
    if (state_ == State::kDirect) return Print(text);
    held_ += text;
    if (state_ == State::kPaging) return Page(text);
    if (!IsTooLong()) return true;
    if (!process_.Start(command_)) {
      PrintHeld();
      return true;
    }
    state_ = State::kPaging;
    return Page(held_);
  }

  bool Page(std::string_view text) {
    if (!process_.Write(text)) {
      EndPager();
      return state_ != State::kLeft;
    }
    if (held_.size() > kMostKept) keeps_all_ = false;
    if (!keeps_all_) held_.clear();
    return true;
  }

  void EndPager() {
    const bool ran = process_.Wait();
    if (!ran && keeps_all_)
      PrintHeld();
    else
      state_ = State::kLeft;
  }

  void PrintHeld() {
    state_ = State::kDirect;
    Print(held_);
    held_.clear();
  }

  bool Print(std::string_view text) {
    const auto size = static_cast<std::streamsize>(text.size());
    return terminal_->sputn(text.data(), size) == size;
  }

  // Counts the rows of the lines that are complete; the last one is the prompt's.
  bool IsTooLong() {
    for (std::size_t end = held_.find('\n', counted_); end != std::string::npos;
         end = held_.find('\n', counted_)) {
      const int columns = Columns(std::string_view(held_).substr(counted_, end - counted_));
      rows_ += std::max(1, (columns + screen_.columns - 1) / screen_.columns);
      counted_ = end + 1;
      if (rows_ >= screen_.rows) return true;
    }
    return false;
  }

  std::string command_;
  std::streambuf* terminal_;
  ScreenSize screen_;
  State state_ = State::kHolding;
  PagerProcess process_;
  std::string held_;  // what is not printed yet, or what the pager was given
  bool keeps_all_ = true;
  std::size_t counted_ = 0;  // bytes of held_ whose rows are counted
  int rows_ = 0;
  std::array<char, 8192> chunk_;
};

void AddPagerOption(po::options_description& options) {
  options.add_options()("no-pager", po::bool_switch(),
                        "on a terminal: no pager, however long the output is");
}

bool WantsPager(const po::variables_map& arguments) { return !arguments["no-pager"].as<bool>(); }

Pager::Pager(bool wanted) {
  // A dumb terminal cannot go back: systemd, src/shared/pager.c, pager_open() looks at that, too.
  if (!wanted || !IsTerminal(STDOUT_FILENO) || IsDumbTerminal()) return;
  std::optional<std::string> command = PagerCommand();
  const std::optional<ScreenSize> screen = SizeOfScreen(STDOUT_FILENO);
  if (!command || !screen) return;
  buffer_ = std::make_unique<Buffer>(*std::move(command), std::cout.rdbuf(), *screen);
  std::cout.rdbuf(buffer_.get());
}

Pager::~Pager() {
  if (!buffer_) return;
  buffer_->Finish();
  std::cout.rdbuf(buffer_->terminal());
}

}  // namespace kautopsy
