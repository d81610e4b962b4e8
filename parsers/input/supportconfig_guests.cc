#include "parsers/input/supportconfig_guests.h"

#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kLongestLine = 64 << 10;  // what a guest's command line may have
constexpr std::size_t kMostGuests = 10000;      // more than any host has

// "/var/log/libvirt/qemu/web1.log - Last 500 Lines" (supportconfig.rc, log_files()).
std::string_view FileOf(std::string_view title) { return title.substr(0, title.find(" - ")); }

}  // namespace

std::unique_ptr<SupportconfigGuests> SupportconfigGuests::For(std::string_view path) {
  if (path.substr(path.rfind('/') + 1) != "kvm.txt") return nullptr;
  return std::unique_ptr<SupportconfigGuests>(new SupportconfigGuests());
}

SupportconfigGuests::SupportconfigGuests() : lines_(kLongestLine) {}

void SupportconfigGuests::Take(std::string_view bytes) {
  lines_.Take(bytes, [this](std::string_view line) { TakeLine(line); });
}

std::vector<Guest> SupportconfigGuests::Finish() {
  lines_.Finish([this](std::string_view line) { TakeLine(line); });
  EndSection();
  return std::move(guests_);
}

void SupportconfigGuests::TakeLine(std::string_view line) {
  ++number_;
  if (line.starts_with("#==[ ")) {
    EndSection();
    at_title_ = true;
  } else if (at_title_) {
    at_title_ = false;
    title_line_ = number_;
    if (ConsumePrefix(line, "# ")) reader_ = GuestReaderFor(FileOf(TrimBlanks(line)));
  } else if (reader_) {
    reader_->Take(line);
    reader_->Take("\n");
  }
}

void SupportconfigGuests::EndSection() {
  if (!reader_) return;
  std::optional<Guest> guest = reader_->Finish();
  reader_.reset();
  if (!guest || guests_.size() >= kMostGuests) return;
  if (guest->line > 0) guest->line += title_line_;
  if (guest->bad_stamp_line > 0) guest->bad_stamp_line += title_line_;
  guests_.push_back(std::move(*guest));
}

}  // namespace kautopsy
