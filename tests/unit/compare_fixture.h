#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "reports/compare/compare.h"
#include "reports/render/compare.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {

inline std::string TextOf(const Comparison& comparison, const ReportOptions& options = {}) {
  std::ostringstream out;
  RenderComparisonText(comparison, options, out);
  return out.str();
}

inline EventFacts Listed(const std::vector<ZoneFacts>& zones) {
  EventFacts event = MakeEvent(1, "buddyinfo");
  event.zones = zones;
  return event;
}

inline HolderSum Sum(std::string name, int64_t rss_kb) {
  HolderSum sum;
  sum.name = std::move(name);
  sum.tasks = 1;
  sum.rss_kb = rss_kb;
  return sum;
}

}  // namespace kautopsy::test
