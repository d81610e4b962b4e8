#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kautopsy {

// What a kernel tells debuggers of itself ("VMCOREINFO"): lines of KEY=VALUE with addresses of
// symbols in hexadecimal, sizes and offsets in decimal digits
// (Documentation/admin-guide/kdump/vmcoreinfo.rst).
class VmcoreInfo {
 public:
  VmcoreInfo() = default;
  explicit VmcoreInfo(std::string_view text);

  // The value of a line; empty if there is none.
  std::string_view Text(std::string_view key) const;
  bool HasSymbol(std::string_view name) const;
  // What is behind SYMBOL(name)=, OFFSET(name)= and SIZE(name)=.
  std::optional<uint64_t> Symbol(std::string_view name) const;
  std::optional<uint64_t> Offset(std::string_view name) const;
  std::optional<uint64_t> Size(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> lines_;
};

// Asks for many values at once: what is missing is 0, and told at the end.
class VmcoreLayout {
 public:
  // `info` must outlive the layout.
  explicit VmcoreLayout(const VmcoreInfo& info) : info_(info) {}

  uint64_t Symbol(std::string_view name);
  uint64_t Offset(std::string_view name);
  uint64_t Size(std::string_view name);
  // An error if something that was asked for is missing.
  Status status() const;

 private:
  uint64_t Note(std::optional<uint64_t> value, std::string_view kind, std::string_view name);

  const VmcoreInfo& info_;
  std::string missing_;
};

}  // namespace kautopsy
