#include "parsers/kernel/module_list.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxModules = 4096;
// A list goes on in the next line only where a buffer of the kernel or of the transport is full.
constexpr std::size_t kMinFullLine = 200;
constexpr std::size_t kMaxNameBytes = 64;  // MODULE_NAME_LEN, include/linux/moduleparam.h: 56

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '-';
}

// Taint letters, "+" while it is loaded, "-" while it is unloaded (kernel/module.c,
// module_flags()).
bool IsFlagByte(char c) { return (c >= 'A' && c <= 'Z') || c == '+' || c == '-'; }

// Names of modules have no capitals but for a few, other words of a report do.
bool MayGoOn(std::string_view text) {
  if (text.starts_with("[last unloaded:")) return true;
  return !text.empty() && (IsDigit(text[0]) || (text[0] >= 'a' && text[0] <= 'z')) &&
         text.substr(0, text.find('[')).find(':') == std::string_view::npos;
}

// "provoke(OE+)"; none if the word cannot be a module.
std::optional<Module> ParseModule(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('('));
  const bool number = std::all_of(name.begin(), name.end(), IsDigit);
  const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
  const bool prose = name.size() > 1 && name[0] >= 'A' && name[0] <= 'Z' &&
                     std::all_of(name.begin() + 1, name.end(), small);
  if (number || prose || name.size() > kMaxNameBytes ||
      !std::all_of(name.begin(), name.end(), IsNameByte))
    return std::nullopt;
  Module module{std::string(name), std::nullopt};
  std::string letters(word.substr(name.size()));
  if (letters.empty()) return module;
  if (letters.front() != '(' || letters.back() != ')') return std::nullopt;
  std::erase_if(letters, [](char c) { return c == '(' || c == ')'; });  // "(P)(U)" on RHEL
  if (!std::all_of(letters.begin(), letters.end(), IsFlagByte)) return std::nullopt;
  std::erase_if(letters, [](char c) { return c == '+' || c == '-'; });
  if (!letters.empty()) module.taint = letters;
  return module;
}

}  // namespace

std::span<const Field<Module>> Module::Fields() {
  using F = Field<Module>;
  static constexpr std::array fields = {F("name", &Module::name), F("taint", &Module::taint)};
  return fields;
}

// Takes the names of a line up to a word that is none: a broken line's rest may be somebody's
// prose. False if there is such a word. The last word of a line that was cut may be half a name.
bool ModuleListSection::TakeNames(std::string_view text, bool cut) {
  const std::size_t bracket = text.find('[');
  const std::string_view tail = bracket < text.size() ? text.substr(bracket) : std::string_view();
  std::string_view names = text.substr(0, bracket);
  open_ = tail.empty() && text.size() >= kMinFullLine;
  while (!(names = TrimBlanks(names)).empty()) {
    std::optional<Module> module = ParseModule(ConsumeWord(names));
    if (!module) return false;
    if (cut && tail.empty() && names.empty()) break;
    if (modules_.size() < kMaxModules) modules_.push_back(std::move(*module));
  }
  return tail.empty() || tail.starts_with("[last unloaded:");
}

Claim ModuleListSection::Offer(const LogLine& line) {
  std::string_view text = line.text;
  if (ConsumePrefix(text, "Modules linked in:")) {
    if (seen_) return Claim::kTaken;  // a CPU's backtrace names them again
    seen_ = true;
    if (!TakeNames(TrimBlanks(text), line.cut) && !line.wrapped.empty()) {
      modules_.clear();  // what was joined to the line is not of the list
      const std::string_view first = line.raw.substr(std::min(line.indent(), line.raw.size()));
      TakeNames(first.substr(std::min(first.find(':') + 1, first.size())), line.cut);
    }
    return Claim::kTaken;
  }
  if (!open_) return Claim::kNone;
  open_ = false;
  return MayGoOn(text) && TakeNames(text, line.cut) ? Claim::kTaken : Claim::kNone;
}

}  // namespace kautopsy
