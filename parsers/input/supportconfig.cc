#include "parsers/input/supportconfig.h"

#include <algorithm>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kLongestLine = 512;      // of which something is read
constexpr std::size_t kLongestSection = 4096;  // timedatectl prints ten lines

// bin/supportconfig, basic_environment(), systemd_info(), sysconfig_info().
constexpr std::string_view kFiles[] = {"basic-environment.txt", "systemd.txt", "sysconfig.txt"};

constexpr std::string_view kSection = "#==[ ";

// The command that a section shows, without its folder: "/usr/bin/date" is "date".
std::string_view CommandOf(std::string_view title) {
  return title.substr(title.substr(0, title.find(' ')).rfind('/') + 1);
}

}  // namespace

std::unique_ptr<SupportconfigReader> SupportconfigReader::For(std::string_view path) {
  const std::size_t root = path.rfind('/') + 1;
  if (std::ranges::find(kFiles, path.substr(root)) == std::end(kFiles)) return nullptr;
  return std::unique_ptr<SupportconfigReader>(new SupportconfigReader(path.substr(0, root)));
}

SupportconfigReader::SupportconfigReader(std::string_view root)
    : root_(root), lines_(kLongestLine) {}

void SupportconfigReader::Take(std::string_view bytes) {
  lines_.Take(bytes, [this](std::string_view line) { TakeLine(line); });
}

void SupportconfigReader::Finish() {
  lines_.Finish([this](std::string_view line) { TakeLine(line); });
  EndSection();
}

void SupportconfigReader::TakeLine(std::string_view line) {
  if (line.starts_with(kSection)) {
    EndSection();
    at_title_ = true;
  } else if (at_title_) {
    at_title_ = false;
    if (ConsumePrefix(line, "# ")) BeginSection(TrimBlanks(line));
  } else if ((is_uname_ || !file_.empty()) && section_.size() + line.size() < kLongestSection) {
    section_.append(line).push_back('\n');
  }
}

void SupportconfigReader::BeginSection(std::string_view title) {
  const std::string_view command = CommandOf(title);
  is_uname_ = command == "uname -a";
  if (command == "date") file_ = "sos_commands/date/date";
  if (command.starts_with("timedatectl")) file_ = "sos_commands/systemd/timedatectl";
  if (title == "/etc/sysconfig/clock") file_ = "etc/sysconfig/clock";
}

void SupportconfigReader::EndSection() {
  if (is_uname_ && !host_) host_ = ReadUname(root_, section_);
  if (is_uname_ && !kernel_) kernel_ = ReadUnameKernel(root_, section_);
  if (!file_.empty() && (!clock_ || !clock_->named)) {
    std::optional<TreeClock> clock = ReadZoneFile(root_ + std::string(file_), section_);
    if (clock && (clock->named || !clock_)) clock_ = std::move(clock);
  }
  if (!file_.empty() && !moment_) moment_ = ReadMomentFile(root_ + std::string(file_), section_);
  is_uname_ = false;
  file_ = {};
  section_.clear();
}

}  // namespace kautopsy
