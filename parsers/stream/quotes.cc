#include "parsers/stream/quotes.h"

#include "base/hash.h"
#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxRemembered = 4096;

uint64_t HashWithoutTotal(std::string_view collapsed) {
  return QuickHash(TrimBlanks(collapsed.substr(0, collapsed.find("= "))));
}

}  // namespace

void Quotes::Remember(std::string_view collapsed) {
  const uint64_t hash = HashWithoutTotal(collapsed);
  if (!known_.insert(hash).second) return;
  order_.push_back(hash);
  if (order_.size() <= kMaxRemembered) return;
  known_.erase(order_.front());
  order_.pop_front();
}

bool Quotes::IsQuote(std::string_view collapsed) const {
  return known_.contains(HashWithoutTotal(collapsed));
}

}  // namespace kautopsy
