#include "parsers/input/vmcore_info.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace kautopsy {
namespace {

std::optional<uint64_t> Unsigned(std::optional<int64_t> number) {
  if (!number) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

}  // namespace

VmcoreInfo::VmcoreInfo(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      lines_.emplace(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view VmcoreInfo::Text(std::string_view key) const {
  const auto line = lines_.find(key);
  return line == lines_.end() ? std::string_view() : std::string_view(line->second);
}

bool VmcoreInfo::HasSymbol(std::string_view name) const { return Symbol(name).has_value(); }

std::optional<uint64_t> VmcoreInfo::Symbol(std::string_view name) const {
  return Unsigned(ParseHex(Text(fmt::format("SYMBOL({})", name))));
}

std::optional<uint64_t> VmcoreInfo::Offset(std::string_view name) const {
  return Unsigned(ParseInteger(Text(fmt::format("OFFSET({})", name))));
}

std::optional<uint64_t> VmcoreInfo::Size(std::string_view name) const {
  return Unsigned(ParseInteger(Text(fmt::format("SIZE({})", name))));
}

uint64_t VmcoreLayout::Symbol(std::string_view name) {
  return Note(info_.Symbol(name), "SYMBOL", name);
}

uint64_t VmcoreLayout::Offset(std::string_view name) {
  return Note(info_.Offset(name), "OFFSET", name);
}

uint64_t VmcoreLayout::Size(std::string_view name) { return Note(info_.Size(name), "SIZE", name); }

Status VmcoreLayout::status() const {
  if (missing_.empty()) return {};
  return Fail(fmt::format(
      "the dump's VMCOREINFO lacks {}, without which its kernel log cannot be found", missing_));
}

uint64_t VmcoreLayout::Note(std::optional<uint64_t> value, std::string_view kind,
                            std::string_view name) {
  if (!value && missing_.empty()) missing_ = fmt::format("{}({})", kind, name);
  return value.value_or(0);
}

}  // namespace kautopsy
