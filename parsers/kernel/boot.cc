// The kernel's banner, the first line of a boot (init/version.c, linux_banner).
#include <fmt/core.h>

#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

const LogPattern& Pattern() {
  static const LogPattern kPattern(R"re(Linux version (\d\S*) \(.*)re");
  return kPattern;
}

bool IsBanner(const LogLine& line) {
  return line.text.starts_with("Linux version ") && Matches(line.text, Pattern());
}

class BootBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    const auto groups = MatchAll<1>(line.text, Pattern());
    if (!groups) return Claim::kNone;
    release_ = std::string((*groups)[0]);
    return Claim::kTaken;
  }

  bool closed() const override { return !release_.empty(); }

  void Finish(EventRecord& event) override {
    event.kernel_release = release_;
    event.title = fmt::format("boot of Linux {}", release_);
    event.complete = true;
  }

 private:
  std::string release_;
};

}  // namespace

RecordKind BootKind() {
  return {.name = "boot", .openers = {{"Linux version ", IsBanner, false}}, .open = [] {
            return std::unique_ptr<Block>(std::make_unique<BootBlock>());
          }};
}

}  // namespace kautopsy
