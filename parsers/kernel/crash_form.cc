#include "parsers/kernel/crash_form.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/process_line.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxGroups = 6;

std::unique_ptr<const LogPattern> Compile(std::string text) {
  constexpr auto kParts = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"SYMBOL", R"re(([\w.$]+)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[([\w-]+)[^\]]*\])?)re"},
       {"FILE", R"re(([^\s:]+):(\d+))re"}});
  for (const auto& [word, part] : kParts) {
    const std::size_t at = text.find(word);
    if (at != std::string::npos) text.replace(at, word.size(), part);
  }
  return std::make_unique<const LogPattern>(text);
}

void Store(FormRole role, std::string_view value, CrashHead& head) {
  switch (role) {
    case FormRole::kAddress:
      SetFaultAddress(value, head);
      break;
    case FormRole::kComm:
      head.comm = TextOf(value);
      break;
    case FormRole::kCpu:
      head.cpu = ParseInteger(value);
      break;
    case FormRole::kFile:
      head.file = TextOf(value);
      break;
    case FormRole::kLine:
      head.line = ParseInteger(value);
      break;
    case FormRole::kMessage:
      head.message = TextOf(value);
      break;
    case FormRole::kModule:
      head.module = TextOf(value);
      break;
    case FormRole::kPid:
      head.pid = ParseInteger(value);
      break;
    case FormRole::kJiffies:
      head.jiffies = ParseInteger(value);
      break;
    case FormRole::kSeconds:
      head.seconds = ParseInteger(value);
      break;
    case FormRole::kSymbol:
      head.symbol = TextOf(value);
      break;
    case FormRole::kTaint:
      head.taint = TaintOf(value);
      break;
    case FormRole::kTitle:
      if (const std::size_t at = head.title.find('%'); at != std::string::npos)
        head.title.replace(at, 1, value);
      break;
  }
}

}  // namespace

namespace crash_form {

CrashForm Cause(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles) {
  return {kind, head, title, Compile(std::move(pattern)), std::move(roles)};
}

CrashForm Plain(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles) {
  CrashForm form = Cause(kind, head, title, std::move(pattern), std::move(roles));
  form.names_function = false;
  return form;
}

CrashForm Alone(std::string_view kind, std::string_view head, std::string_view title,
                std::string pattern, std::vector<FormRole> roles) {
  CrashForm form = Plain(kind, head, title, std::move(pattern), std::move(roles));
  form.has_stack = false;
  return form;
}

CrashForm Vague(CrashForm form) {
  form.known = false;
  return form;
}

CrashForm Lead(std::string_view kind, std::string_view head, std::string_view title,
               std::string pattern, std::vector<FormRole> roles) {
  CrashForm form = Cause(kind, head, title, std::move(pattern), std::move(roles));
  form.part = CrashHead::Part::kLead;
  return form;
}

}  // namespace crash_form

std::optional<CrashHead> ParseForm(std::string_view text, const CrashForm& form) {
  const std::string_view whole = text;
  if (!ConsumePrefix(text, form.head)) return std::nullopt;
  const auto groups = MatchAll<kMaxGroups>(text, *form.pattern);
  if (!groups) return std::nullopt;
  CrashHead head;
  head.part = form.part;
  head.kind = form.kind;
  head.title = std::string(form.title);
  head.names_function = form.names_function;
  head.has_stack = form.has_stack;
  head.known = form.known;
  for (std::size_t i = 0; i < form.roles.size(); ++i) Store(form.roles[i], (*groups)[i], head);
  if (head.message) head.message = std::string(whole);
  return head;
}

void SetFaultAddress(std::string_view printed, CrashHead& head) {
  if (!printed.starts_with('(')) head.fault_address = TextOf(printed);
}

}  // namespace kautopsy
