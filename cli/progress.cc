#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cli/messages.h"
#include "cli/number_text.h"
#include "cli/terminal.h"

namespace kautopsy {
namespace {

constexpr auto kSilence = std::chrono::milliseconds(1000);
constexpr auto kInterval = std::chrono::milliseconds(200);
constexpr auto kPlainInterval = std::chrono::seconds(10);  // where lines pile up in a file
constexpr int kLongestBar = 28;

std::string Bar(double share, int width, bool unicode) {
  const int full = static_cast<int>(share * width);
  std::string bar;
  for (int i = 0; i < width; ++i) {
    const bool done = i < full;
    if (unicode) {
      bar += done ? "━" : "─";
    } else {
      bar += done ? "=" : "-";
    }
  }
  return width > 0 ? bar + " " : bar;
}

// `text` behind the verb and as much of a bar as a line of the terminal has room for: a line that
// wraps could not be redrawn.
std::string Fit(std::string_view verb, std::string text, std::optional<double> share,
                bool unicode) {
  if (!IsTerminal(STDERR_FILENO)) return std::string(verb) + text;
  const int room = TerminalWidth(STDERR_FILENO) - 1 - static_cast<int>(verb.size());
  const int left = room - 1 - static_cast<int>(text.size());
  if (left < 0) text.resize(std::min(text.size(), static_cast<std::size_t>(std::max(room, 0))));
  const int width = share ? std::clamp(left, 0, kLongestBar) : 0;
  return std::string(verb) + Bar(share.value_or(0), width, unicode) + text;
}

}  // namespace

Progress::Progress(std::optional<uint64_t> total_bytes)
    : total_bytes_(total_bytes),
      terminal_(IsTerminal(STDERR_FILENO)),
      unicode_(UnicodeLocale()),
      start_(Clock::now()),
      last_(start_) {}

std::string Progress::Line(uint64_t bytes, uint64_t records, double seconds) const {
  const std::string rate = RateText(bytes, seconds);
  if (!total_bytes_ || *total_bytes_ < bytes || bytes == 0) {
    const std::string text =
        fmt::format("{}  {}  {} records", SizeText(bytes), rate, WithThousands(records));
    return Fit("reading ", text, std::nullopt, unicode_);
  }
  const double share = static_cast<double>(bytes) / static_cast<double>(*total_bytes_);
  const double left = seconds / share - seconds;
  const std::string text =
      fmt::format("{:.0f} %  {} of {}  {}  {} records  {} left", share * 100, SizeText(bytes),
                  SizeText(*total_bytes_), rate, WithThousands(records), DurationText(left));
  return Fit("reading ", text, share, unicode_);
}

bool Progress::IsDue() {
  const Clock::time_point now = Clock::now();
  if (now - start_ < kSilence ||
      now - last_ < (terminal_ ? Clock::duration(kInterval) : kPlainInterval))
    return false;
  last_ = now;
  return true;
}

void Progress::Show(const std::string& line) {
  if (!terminal_) return Complain(line);
  shown_ = true;
  // \r and "erase to the end of the line" redraw in place.
  std::cerr << "\r" << line << "\x1B[K" << std::flush;
}

void Progress::Update(uint64_t bytes, uint64_t records) {
  if (!IsDue()) return;
  Show(Line(bytes, records, std::chrono::duration<double>(last_ - start_).count()));
}

void Progress::Conclude(std::size_t done, std::size_t incidents) {
  if (!terminal_ && incidents == 0) return;
  // Sorting into incidents takes its time too, and cannot tell how far it is.
  if (incidents == 0) return Show(Fit("sorting into incidents", "", std::nullopt, unicode_));
  if (!IsDue()) return;
  const double share = static_cast<double>(done) / static_cast<double>(incidents);
  const std::string text = fmt::format("{:.0f} %  {} of {} incidents", share * 100,
                                       WithThousands(done), WithThousands(incidents));
  Show(Fit("concluding ", text, share, unicode_));
}

void Progress::Clear() {
  if (!shown_) return;
  std::cerr << "\r\x1B[K" << std::flush;
  shown_ = false;
}

}  // namespace kautopsy
