// A shell command that was pasted beside logs: what was done to the machine, and when in the story.

#include <array>

#include "base/row.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `command`.
struct ShellCommand {
  Text text;
  Integer log_line;

  static constexpr std::string_view kRelation = "command";
  static std::span<const Field<ShellCommand>> Fields() {
    using F = Field<ShellCommand>;
    static constexpr std::array fields = {F("text", &ShellCommand::text),
                                          F("log_line", &ShellCommand::log_line)};
    return fields;
  }
};

// At a prompt, or a write to /proc/sys: a command without a prompt is told from prose only by that.
const LogPattern& Pattern() {
  static const LogPattern kPattern(
      R"re((?:(?:\[[^\]]{1,60}\]|\S+)?[#$] +)?(echo +\d+ *> *"?/proc/sys/[\w/.]+"?))re"
      R"re(|(?:\[[^\]]{1,60}\]|\S+)?[#$] +((?:cat|echo|free|sysctl|grep)\b[^#]{0,200}))re");
  return kPattern;
}

std::string CommandIn(std::string_view text) {
  const auto groups = MatchAll<2>(text, Pattern());
  if (!groups) return {};
  const auto& [written, at_prompt] = *groups;
  return std::string(written.empty() ? at_prompt : written);
}

class CommandBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed() || line.cut) return Claim::kNone;
    std::string text = CommandIn(line.text);
    if (text.empty()) return Claim::kNone;
    command_.text = std::move(text);
    command_.log_line = static_cast<int64_t>(line.place.line);
    return Claim::kTaken;
  }

  bool closed() const override { return command_.text.has_value(); }

  void Finish(EventRecord& event) override {
    event.title = *command_.text;
    event.complete = true;
    event.rows.push_back(
        std::make_unique<RowsOf<ShellCommand>>(std::vector<ShellCommand>{std::move(command_)}));
  }

 private:
  ShellCommand command_;
};

bool IsCommand(const LogLine& line) { return !line.prefixed && !CommandIn(line.text).empty(); }

}  // namespace

RecordKind CommandKind() {
  return {.name = "command",
          .openers = {{"# ", IsCommand, false},
                      {"$ ", IsCommand, false},
                      {"/proc/sys/", IsCommand, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<CommandBlock>()); }};
}

}  // namespace kautopsy
