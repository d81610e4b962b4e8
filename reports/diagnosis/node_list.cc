#include "reports/diagnosis/node_list.h"

#include <algorithm>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr int64_t kMostNodes = 1024;  // MAX_NUMNODES of x86 and arm64 is at most 1 << 10

}  // namespace

std::vector<int64_t> ParseNodeList(std::string_view text) {
  std::vector<int64_t> nodes;
  text = TrimBlanks(text);
  while (!text.empty()) {
    const std::optional<int64_t> first = ConsumeInteger(text);
    if (!first) return {};
    std::optional<int64_t> last = first;
    if (ConsumePrefix(text, "-")) last = ConsumeInteger(text);
    if (!last || *first < 0 || *last < *first || *last >= kMostNodes) return {};
    for (int64_t node = *first; node <= *last; ++node) nodes.push_back(node);
    if (!text.empty() && !ConsumePrefix(text, ",")) return {};
  }
  return nodes;
}

std::vector<int64_t> NodesOf(const std::vector<ZoneFacts>& zones) {
  std::vector<int64_t> nodes;
  for (const ZoneFacts& zone : zones) {
    if (zone.node) nodes.push_back(*zone.node);
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

}  // namespace kautopsy
