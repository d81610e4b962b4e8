#include "parsers/kernel/stack_mark.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxMarkBytes = 20;  // the longest is ENTRY_TRAMPOLINE

std::string StackOf(std::string_view mark) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kStacks = {
      {{"EOI", "process"},
       {"EOE", "process"},
       {"TASK", "process"},
       {"IRQ", "irq"},
       {"SOFTIRQ", "irq"},
       {"NMI", "nmi"}}};
  for (const auto& [name, stack] : kStacks) {
    if (name == mark) return std::string(stack);
  }
  return std::string(mark);
}

}  // namespace

void ConsumeMarks(std::string_view& text, std::string& mark) {
  while (!text.empty() && text[0] == '<') {
    const std::size_t end = text.find('>');
    if (end > kMaxMarkBytes) return;  // npos too: no mark
    std::string_view name = text.substr(1, end - 1);
    ConsumePrefix(name, "<");
    const bool ends = ConsumePrefix(name, "/");
    if (name.empty() || (name[0] >= 'a' && name[0] <= 'z')) return;  // "<br>" of a web page
    mark = ends ? "process" : StackOf(name);
    text.remove_prefix(end + 1);
    ConsumePrefix(text, ">");
    text = TrimBlanks(text);
  }
}

}  // namespace kautopsy
