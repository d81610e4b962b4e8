#pragma once

#include <string_view>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// One loaded module. Relation `module`.
struct Module {
  Text name;
  Text taint;  // its own letters, "OE" of "provoke(OE+)"

  static constexpr std::string_view kRelation = "module";
  static std::span<const Field<Module>> Fields();
};

// "Modules linked in: nfsd(U) loop [last unloaded: dummy]" (kernel/module.c, print_modules()),
// which fills several lines until 2.6.2x and where the transport's lines are short.
class ModuleListSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool seen() const { return seen_; }
  void AddTo(EventRecord& event) { AddRows(event, std::move(modules_)); }

 private:
  bool TakeNames(std::string_view text, bool cut);

  bool seen_ = false;
  bool open_ = false;  // the line before was of the list, and did not end it
  std::vector<Module> modules_;
};

}  // namespace kautopsy
