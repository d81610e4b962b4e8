// libvirt's log of a guest, /var/log/libvirt/qemu/NAME.log. Each start begins with
// src/qemu/qemu_process.c, START_POSTFIX, behind src/util/virtime.c's stamp, which is UTC:
//   2014-11-20 10:00:00.123+0000: starting up libvirt version: 1.3.1, ..., hostname: hv1
//   LC_ALL=C PATH=/usr/bin /usr/bin/qemu-kvm -name guest=web1,debug-threads=on -m 4096 ...
// New versions write an option per line, with a backslash at the end of all but the last.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "parsers/envelope/stamp.h"
#include "parsers/input/guest_file.h"
#include "parsers/input/line_cutter.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// What is asked for stands in the first hundreds of bytes of a command.
constexpr std::size_t kMaxLineBytes = 64 << 10;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestQuote = 200;

// Takes a word; one with blanks or the like in it stands in single quotes (src/util/virbuffer.c,
// virBufferEscapeShell()).
std::string_view ConsumeArgument(std::string_view& text) {
  text = TrimBlanks(text);
  if (!text.starts_with('\'')) return ConsumeWord(text);
  const std::size_t end = std::min(text.find('\'', 1), text.size());
  const std::string_view word = text.substr(1, end - 1);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

// The value of `key` in "4,maxcpus=8" or "cpus=4,maxcpus=8"; `first` is the key that the first
// value may do without. A doubled comma is one of the value (util/qemu-option.c, get_opt_value()).
Text OptionValue(std::string_view list, std::string_view key, std::string_view first) {
  std::string item;
  bool is_first = true;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const bool comma = i < list.size() && list[i] == ',';
    const bool doubled = comma && i + 1 < list.size() && list[i + 1] == ',';
    if (i < list.size() && (!comma || doubled)) {
      item += list[i];
      i += doubled ? 1 : 0;
      continue;
    }
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos && is_first && key == first) return item;
    if (equals != std::string::npos && item.compare(0, equals, key) == 0)
      return item.substr(equals + 1);
    is_first = false;
    item.clear();
  }
  return std::nullopt;
}

// "4096", "4194304k", "4G": MiB where there is no suffix (qemu-options.hx, -m).
Integer MemoryKb(const Text& value) {
  if (!value) return std::nullopt;
  std::string_view text = *value;
  const Integer number = ConsumeInteger(text);
  return number && *number > 0 ? ScaleToKb(*number, text.empty() ? "MiB" : text) : std::nullopt;
}

class QemuLogReader final : public GuestReader {
 public:
  void Take(std::string_view bytes) override {
    lines_.Take(bytes, [this](std::string_view line) { TakeLine(line); });
  }

  std::optional<Guest> Finish() override {
    lines_.Finish([this](std::string_view line) { TakeLine(line); });
    EndCommand();
    return std::move(last_);
  }

 private:
  void TakeLine(std::string_view text) {
    ++number_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!TakeStart(text)) TakeCommand(text);
  }

  bool TakeStart(std::string_view text) {
    static const LogPattern kPattern(
        R"((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000): starting up\b(.*))");
    const auto groups = MatchAll<2>(text, kPattern);
    if (!groups) return false;
    EndCommand();
    const auto& [printed, rest] = *groups;
    guest_ = Guest();
    guest_.teller = GuestTeller::kLog;
    if (const std::optional<Stamp> stamp = ParseStamp(printed))
      guest_.started = Iso8601Utc(stamp->Time());
    if (!guest_.started) guest_.bad_stamp_line = number_;
    static constexpr std::string_view kHost = ", hostname: ";
    if (const std::size_t at = rest.find(kHost); at != std::string_view::npos) {
      std::string_view host = rest.substr(at + kHost.size());
      guest_.host = std::string(ConsumeWord(host));
    }
    state_ = State::kStarted;
    return true;
  }

  void TakeCommand(std::string_view text) {
    static constexpr std::string_view kOldStart = "LC_ALL=";  // before there were stamps
    if (state_ == State::kNone && text.starts_with(kOldStart)) {
      guest_ = Guest();
      guest_.teller = GuestTeller::kLog;
      state_ = State::kStarted;
    }
    if (state_ == State::kNone) return;
    const bool more = text.ends_with('\\');
    std::string_view rest = text.substr(0, text.size() - (more ? 1 : 0));
    while (!TrimBlanks(rest).empty()) {
      const std::string_view option = ConsumeArgument(rest);
      if (option != "-name" && option != "-m" && option != "-smp" && option != "-uuid") continue;
      const std::size_t at = static_cast<std::size_t>(option.data() - text.data());
      TakeOption(option, ConsumeArgument(rest));
      if (option != "-m") continue;
      guest_.line = number_;
      guest_.column = at + 1;
      guest_.text = text.substr(at, kLongestQuote);
    }
    if (!more) EndCommand();
  }

  void TakeOption(std::string_view option, std::string_view value) {
    if (option == "-name") {
      guest_.name = OptionValue(value, "guest", "guest").value_or("");
    } else if (option == "-uuid") {
      guest_.uuid = std::string(value.substr(0, kLongestName));
    } else if (option == "-m") {
      guest_.memory_kb = MemoryKb(OptionValue(value, "size", "size"));
      guest_.max_memory_kb = MemoryKb(OptionValue(value, "maxmem", "size"));
    } else {
      guest_.vcpus = ParseInteger(OptionValue(value, "cpus", "cpus").value_or(""));
    }
  }

  // Only the last start counts, but one whose command is not there tells nothing.
  void EndCommand() {
    const bool whole = state_ != State::kNone && !guest_.name.empty();
    if (whole && guest_.name.size() <= kLongestName) last_ = std::move(guest_);
    guest_ = Guest();
    state_ = State::kNone;
  }

  enum class State { kNone, kStarted };
  State state_ = State::kNone;
  LineCutter lines_{kMaxLineBytes};
  uint64_t number_ = 0;
  Guest guest_;
  std::optional<Guest> last_;
};

}  // namespace

std::unique_ptr<GuestReader> NewQemuLogReader() { return std::make_unique<QemuLogReader>(); }

}  // namespace kautopsy
